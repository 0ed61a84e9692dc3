"""The load: prepared requests over kept connections, each answer checked, each time taken."""

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import cast

import uvloop

_OK = b"HTTP/1.1 200"
_TIMEOUT = 60


class NotAnswered(RuntimeError):
    """A server answered something else than 200."""


class Line:
    """One connection. A server that closes after each answer is connected to again, outside of the time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> float:
        """Send one request and return the seconds until its answer was there. Raises `NotAnswered`."""
        started = time.perf_counter()
        self._socket.sendall(request)
        answer, whole = b"", False
        while not whole:
            part = self._socket.recv(65536)
            answer += part
            whole = not part or complete(answer)
        taken = time.perf_counter() - started
        if answer.split(b" ", 2)[1:2] != [b"200"]:
            raise NotAnswered(answer[:300].decode("latin-1"))
        if not answer.startswith(b"HTTP/1.1"):
            self._socket.close()
            self._connect()
        return taken

    def close(self) -> None:
        self._socket.close()


@contextmanager
def line(port: int) -> Iterator[Line]:
    made = Line(port)
    try:
        yield made
    finally:
        made.close()


def complete(answer: bytes) -> bool:
    """Whether head and body are there, by the length that the head names."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    for each in head.split(b"\r\n")[1:]:
        name, _, value = each.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False


def one_by_one(port: int, requests: Sequence[bytes], *, pause: float = 0.0) -> float:
    """The median time of an answer over one connection, with a pause after each, in seconds."""
    taken = []
    with line(port) as one:
        for request in requests:
            taken.append(one.ask(request))
            time.sleep(pause)
    return median(taken)


def at_once(port: int, requests: Sequence[bytes], *, connections: int) -> tuple[float, list[float]]:
    """Spread requests over connections, each sending its next when answered. Seconds in all, and of each."""
    return uvloop.run(_at_once(port, requests, connections))


async def _at_once(port: int, requests: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    lines = [
        (await loop.create_connection(lambda: _Sender(waiting), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    started = time.perf_counter()
    for each in lines:
        each.next()
    await asyncio.wait_for(asyncio.gather(*(each.done for each in lines)), _TIMEOUT)
    seconds = time.perf_counter() - started
    return seconds, [taken for each in lines for taken in each.taken]


class _Sender(asyncio.Protocol):
    def __init__(self, waiting: Iterator[bytes]) -> None:
        self.taken: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of its own kind.
        self._transport = cast("asyncio.Transport", transport)

    def next(self) -> None:
        """Send the next request that nobody has sent yet."""
        request = next(self._waiting, None)
        if request is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._started = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not complete(self._answer):
            return
        self.taken.append(time.perf_counter() - self._started)
        if not self._answer.startswith(_OK):
            self.done.set_exception(NotAnswered(self._answer[:300].decode("latin-1")))
            return
        self._answer = b""
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(NotAnswered(f"the connection broke: {exc}"))
