"""Anybody who reaches the port: messages without end, and connections that never come to a request."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Callable

import pytest
import uvicorn
from uvicorn.server import ServerState

from bot.admission import Admission
from bot.protocol import BoundedHttp
from handlers.channel import Receive, Scope, Send
from handlers.seldom import Seldom
from tests.bot.doors import HEAD, broken_off, connected, last_words, read


def test_headers_without_end_are_broken_off(door: socket.socket) -> None:
    door.sendall(HEAD)
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the system says it
        door.sendall((b"x-more: " + b"a" * 990 + b"\r\n") * 64_000)


def test_half_a_head_is_broken_off_after_a_while(door: socket.socket, hurry: Callable[[], None]) -> None:
    hurry()
    door.sendall(HEAD)
    assert broken_off(door)


def test_a_connection_without_a_request_is_broken_off_after_a_while(
    hurry: Callable[[], None], let_go: threading.Event
) -> None:
    hurry()
    with connected(let_go) as silent:
        assert broken_off(silent)


def test_a_slow_second_request_is_broken_off_as_well(door: socket.socket, hurry: Callable[[], None]) -> None:
    hurry()
    door.sendall(HEAD + b"\r\n")
    assert read(door, until=b"here")
    door.sendall(b"GET / HTTP")
    assert broken_off(door)


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
    door: socket.socket, hurry: Callable[[], None], wrapping: bytes
) -> None:
    hurry()
    door.sendall(wrapping)
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the system says it
        door.sendall(b"a: b\r\n" * 10_000_000)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        pytest.param(HEAD + b"\r\n", b"\r\n", id="an empty line"),
        pytest.param(HEAD + b"Content-Length: 99\r\n\r\n", b"a", id="a byte of a body that nobody reads"),
        pytest.param(CHUNKED + b"0\r\n", b"x-more: ", id="half a trailer"),
    ],
)
def test_a_connection_that_was_answered_is_not_held_by_a_byte_more(
    door: socket.socket, hurry: Callable[[], None], first: bytes, later: bytes
) -> None:
    hurry()
    door.sendall(first)
    assert read(door, until=b"here")
    door.sendall(later)
    assert broken_off(door)


def test_an_answer_that_nobody_reads_is_given_up(
    door: socket.socket, hurry: Callable[[], None], let_go: threading.Event
) -> None:
    hurry()
    door.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    assert let_go.wait(60)


def test_requests_that_do_not_wait_for_any_answer_are_broken_off(door: socket.socket) -> None:
    door.sendall((b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") * 20)
    assert broken_off(door)


def test_requests_over_one_connection_are_answered_one_after_another(
    door: socket.socket, hurry: Callable[[], None]
) -> None:
    hurry()
    for _ in range(3):
        door.sendall(HEAD + b"x-long: " + b"a" * 60_000 + b"\r\n\r\n")
        assert read(door, until=b"here")
        time.sleep(1.2)  # longer than a message may take


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


@pytest.mark.parametrize(
    ("came", "reads"),
    [
        pytest.param(b"abc", [False, True], id="in part"),
        pytest.param(b"abcdefghi", [True, True], id="whole"),
    ],
)
def test_what_is_left_of_a_body_is_not_read_until_somebody_asks_for_it(came: bytes, reads: list[bool]) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"

    assert asyncio.run(asyncio.wait_for(_reading(head + came), timeout=30)) == reads


async def _reading(sent: bytes) -> list[bool]:
    """Whether the other end's connection was read, before its body was asked for and afterwards."""
    loop, ours, theirs = asyncio.get_running_loop(), *socket.socketpair()
    found: asyncio.Future[list[bool]] = loop.create_future()

    async def answer(_: Scope, receive: Receive, __: Send) -> None:
        before = transport.is_reading()
        await receive()
        found.set_result([before, transport.is_reading()])

    config = uvicorn.Config(answer, lifespan="off", log_config=None)
    config.load()
    admission = Admission(most=1, seldom=Seldom(logging.getLogger("countersign.test.door")))
    transport, _ = await loop.connect_accepted_socket(
        lambda: BoundedHttp(config, ServerState(), app_state={}, admission=admission), ours
    )
    with theirs:
        theirs.sendall(sent)
        return await found


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
