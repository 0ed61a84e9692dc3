"""HTTP calls on an event loop, as `calls` makes them in a thread: one deadline bounds everything.

A call that waits holds a connection and no thread, and one that is cancelled closes it at once.
"""

import asyncio
import http.client
import socket
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from countersign_client.calls import LARGEST, NoAnswer, Response, authority, head, proxy_for
from countersign_client.streams import addresses_of, tls

_HEAD = 1 << 16
"""Bytes of an answer's head, or of a line in it."""

_PIECE = 1 << 16


async def send(
    method: str, url: str, *, timeout: float, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Response:
    """Make one call over a connection of its own. Raises `NoAnswer` when no whole answer came in time."""
    try:
        async with asyncio.timeout(timeout) as limit:
            return await _sent(method, urlsplit(url), headers or {}, body, end=limit.when() or 0.0)
    except (OSError, EOFError, http.client.HTTPException, ValueError, asyncio.LimitOverrunError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from error


async def _sent(method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, *, end: float) -> Response:
    secure = url.scheme == "https"
    proxy = proxy_for(url)
    to = proxy or url
    port = to.port or (443 if secure and proxy is None else 80)
    reader, writer = await asyncio.open_connection(
        sock=await _connected(to.hostname or "", port, end), limit=_HEAD
    )
    try:
        if secure:
            if proxy is not None:
                await _through(reader, writer, url, proxy)
            await writer.start_tls(tls(), server_hostname=url.hostname)
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        if proxy is not None and not secure:
            target, headers = url._replace(fragment="").geturl(), {**headers, **authority(proxy)}
        writer.write(_request(method, target, url.netloc, headers, body))
        await writer.drain()
        return await _read(reader)
    finally:
        # Not closed in good order: the other side may never answer to that.
        writer.transport.abort()


async def _connected(host: str, port: int, end: float) -> socket.socket:
    """Connect to the first address that answers. One that does not leaves the others their share of the time."""
    addresses = await asyncio.wrap_future(addresses_of(host, port))
    error: OSError = OSError(f"{host} has no address")
    loop = asyncio.get_running_loop()
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)  # noqa: FBT003 - the library's way
        try:
            async with asyncio.timeout((end - loop.time()) / (len(addresses) - number)):
                await loop.sock_connect(sock, address)
        except OSError as refused:
            sock.close()
            error = refused
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise error


async def _through(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: SplitResult, proxy: SplitResult
) -> None:
    """Let a proxy connect to where the address is (RFC 9110 section 9.3.6)."""
    target = f"{url.hostname}:{url.port or 443}"
    writer.write(_request("CONNECT", target, target, authority(proxy), b""))
    await writer.drain()
    status, _ = head(await reader.readuntil(b"\r\n\r\n"))
    if not 200 <= status < 300:
        raise OSError(f"the proxy does not connect (HTTP {status})")


def _request(method: str, target: str, host: str, headers: Mapping[str, str], body: bytes) -> bytes:
    given = {"Host": host, "Accept-Encoding": "identity", "Connection": "close", **headers}
    if body or method not in ("GET", "CONNECT"):
        given["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    if any(not line.isprintable() for line in lines):
        raise ValueError("a header would begin a line of its own")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body


async def _read(reader: asyncio.StreamReader) -> Response:
    status = 100
    while status < http.client.OK:
        status, headers = head(await reader.readuntil(b"\r\n\r\n"))
        if status == http.client.SWITCHING_PROTOCOLS:
            raise ValueError("the answer is in another protocol, which nobody asked for")
    return Response(status, headers, await _body(reader, status, headers))


async def _body(reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]) -> bytes:
    length = headers.get("content-length", "")
    if status in (http.client.NO_CONTENT, http.client.NOT_MODIFIED):
        return b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    if length:
        if not (length.isascii() and length.isdigit()):
            raise ValueError("the answer's length is no number")
        return await reader.readexactly(_bounded(int(length)))
    held = bytearray()
    while piece := await reader.read(_PIECE):
        held += piece
        _bounded(len(held))
    return bytes(held)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body in pieces (RFC 9112 section 7.1); what follows the last one is passed over."""
    held = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        _bounded(len(held) + size)
        held += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise ValueError("a piece of the answer is longer than it says")
    return bytes(held)


def _bounded(length: int) -> int:
    if not 0 <= length <= LARGEST:
        raise ValueError("the answer is too large")
    return length
