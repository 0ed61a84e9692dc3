"""Every call that nobody may make, sent to the running service: none comes in, and none makes it stumble."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from handlers.identity.application import Signed
from tests.handlers.identity import test_signed_claims as claims
from tests.handlers.identity import test_signed_tokens as tokens
from tests.support.applications import URL, App, call
from tests.support.builders import NOW
from tests.support.running import POLICY, Running, running

TABLES: dict[str, tuple[Mapping[str, Sequence[App]], Mapping[str, Callable[[], Signed]], str]] = {
    "tokens": (tokens.KNOWN, tokens.ATTACKS, tokens.GOOD),
    "claims": (claims.KNOWN, claims.ATTACKS, claims.GOOD),
}


def applications(known: Mapping[str, Sequence[App]]) -> str:
    listed = [{"id": name, "title": name, "keys": [app.jwk for app in apps]} for name, apps in known.items()]
    return f"\napplications:\n  {json.dumps(listed)}\n"


@pytest.fixture(scope="module", params=TABLES)
def table(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def office(table: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    known, _, _ = TABLES[table]
    folder: Path = tmp_path_factory.mktemp(table)
    policy = POLICY + applications(known)
    with running(folder, policy=policy, environ={"COUNTERSIGN_API_URL": URL}) as office:
        office.clock.still = NOW
        yield office


def sent(office: Running, made: Signed) -> tuple[int, bytes]:
    """Send a call letter by letter, as no library would."""
    there = urlsplit(office.url)
    headers = [*made.headers, (b"content-type", b"application/json"), (b"connection", b"close")]
    headers += [(b"content-length", str(len(made.body)).encode())]
    lines = [f"{made.method} {made.target} HTTP/1.1".encode(), *(b"%s: %s" % header for header in headers)]
    with socket.create_connection((str(there.hostname), int(there.port or 0)), timeout=60) as connection:
        connection.sendall(b"\r\n".join([*lines, b"", made.body]))
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_none_comes_in_and_all_are_told_the_same(office: Running, table: str) -> None:
    _, attacks, _ = TABLES[table]

    told = {name: sent(office, made()) for name, made in attacks.items()}

    # What is no HTTP at all is refused before anybody reads it.
    broken = {name for name, (status, _) in told.items() if status == 400}
    assert {status for status, _ in told.values()} <= {400, 401}
    assert broken <= {"a line end behind it"}
    (problem,) = {body for name, (_, body) in told.items() if name not in broken}
    assert json.loads(problem)["code"] == "unauthorized"


def test_the_call_of_which_each_is_a_step_away_comes_in(office: Running, table: str) -> None:
    _, _, good = TABLES[table]

    status, body = sent(office, call(good))

    assert status != 401, body
    assert status < 500
