"""How Google's REST APIs are called: new credentials after a 401, and never twice otherwise."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import google.auth.credentials
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from approvals.backends.google_rest import Rest, RestError
from tests.support.servers import serve


class Aging(google.auth.credentials.Credentials):
    """Credentials whose token the service stops taking before its time."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = "old"

    def refresh(self, request: object) -> None:
        self.token = "new"


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def rest(seen: list[str]) -> Iterator[Rest]:
    async def answer(request: Request) -> Response:
        seen.append(request.headers["authorization"])
        if request.url.path.endswith("moved"):
            return Response(status_code=307, headers={"location": "/elsewhere"})
        if request.url.path.endswith("broken"):
            return Response(b"<html>", media_type="application/json")
        return JSONResponse({"name": "x"}, 200 if seen[-1] == "Bearer new" else 401)

    with serve(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])) as base_url:
        rest = Rest("cloudresourcemanager", "v3", base_url=base_url)
        rest._authority._found = Aging()
        yield rest


def test_a_401_is_answered_with_new_credentials_once(rest: Rest, seen: list[str]) -> None:
    answer = rest.call(lambda api: api.projects().get(name="projects/x"), timeout=10)
    assert answer == {"name": "x"}
    assert seen == ["Bearer old", "Bearer new"]


def test_nothing_is_sent_when_the_look_up_of_the_name_took_the_time(
    rest: Rest, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.3)
        return resolve(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    with pytest.raises(RestError) as refused:
        rest.call(lambda api: api.projects().get(name="projects/x"), timeout=0.2)
    assert refused.value.code == 0
    assert seen == []


def test_a_redirect_is_not_followed(rest: Rest, seen: list[str]) -> None:
    with pytest.raises(RestError) as refused:
        rest.call(lambda api: api.projects().get(name="projects/moved"), timeout=10)
    assert refused.value.code == 307
    assert len(seen) == 1


def test_an_answer_that_is_no_json_is_no_answer(rest: Rest) -> None:
    with pytest.raises(RestError) as refused:
        rest.call(lambda api: api.projects().get(name="projects/broken"), timeout=10)
    assert refused.value.code == 0


def test_missing_credentials_are_named_in_the_log_and_not_to_people(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(RestError) as refused:
        Rest("cloudresourcemanager", "v3", base_url=None).call(
            lambda api: api.projects().get(name="projects/x"), timeout=5
        )
    assert str(refused.value) == "Google cannot be asked with the credentials of this service, whose log says why"
    assert "/nowhere/key.json" in caplog.text


def test_what_a_library_says_of_a_lost_connection_is_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RestError) as refused:
        Rest("cloudresourcemanager", "v3", base_url="http://127.0.0.1:9").call(
            lambda api: api.projects().get(name="projects/x"), timeout=5
        )
    assert (refused.value.code, str(refused.value)) == (0, "Google did not answer")
    assert "refused" in caplog.text.lower()
