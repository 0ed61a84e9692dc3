"""Answers that come before the message has come whole: who is still sending reads them."""

import socket

import pytest

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
