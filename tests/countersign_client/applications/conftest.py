"""One server that says what it is told, and each client on it, without pauses between tries."""

from collections.abc import Iterator

import pytest

from countersign_client.applications import attempts, core
from tests.countersign_client.applications.saying import Both
from tests.support.said import Said
from tests.support.servers import serve


@pytest.fixture(scope="package")
def server() -> Iterator[Said]:
    said = Said()
    with serve(said) as said.url:
        yield said


@pytest.fixture(params=["sync", "async"])
def app(request: pytest.FixtureRequest, server: Said, monkeypatch: pytest.MonkeyPatch) -> Both:
    monkeypatch.setattr(attempts, "PAUSES", (0.0,) * 3)
    monkeypatch.setattr(core, "_AGAIN", 0.0)
    return Both(request.param, server.url)
