"""Hands a request on to the program behind the proxy, and brings its answer back: bounded, and in time."""

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from sandbox.world import Record

LARGEST = 8 * 1024 * 1024
"""Bytes of a body, either way."""

PATIENCE = 30.0
"""Seconds for one request, from the connection to the answer's last byte."""

_OF_ONE_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "upgrade"}
    | {"transfer-encoding"}
)
"""RFC 9110, section 7.6.1."""

Headers = list[tuple[str, str]]


class UpstreamError(Exception):
    """The program gave no usable answer; the text says why."""


class Answer(Record, frozen=True):
    """What the program answered."""

    status: int
    headers: Headers
    body: bytes


def onward(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers that go on to the program: none of one hop, and none that only Google may set."""
    dropped = _OF_ONE_HOP | {"content-length", "proxy-authorization"}
    return [
        (name, value)
        for name, value in headers
        if name.lower() not in dropped and not name.lower().startswith("x-goog-")
    ]


def forward(upstream: str, *, method: str, target: str, headers: Headers, body: bytes) -> Answer:
    """Send a request and return the answer. Raises `UpstreamError`."""
    place = urlsplit(upstream)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
    try:
        connection.connect()
        with _limited(connection.sock):
            return _exchanged(connection, method, target, headers, body)
    except (OSError, http.client.HTTPException) as error:
        raise UpstreamError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


@contextmanager
def _limited(sock: socket.socket) -> Iterator[None]:
    """End what is read after a time. A limit for each read alone would never end an answer that comes in drops."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(PATIENCE, cut)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        if over.is_set():  # a head that breaks off looks whole to the library
            raise UpstreamError(f"the answer took longer than {PATIENCE:.0f} s")


def _exchanged(
    connection: http.client.HTTPConnection, method: str, target: str, headers: Headers, body: bytes
) -> Answer:
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value.encode("latin-1"))
    if body or method not in ("GET", "HEAD"):
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body or None)
    response = connection.getresponse()
    content = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UpstreamError(f"the answer is larger than {LARGEST:,} bytes")
    kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _OF_ONE_HOP]
    return Answer(status=response.status, headers=kept, body=content)
