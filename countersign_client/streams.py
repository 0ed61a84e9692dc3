"""Connections on which every wait ends at one moment: nothing that drips holds a thread."""

import io
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import Any

from countersign_client.aside import Aside

MOST = 1 << 20
"""Bytes that the other side may send between two deadlines: what it says to a mail are a few lines."""

_lookups: Aside[list[Any]] = Aside("look-up")


@cache
def tls() -> ssl.SSLContext:
    """What verifies certificates and names; made once, for that costs 23 ms of CPU, and late: starts are quick."""
    return ssl.create_default_context()


def left_until(end: float) -> Callable[[], float]:
    """Return what tells how many seconds are left until `end`, and raises `TimeoutError` when none are."""

    def left() -> float:
        seconds = end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time was up")
        return seconds

    return left


class Stream:
    """A connection for a protocol that asks and answers many times, until the moment that `within` sets."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        """Connect. Raises `OSError`."""
        self.within(timeout)
        self._open = connected(host, port, self._left)
        self._open.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def within(self, timeout: float) -> None:
        """From now on all waits together last at most so many seconds."""
        self._left_until = left_until(time.monotonic() + timeout)
        self._room = MOST

    def secure(self, host: str) -> None:
        """Speak TLS from here on, with a certificate of this host's. Raises `ssl.SSLError`, or `OSError`."""
        self._open.settimeout(self._left())
        self._open = tls().wrap_socket(self._open, server_hostname=host, do_handshake_on_connect=False)
        self._open.do_handshake()

    def sendall(self, data: bytes) -> None:
        Bounded(self._open, self._left).sendall(data)

    def makefile(self, mode: str = "rb") -> io.BufferedReader:
        """What reads from here; what it holds of before `secure` is another one's."""
        return io.BufferedReader(_Reader(self._open, self._left, self._take))

    def close(self) -> None:
        self._open.close()

    def _left(self) -> float:
        return self._left_until()

    def _take(self, count: int) -> None:
        self._room -= count
        if self._room < 0:
            raise ConnectionError("the other side says too much")


def addresses_of(host: str, port: int) -> "Future[list[Any]]":
    """What will be known of where a host is, as `socket.getaddrinfo` says it. Raises `OSError`."""

    def found() -> list[Any]:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    return _lookups.begun((host, port), found)


Vet = Callable[[str], None]
"""Raises `OSError` for an address, in numbers, to which no connection may be made."""


def connected(host: str, port: int, left: Callable[[], float], *, vet: Vet | None = None) -> socket.socket:
    """Connect to the first address that answers. One that does not leaves the others their share of the time.

    The host is looked up once. With `vet` each of its addresses must pass before one of them is connected to.
    """
    addresses = addresses_of(host, port).result(left())
    if vet is not None:
        for *_, address in addresses:
            vet(str(address[0]))
    error: OSError = OSError(f"{host} has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left() / (len(addresses) - number))
            sock.connect(address)
        except OSError as refused:
            sock.close()
            error = refused
        else:
            return sock
    raise error


class Bounded:
    """What http.client takes for a socket: before each wait the timeout is what is left until the deadline."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._left())
            rest = rest[self._sock.send(rest) :]

    def recv(self, most: int) -> bytes:
        self._sock.settimeout(self._left())
        return self._sock.recv(most)

    def makefile(self, mode: str, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._left))

    def close(self) -> None:
        """`_Connection.end` closes it."""


class _Reader(io.RawIOBase):
    def __init__(
        self, sock: socket.socket, left: Callable[[], float], take: Callable[[int], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._sock = sock
        self._left = left
        self._take = take

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._left())
        count = self._sock.recv_into(buffer)
        self._take(count)
        return count
