"""A file that is taken away piece by piece is whole, or is said not to be."""

from typing import Any

import pytest

from countersign_client.calls import LARGEST
from countersign_client.errors import ClientError, Unreachable
from countersign_client.exchange import Exchange
from tests.countersign_client.test_exchange import HTML, IAP, JSON, calls, problem, server
from tests.support.once import saying
from tests.support.said import Said, Token

__all__ = ["calls", "server"]


@pytest.mark.parametrize(
    "answer",
    [
        (200, HTML, b"<h1>Welcome to the hotel's network</h1>"),
        (200, JSON, b"{}"),
        (302, IAP | {"location": "https://accounts.google.com/o/x"}, b""),
        problem(503, "unavailable"),
        problem(403, "address"),
    ],
)
def test_nothing_but_a_file_is_taken_for_one(server: Said, calls: Exchange, answer: Any) -> None:
    server.says(answer)
    taken: list[bytes] = []
    with pytest.raises(ClientError):
        calls.download("/v1/export", {}, media="text/csv", take=taken.append, timeout=30)
    assert taken == []


@pytest.mark.parametrize("rest", [b"", b"4\r\nda", b"4\r\ndata\r\n"])
def test_a_file_that_breaks_off_is_none_whatever_was_taken_of_it(rest: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    with saying(head + b"5\r\nwhole\r\n" + rest) as url, pytest.raises(Unreachable, match="no whole answer"):
        Exchange(url, Token()).download("/v1/export", {}, media="text/csv", take=print, timeout=30)


def test_a_whole_file_is_taken_however_large_it_is(server: Said, calls: Exchange) -> None:
    server.says((200, {"content-type": "text/csv; charset=utf-8"}, b"x" * (LARGEST + 1)))
    taken: list[int] = []
    calls.download("/v1/export", {}, media="text/csv", take=lambda each: taken.append(len(each)), timeout=60)
    assert sum(taken) == LARGEST + 1
    assert max(taken) < LARGEST


def test_who_is_told_to_come_again_asks_again_and_takes_the_file_once(server: Said, calls: Exchange) -> None:
    told = problem(429, "pace", **{"retry-after": "0"})
    server.says(told, told, (200, {"content-type": "text/csv"}, b"a,b\n"))
    taken: list[bytes] = []

    calls.download("/v1/export", {}, media="text/csv", take=taken.append, timeout=60)
    assert b"".join(taken) == b"a,b\n"


def test_nobody_asks_again_beyond_the_time_that_they_have(server: Said, calls: Exchange) -> None:
    server.says(problem(429, "pace", **{"retry-after": "3600"}))
    with pytest.raises(ClientError, match="It is pace"):
        calls.download("/v1/export", {}, media="text/csv", take=print, timeout=60)
