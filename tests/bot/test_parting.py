"""Answers that come before the message has come whole: who is still sending reads them."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from bot.parting import Parting
from tests.bot.doors import HEAD, last_words, read, send_slowly


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
def test_whoever_sends_on_behind_the_last_answer_is_broken_off(
    door: socket.socket, hurry: Callable[[], None], amount: int
) -> None:
    hurry()
    door.sendall(HEAD + b"Connection: close\r\nContent-Length: 99999999\r\n\r\n")
    assert read(door, until=b"here")
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the system says it
        send_slowly(door, b"a" * (amount // 100), times=1000)


def test_a_body_that_nobody_reads_counts_for_no_message_behind_it(door: socket.socket) -> None:
    for _ in range(3):
        door.sendall(HEAD + b"Content-Length: 900000\r\n\r\n")
        assert read(door, until=b"here")
        door.sendall(b"a" * 900_000)


class Wire(asyncio.Transport):
    """The other side of a connection: what came, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed, "a closed connection is written to"
        self.came.append(bytes(data))

    def write_eof(self) -> None:
        self.came.append(b"the end")

    def resume_reading(self) -> None:
        """Nothing is read here."""

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    abort = close


def sent(*, sending: bool, do: Callable[[Parting], object]) -> Wire:
    """What goes out by what is done in one turn of the event loop."""

    async def turn() -> Wire:
        wire = Wire()
        do(Parting(wire, sending=lambda: sending))
        await asyncio.sleep(0)
        return wire

    return asyncio.run(turn())


def said(transport: Parting, *then: Callable[[], object]) -> None:
    transport.write(b"head, ")
    transport.write(b"body")
    for each in then:
        each()


@pytest.mark.parametrize(
    ("sending", "then", "came"),
    [
        pytest.param(False, "", [b"head, body"], id="nothing more"),
        pytest.param(False, "close", [b"head, body"], id="and closed"),
        pytest.param(True, "close", [b"head, body", b"the end"], id="and closed by half"),
        pytest.param(False, "abort", [], id="and broken off"),
    ],
)
def test_what_is_written_in_one_turn_goes_out_at_once(sending: bool, then: str, came: list[bytes]) -> None:
    wire = sent(sending=sending, do=lambda parting: said(parting, *([getattr(parting, then)] if then else [])))
    assert wire.came == came


def in_pieces(parting: Parting) -> None:
    for piece in (b"head, ", b"a" * 100_000, b"the rest"):
        parting.write(piece)


def test_what_is_large_waits_for_nothing_else() -> None:
    assert [len(each) for each in sent(sending=False, do=in_pieces).came] == [100_006, 8]
