"""HTTP calls whose one deadline bounds everything: finding the address, connecting, sending, and the answer.

Libraries count a limit for each read of a socket, so an answer that comes in drops holds a thread for as long as
it likes. Here every wait ends at the same moment of the monotonic clock. Nothing is repeated, no redirect is
followed, and no more of an answer is held than `LARGEST`.
"""

import base64
import http.client
import io
import socket
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from countersign_client import outgoing
from countersign_client.streams import Bounded, Vet, connected, left_until, tls

LARGEST = 8 << 20
"""Bytes of an answer. The largest are pages of Slack's lists and IAM policies, of which Google takes 256 KiB."""

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts to which nothing leaves the machine, and so nothing goes by a proxy: it need not be said in TLS."""

_PIECE = 1 << 16


class NoAnswer(Exception):
    """No whole answer came in time; the text says why. What was asked may have been done."""


class Response(NamedTuple):
    """An answer of whatever status; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Taker = Callable[[bytes], object]
"""Takes a body piece by piece."""

Into = Callable[[int, Mapping[str, str]], Taker | None]
"""Says by an answer's status and headers who takes its body; None: it is held."""


def held(status: int, headers: Mapping[str, str]) -> None:
    """Hold every body."""


def send(
    method: str,
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    vet: Vet | None = None,
    largest: int = LARGEST,
    into: Into = held,
) -> Response:
    """Make one call over a connection of its own; all of it is over after `timeout` seconds.

    What somebody takes of the body may be of any length, and is not whole until this returns.
    With `vet` there is no proxy: what was looked up, and passed, is what is connected to.
    Raises `NoAnswer` when no whole answer came. A call whose time ran out before it could be sent is not sent.
    """
    left = left_until(time.monotonic() + timeout)
    parted = urlsplit(url)
    connection, target = _opened(parted, left, vet)
    status, failed, over = 0, "", outgoing.begun("http", method, parted.hostname or "", _port(parted))
    try:
        connection.connect()
        connection.request(method, target, body=body, headers={"Accept-Encoding": "identity", **(headers or {})})
        answer = _read(connection.getresponse(), left, largest, into)
    except (OSError, http.client.HTTPException, ValueError) as error:
        failed = type(error).__name__
        raise NoAnswer(f"{failed}: {error}") from error
    else:
        status = answer.status
        return answer
    finally:
        connection.end()
        over(status, failed)


def upgraded(
    url: str, *, timeout: float, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], socket.socket]:
    """Ask for another protocol (RFC 9110 section 7.8): status and headers, and the open socket behind them.

    Raises `NoAnswer`. Whoever gets the socket closes it.
    """
    left = left_until(time.monotonic() + timeout)
    connection, target = _opened(urlsplit(url), left)
    try:
        connection.connect()
        connection.request("GET", target, headers=headers)
        status, said = _head(connection.sock)
        return status, said, connection.taken()
    except (OSError, http.client.HTTPException, ValueError, IndexError) as error:
        connection.end()
        raise NoAnswer(f"{type(error).__name__}: {error}") from error


def _head(sock: Any) -> tuple[int, Mapping[str, str]]:
    """Read a head and not a byte more: what follows is the other protocol's."""
    held = bytearray()
    while not held.endswith(b"\r\n\r\n"):
        piece = sock.recv(1)
        if not piece or len(held) >= _PIECE:
            raise ConnectionError("the answer had no head")
        held += piece
    return head(bytes(held))


def head(raw: bytes) -> tuple[int, Mapping[str, str]]:
    """The status and the headers that a whole head has. Raises `ValueError`, or what http.client does."""
    first, _, rest = raw.partition(b"\r\n")
    said = http.client.parse_headers(io.BytesIO(rest))
    words = first.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        raise ValueError("the answer had no head")
    return int(words[1]), {name.lower(): value for name, value in said.items()}


