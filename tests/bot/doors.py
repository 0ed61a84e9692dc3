"""A door as strangers find it: one connection to a real server, and what is read of it."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import protocol
from bot.admission import Admission
from handlers.seldom import Seldom
from tests.support.servers import serve

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Endless(Response):
    """An answer that goes on while its reader is there."""

    def __init__(self, let_go: threading.Event) -> None:
        super().__init__()
        self._let_go = let_go

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()  # the request's empty body; what comes next is that the reader has gone
        reader = asyncio.ensure_future(receive())
        while not reader.done():
            await send({"type": "http.response.body", "body": b"here" * 100_000, "more_body": True})
            await asyncio.sleep(0)
        self._let_go.set()


@contextmanager
def connected(let_go: threading.Event) -> Iterator[socket.socket]:
    admission = Admission(most=100, seldom=Seldom(logging.getLogger("countersign.test.door")))

    async def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse("here")

    async def endless(_: Request) -> Response:
        return Endless(let_go)

    async def slow(_: Request) -> PlainTextResponse:
        await asyncio.sleep(1)
        return PlainTextResponse("here")

    async def heads(request: Request) -> PlainTextResponse:
        body = await request.body()
        return PlainTextResponse(f"{sorted(request.headers)} {len(body)}")

    routes = [
        Route("/", answer),
        Route("/heads", heads, methods=["POST"]),
        Route("/endless", endless),
        Route("/slow", slow),
    ]
    with (
        serve(Starlette(routes=routes), http=partial(protocol.BoundedHttp, admission=admission), ws="none") as url,
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=60) as connection,
    ):
        yield connection


def read(connection: socket.socket, until: bytes) -> bool:
    """Read until something was said; an answer may come in pieces."""
    held = b""
    while until not in held:
        piece = connection.recv(1000)
        if not piece:
            return False
        held += piece
    return True


def last_words(connection: socket.socket) -> bytes:
    """What is said before the other side breaks the connection off."""
    held = b""
    while piece := connection.recv(1000):
        held += piece
    return held


def send_slowly(connection: socket.socket, piece: bytes, *, times: int) -> None:
    """Raises `OSError` where the other side takes no more."""
    for _ in range(times):
        connection.sendall(piece)
        time.sleep(0.02)


def broken_off(connection: socket.socket) -> bool:
    """The other side has broken the connection off, and answered nothing."""
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True
