"""Anybody who reaches the port: messages without end, and connections that never come to a request."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
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


@pytest.fixture
def let_go() -> threading.Event:
    """Set when the server has given an endless answer up."""
    return threading.Event()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, let_go: threading.Event) -> Iterator[socket.socket]:
    """A connection to a server that waits for longer than any test takes."""
    monkeypatch.setattr(protocol, "TIMEOUT", 60.0)
    with connected(let_go) as connection:
        yield connection


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, let_go: threading.Event) -> Iterator[socket.socket]:
    """A connection to a server that waits for less than two seconds."""
    monkeypatch.setattr(protocol, "TIMEOUT", 1.5)
    with connected(let_go) as connection:
        yield connection


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


def test_headers_without_end_are_broken_off(door: socket.socket) -> None:
    door.sendall(HEAD)
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the system says it
        door.sendall((b"x-more: " + b"a" * 990 + b"\r\n") * 64_000)


def test_half_a_head_is_broken_off_after_a_while(hasty: socket.socket) -> None:
    hasty.sendall(HEAD)
    assert broken_off(hasty)


def test_a_connection_without_a_request_is_broken_off_after_a_while(hasty: socket.socket) -> None:
    assert broken_off(hasty)


def test_a_slow_second_request_is_broken_off_as_well(hasty: socket.socket) -> None:
    hasty.sendall(HEAD + b"\r\n")
    assert read(hasty, until=b"here")
    hasty.sendall(b"GET / HTTP")
    assert broken_off(hasty)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "wrapping",
    [
        pytest.param(CHUNKED + b"0\r\n", id="trailers"),
        pytest.param(CHUNKED + b"0\r\nx-more: ", id="one trailer"),
        pytest.param(CHUNKED + b"1;", id="chunk extension"),
        pytest.param(HEAD + b"Content-Length: 9999999999\r\n\r\n", id="body"),
    ],
)
def test_what_stands_around_a_body_is_broken_off_where_it_has_no_end(
    hasty: socket.socket, wrapping: bytes
) -> None:
    hasty.sendall(wrapping)
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the system says it
        hasty.sendall(b"a: b\r\n" * 10_000_000)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        pytest.param(HEAD + b"\r\n", b"\r\n", id="an empty line"),
        pytest.param(HEAD + b"Content-Length: 99\r\n\r\n", b"a", id="a byte of a body that nobody reads"),
        pytest.param(CHUNKED + b"0\r\n", b"x-more: ", id="half a trailer"),
    ],
)
def test_a_connection_that_was_answered_is_not_held_by_a_byte_more(
    hasty: socket.socket, first: bytes, later: bytes
) -> None:
    hasty.sendall(first)
    assert read(hasty, until=b"here")
    hasty.sendall(later)
    assert broken_off(hasty)


def test_an_answer_that_nobody_reads_is_given_up(hasty: socket.socket, let_go: threading.Event) -> None:
    hasty.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    assert let_go.wait(60)


def test_requests_that_do_not_wait_for_any_answer_are_broken_off(door: socket.socket) -> None:
    door.sendall((b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") * 20)
    assert broken_off(door)


def test_requests_over_one_connection_are_answered_one_after_another(hasty: socket.socket) -> None:
    for _ in range(3):
        hasty.sendall(HEAD + b"x-long: " + b"a" * 60_000 + b"\r\n\r\n")
        assert read(hasty, until=b"here")
        time.sleep(0.6)


def test_a_trailer_is_no_header(door: socket.socket) -> None:
    heads = b"POST /heads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    door.sendall(heads + b"3\r\nabc\r\n0\r\nX-Slack-Signature: v0=1\r\nHost: y\r\n\r\n")

    assert read(door, until=b"['host', 'transfer-encoding'] 3")


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", id="the same host twice"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", id="two hosts"),
        pytest.param(b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", id="two hosts of old"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", id="no path"),
        pytest.param(CHUNKED + b"zz\r\n", id="a chunk without a size"),
    ],
)
def test_what_is_malformed_is_answered_400_and_counted(
    door: socket.socket, caplog: pytest.LogCaptureFixture, request_: bytes
) -> None:
    door.sendall(request_)
    words = last_words(door)
    assert words.startswith(b"HTTP/1.1 400 ")
    assert json.loads(words.partition(b"\r\n\r\n")[2])["code"] == "unreadable"
    for _ in range(5):
        with socket.create_connection(door.getpeername(), timeout=60) as another:
            another.sendall(request_)
            assert last_words(another).startswith(b"HTTP/1.1 400 ")

    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert [line.partition(":")[0] for line in lines] == ["answered with 400"]


def test_a_body_comes_whole_although_it_waits_until_it_is_asked_for(door: socket.socket) -> None:
    door.sendall(b"POST /heads HTTP/1.1\r\nHost: x\r\nContent-Length: 600000\r\nExpect: 100-continue\r\n\r\n")
    assert door.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    for _ in range(6):
        door.sendall(b"a" * 100_000)

    assert read(door, until=b" 600000")


def test_an_upgrade_that_is_not_offered_is_no_reason_to_say_anything(
    door: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    door.sendall(HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")

    assert read(door, until=b"here")
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def test_a_probe_of_http_1_0_needs_no_host(door: socket.socket) -> None:
    door.sendall(b"GET / HTTP/1.0\r\n\r\n")

    assert read(door, until=b"here")


def test_what_is_malformed_behind_a_request_does_not_pass_for_its_answer(door: socket.socket) -> None:
    door.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + b"\x16\x03\x01")

    assert broken_off(door)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param(HEAD + b"Connection: close\r\nContent-Length: 100000\r\n\r\n", b"200", id="one message"),
        pytest.param(HEAD + b"Content-Length: 5000000\r\n\r\n", b"200", id="more than is read"),
        pytest.param(HEAD + b"Transfer-Encoding: P\r\nContent-Length: 9\r\n\r\n", b"400", id="malformed"),
    ],
)
def test_an_answer_is_read_by_whoever_still_sends_when_it_comes(
    door: socket.socket, head: bytes, said: bytes
) -> None:
    door.sendall(head)
    # The answer and its end are there, and nothing of it was read.
    assert door.recv(1, socket.MSG_PEEK)
    send_slowly(door, b"a" * 5000, times=20)
    words = last_words(door)

    assert words.startswith(b"HTTP/1.1 " + said)
    assert b"connection: close" in words.lower()


@pytest.mark.parametrize("amount", [100, 40 * 1024 * 1024])
def test_whoever_sends_on_behind_the_last_answer_is_broken_off(hasty: socket.socket, amount: int) -> None:
    hasty.sendall(HEAD + b"Connection: close\r\nContent-Length: 99999999\r\n\r\n")
    assert read(hasty, until=b"here")
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the system says it
        send_slowly(hasty, b"a" * (amount // 100), times=1000)


def test_a_body_that_nobody_reads_counts_for_no_message_behind_it(door: socket.socket) -> None:
    for _ in range(3):
        door.sendall(HEAD + b"Content-Length: 900000\r\n\r\n")
        assert read(door, until=b"here")
        door.sendall(b"a" * 900_000)