def _opened(url: SplitResult, left: Callable[[], float], vet: Vet | None = None) -> tuple["_Connection", str]:
    """Make the connection, which connects later, and say what stands in the request's first line.

    Proxies are those of the environment: HTTPS_PROXY, HTTP_PROXY, NO_PROXY; for this machine there is none.
    """
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    secure = url.scheme == "https"
    host, port = url.hostname or "", _port(url)
    proxy = None if vet else proxy_for(url)
    if proxy is None:
        return _Connection(host, port, secure=secure, left=left, vet=vet), target
    connection = _Connection(proxy.hostname or "", proxy.port or 80, secure=secure, left=left)
    if secure:
        connection.set_tunnel(host, port, headers=authority(proxy))
        return connection, target
    connection.extra = authority(proxy)
    return connection, url._replace(fragment="").geturl()


def _port(url: SplitResult) -> int:
    return url.port or (http.client.HTTPS_PORT if url.scheme == "https" else http.client.HTTP_PORT)


def proxy_for(url: SplitResult) -> SplitResult | None:
    """The environment's proxy for an address."""
    given = urllib.request.getproxies().get(url.scheme)
    if not given or url.hostname in THIS_MACHINE or urllib.request.proxy_bypass(url.netloc.rpartition("@")[2]):
        return None
    return urlsplit(given if "://" in given else f"http://{given}")


def authority(proxy: SplitResult) -> dict[str, str]:
    """The header by which a proxy knows who comes."""
    if proxy.username is None:
        return {}
    said = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}


def _read(response: http.client.HTTPResponse, left: Callable[[], float], largest: int, into: Into) -> Response:
    if response.status == http.client.SWITCHING_PROTOCOLS:
        raise ValueError("the answer is in another protocol, which nobody asked for")
    headers = {name.lower(): value for name, value in response.getheaders()}
    take, body = into(response.status, headers), bytearray()
    while piece := response.read1(_PIECE):
        left()
        if take is not None:
            take(piece)
            continue
        body += piece
        if len(body) > largest:
            raise ValueError("the answer is too large")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return Response(response.status, headers, bytes(body))


class _Response(http.client.HTTPResponse):
    """Passes over what comes before an answer (RFC 9110 section 15.2), of which http.client knows 100 alone."""

    def _read_status(self) -> tuple[str, int, str]:
        said: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # it has no public one
        while http.client.SWITCHING_PROTOCOLS < said[1] < http.client.OK:
            http.client.parse_headers(self.fp)
            said = super()._read_status()  # type: ignore[misc]
        return said


class _Connection(http.client.HTTPConnection):
    """Connects once. What it reads and writes, also through a proxy and for TLS, ends at the deadline."""

    response_class = _Response

    def __init__(
        self, host: str, port: int, *, secure: bool, left: Callable[[], float], vet: Vet | None = None
    ) -> None:
        super().__init__(host, port)
        # The Host header names the port unless it is this one.
        self.default_port = http.client.HTTPS_PORT if secure else http.client.HTTP_PORT
        self.extra: dict[str, str] = {}
        self._secure = secure
        self._left = left
        self._vet = vet
        self._open: socket.socket | None = None

    def connect(self) -> None:
        plain = self._open = connected(self.host, self.port, self._left, vet=self._vet)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = Bounded(plain, self._left)
        tunnel = getattr(self, "_tunnel_host", None)
        if tunnel:
            self._tunnel()  # type: ignore[attr-defined]  # http.client's own, before the handshake as there
        if self._secure:
            plain.settimeout(self._left())
            secured = tls().wrap_socket(plain, server_hostname=tunnel or self.host, do_handshake_on_connect=False)
            self._open = secured
            # The handshake as a whole ends by the socket's timeout.
            secured.do_handshake()
            self.sock = Bounded(secured, self._left)

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **_: Any) -> None:
        self._left()
        super().request(method, url, body=body, headers={**(headers or {}), **self.extra})

    def close(self) -> None:
        """Leave the socket open for the answer, which http.client reads after this; `end` closes it."""

    def taken(self) -> socket.socket:
        """The socket, which is somebody else's from now on."""
        if self._open is None:
            raise ConnectionError("there is no connection")
        taken, self._open = self._open, None
        return taken

    def end(self) -> None:
        if self._open is not None:
            self._open.close()
