"""A running proxy in front of a program that says what reached it."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.app import Sandbox
from sandbox.iap.gate import Gate
from tests.sandbox.conftest import Clock
from tests.support.servers import serve


class Seen(msgspec.Struct, frozen=True):
    """An answer: status, headers (the last of each name, in lower case), every cookie set, and the body."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: str

    @property
    def reached(self) -> dict[str, Any]:
        """What reached the program behind the proxy."""
        return json.loads(self.body)  # type: ignore[no-any-return]

    def header(self, name: str) -> list[str]:
        """What the program saw under a name."""
        return [value for key, value in self.reached["headers"] if key == name]


class Proxied:
    """The proxy as a browser or a program calls it."""

    def __init__(self, box: Sandbox, gate: Gate) -> None:
        self.box, self.gate = box, gate

    def get(self, path: str = "/", headers: dict[str, str] | None = None, **more: Any) -> Seen:
        return ask(self.gate.url, path, headers=headers, **more)

    def by(self, who: str, path: str = "/", headers: dict[str, str] | None = None, **more: Any) -> Seen:
        """Ask as somebody who is signed in."""
        return self.get(path, self.gate.sign_in(who) | (headers or {}), **more)


def ask(
    url: str, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b""
) -> Seen:
    """Call a server on loopback, and follow nothing."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        response = connection.getresponse()
        got = [(name.lower(), value) for name, value in response.getheaders()]
        cookies = [value for name, value in got if name == "set-cookie"]
        return Seen(response.status, dict(got), cookies, response.read().decode())
    finally:
        connection.close()


def _target(request: Request) -> str:
    return f"{request.scope['raw_path'].decode()}?{request.scope['query_string'].decode()}"


async def told(request: Request) -> Response:
    body = await request.body()
    headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
    answer = JSONResponse(
        {"method": request.method, "target": _target(request), "headers": headers, "body": body.decode()}
    )
    answer.headers["Set-Cookie"] = "own=1"
    answer.headers.append("Set-Cookie", "other=2")
    return answer


@pytest.fixture
def proxied(clock: Clock) -> Iterator[Proxied]:
    every = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    program = Starlette(routes=[Route("/{path:path}", told, methods=every)])
    with serve(program) as url, Sandbox.start(clock=clock, iap_port=0) as box:
        assert box.iap
        box.iap.gate.upstream = url
        yield Proxied(box, box.iap.gate)
