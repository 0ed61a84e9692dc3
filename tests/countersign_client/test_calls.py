"""One deadline bounds all of a call, wherever the other side takes its time, and one size what is held of it."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from countersign_client import async_calls, calls
from countersign_client.calls import NoAnswer
from tests.support.certificates import certificate, trusted
from tests.support.drips import STEPS, Step, dripping
from tests.support.once import saying
from tests.support.servers import serve

LIMIT = 0.6
SOON = 30.0
"""Far more than the limit, far less than the drops go on for."""


Send = Callable[..., calls.Response]


def on_a_loop(*args: Any, **kwargs: Any) -> calls.Response:
    return asyncio.run(async_calls.send(*args, **kwargs))


@pytest.fixture(params=[calls.send, on_a_loop], ids=["thread", "loop"])
def send(request: pytest.FixtureRequest) -> Send:
    """Either way to make a call."""
    found: Send = request.param
    return found


def ends_in_time(call: Callable[[], object]) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        call()
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("step", STEPS)
def test_what_comes_in_drops_ends_at_the_deadline(send: Send, step: Step) -> None:
    body = b"x" * (8 << 20)
    with dripping(step) as server:
        assert server.is_asked_once_by(
            lambda: ends_in_time(lambda: send("POST", server.url, timeout=LIMIT, body=body))
        )


@pytest.mark.parametrize("step", ["handshake", "status", "headers"])
def test_another_protocol_in_drops_ends_at_the_deadline(step: Step) -> None:
    with dripping(step) as server:
        ends_in_time(lambda: calls.upgraded(server.url, timeout=LIMIT, headers={}))


@pytest.mark.parametrize("step", ["handshake", "status", "headers"])
def test_a_proxy_in_drops_ends_at_the_deadline(send: Send, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    with dripping(step) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        ends_in_time(lambda: send("GET", "https://slack.com/", timeout=LIMIT))


def test_an_answer_without_an_end_is_not_held(send: Send) -> None:
    with dripping("flood") as server, pytest.raises(NoAnswer, match="too large"):
        send("GET", server.url, timeout=60)


def test_an_address_that_is_not_found_in_time_ends_at_the_deadline(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    asked: list[str] = []

    def hangs(host: str, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        free.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    for _ in range(3):
        ends_in_time(lambda: send("GET", "http://nowhere.example/", timeout=LIMIT))
    assert asked == ["nowhere.example"], "whoever asks meanwhile waits for the same answer"
    free.set()


def test_an_address_that_does_not_answer_leaves_time_for_the_next(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    kept = [_begun(full.getsockname()[1]) for _ in range(4)]
    with serve(_Web()) as url:
        ports = [full.getsockname()[1], int(url.rpartition(":")[2])]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert send("GET", "http://two.example/", timeout=15).status == 200
    for one in [*kept, full]:
        one.close()


def _begun(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", port))
    return sock


def test_an_answer_that_breaks_off_is_no_answer(send: Send) -> None:
    with serve(_Web()) as url, pytest.raises(NoAnswer, match="IncompleteRead"):
        send("GET", f"{url}/short", timeout=10)


HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
WAIT = b"HTTP/1.1 100 Continue\r\n\r\n"
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"


@pytest.mark.parametrize("before", [HINTS, HINTS + HINTS, HINTS + WAIT + HINTS, WAIT + HINTS])
def test_what_comes_before_the_answer_is_not_the_answer(send: Send, before: bytes) -> None:
    with saying(before + DONE) as url:
        answer = send("POST", url, timeout=10, body=b"x")
    assert (answer.status, answer.body, "link" in answer.headers) == (200, b"done", False)


@pytest.mark.parametrize("said", [b"HTTP/1.1 101 Switching Protocols\r\n\r\n", HINTS])
def test_what_no_answer_follows_is_no_answer(send: Send, said: bytes) -> None:
    with saying(said) as url, pytest.raises(NoAnswer):
        send("POST", url, timeout=10, body=b"x")


def test_a_redirect_is_an_answer_and_leads_nowhere(send: Send) -> None:
    with serve(_Web()) as url:
        answer = send("GET", f"{url}/moved", timeout=10)
    assert (answer.status, answer.headers["location"]) == (307, "/")


def test_method_query_headers_and_body_arrive(send: Send) -> None:
    with serve(_Web()) as url:
        answer = send("POST", f"{url}/echo?a=b%20c", timeout=10, headers={"X-One": "1"}, body=b"two")
    said = said_by(answer)
    assert (said["method"], said["query"], said["body"]) == ("POST", "a=b%20c", "two")
    assert (said["x-one"], said["host"]) == ("1", url.removeprefix("http://"))


def test_a_proxy_of_the_environment_is_used_and_named_hosts_are_not(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(_Web()) as proxy, serve(_Web()) as url:
        monkeypatch.setenv("http_proxy", proxy.replace("http://", "http://alice:secret@"))
        through = said_by(send("GET", "http://far.example/echo", timeout=10))
        assert (through["host"], through["proxy-authorization"]) == ("far.example", "Basic YWxpY2U6c2VjcmV0")
        # 127.1 is an address of this machine that is not taken for one.
        near = url.replace("127.0.0.1", "127.1")
        assert said_by(send("GET", f"{near}/echo", timeout=10))["proxy-authorization"] != ""
        monkeypatch.setenv("no_proxy", "127.1")
        assert said_by(send("GET", f"{near}/echo", timeout=10))["proxy-authorization"] == ""


def test_what_goes_to_this_machine_goes_to_no_proxy(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(_Web()) as proxy, serve(_Web()) as url:
        monkeypatch.setenv("http_proxy", proxy.replace("http://", "http://alice:secret@"))
        for place in (url, url.replace("127.0.0.1", "localhost")):
            assert said_by(send("GET", f"{place}/echo", timeout=10))["proxy-authorization"] == ""


def test_tls_is_verified(send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem, public = certificate(tmp_path)
    with serve(_Web(), ssl_certfile=str(pem)) as plain, trusted(None, monkeypatch):
        url = plain.replace("http:", "https:")
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            send("GET", url, timeout=10)
    with serve(_Web(), ssl_certfile=str(pem)) as plain, trusted(public, monkeypatch):
        url = plain.replace("http:", "https:")
        assert said_by(send("GET", f"{url}/echo", timeout=10))["host"] == url.removeprefix("https://")
        with pytest.raises(NoAnswer, match="Hostname mismatch"):
            send("GET", url.replace("127.0.0.1", "localhost"), timeout=10)


def said_by(answer: calls.Response) -> dict[str, str]:
    said: dict[str, str] = json.loads(answer.body)
    return said


class _Web(Starlette):
    def __init__(self) -> None:
        super().__init__(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        match request.path_params["path"]:
            case "moved":
                return Response(status_code=307, headers={"location": "/"})
            case "short":
                return PlainTextResponse("short", headers={"content-length": "9"})
            case "echo":
                shown = {name: request.headers.get(name, "") for name in ("x-one", "host", "proxy-authorization")}
                body = (await request.body()).decode()
                return JSONResponse({"method": request.method, "query": request.url.query, "body": body} | shown)
        return PlainTextResponse("here")
