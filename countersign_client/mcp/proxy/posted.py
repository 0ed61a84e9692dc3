"""An upstream at an address: streamable HTTP, one `POST` a message, answered by JSON or by a stream of events."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx2
from mcp.shared.inbound import MCP_PARAM_HEADER_PREFIX

from countersign_client.mcp.proxy import messages, strict
from countersign_client.mcp.proxy.errors import Lost, Unsent
from countersign_client.mcp.proxy.lines import Lines, TooLong
from countersign_client.mcp.proxy.messages import Told
from countersign_client.mcp.proxy.telling import Telling

_log = logging.getLogger(__name__)

_CONNECTING = 10.0
_LEAVING = 2.0
_SESSION = "mcp-session-id"
_HEAD, _FIELDS = 8_190, 99
"""Octets and fields of a request's head that servers take as they are installed.

Apache and gunicorn take a hundred fields of 8,190 octets each, nginx a line of 8,192, Tomcat 8,192 in all, and
Python's own server 99 fields.
"""

_NO_TOKEN = "the upstream's own token cannot be read: it is no line of plain text"  # noqa: S105 - a sentence

_NAMED = re.compile(r"[!-~]*")
"""What a session may be called: signs of ASCII that are seen (MCP, streamable HTTP)."""


class Posted:
    """One upstream over HTTP. Redirects are not followed, and no proxy of the environment is used."""

    def __init__(self, url: str, bearer: Callable[[], str], changed: Callable[[], None]) -> None:
        self._url = url
        self._bearer = bearer
        self._changed = changed
        self._last = 0
        self._session = ""
        self._lost = False
        self._telling = Telling()
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=_CONNECTING), follow_redirects=False, trust_env=False
        )

    @property
    def alive(self) -> bool:
        """Whether it still knows us: a session that it forgot is another one from then on."""
        return not self._lost

    @property
    def headed(self) -> bool:
        """Whether headers go with what is sent."""
        return True

    def untaken(self, headers: Mapping[str, str]) -> str | None:
        """Return why servers in general do not take a call with these headers; None where they do.

        Without any that is made of arguments it is as large as others that this server has taken.
        """
        sent = self._client.build_request("POST", self._url, content=b"", headers=self._headers(headers))
        if not any(name.startswith(MCP_PARAM_HEADER_PREFIX) for name in headers):
            return None
        line = len(b"POST  HTTP/1.1\r\n") + len(sent.url.raw_path)
        head = (
            line + sum(len(name) + len(value) + len(b": \r\n") for name, value in sent.headers.raw) + len(b"\r\n")
        )
        if head <= _HEAD and len(sent.headers.raw) <= _FIELDS:
            return None
        return (
            f"its headers would be {len(sent.headers.raw)} of {head:,} octets in all, with the upstream's own"
            f" token, and servers in general take {_FIELDS} of {_HEAD:,}"
        )

    async def request(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        timeout: float,
        told: Told | None,
    ) -> dict[str, Any]:
        """Return its result. Raises `UpstreamError`. Leaving early ends the call's stream, which tells it so."""
        self._last += 1
        number = self._last
        body = messages.request(number, method, messages.with_token(params, number if told else None))
        try:
            async with asyncio.timeout(timeout), self._posting(body, headers) as response:
                message = await self._answer(response, number, told)
        except TimeoutError:
            raise Lost(f"the upstream did not answer within {timeout:g} seconds") from None
        return messages.result_of(message)

    async def notify(self, method: str, params: Mapping[str, Any], *, headers: Mapping[str, str]) -> None:
        """Tell it something that has no answer."""
        try:
            async with (
                asyncio.timeout(_CONNECTING),
                self._posting(messages.notification(method, params), headers),
            ):
                return
        except TimeoutError:
            raise Lost(f"the upstream did not take {method} within {_CONNECTING:g} seconds") from None

    async def aclose(self) -> None:
        """Leave. A session that it made for us is ended."""
        if self._session and not self._lost:
            with contextlib.suppress(TimeoutError, Unsent, OSError, httpx2.HTTPError):
                async with asyncio.timeout(_LEAVING):
                    await self._client.delete(self._url, headers=self._headers({}))
        await self._telling.aclose()
        await self._client.aclose()

    def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        # Nothing is unpacked here: a few octets could become as many as there is memory for.
        usual = {"accept": "application/json, text/event-stream", "accept-encoding": "identity"}
        headers = {**usual, "content-type": "application/json", **given}
        if bearer := self._token():
            headers["authorization"] = f"Bearer {bearer}"
        if self._session:
            headers[_SESSION] = self._session
        return headers

    def _token(self) -> str:
        try:
            token = self._bearer()
        except OSError as error:
            raise Unsent(f"the upstream's own token cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise Unsent(_NO_TOKEN) from None
        if not token.isascii() or not token.isprintable():
            raise Unsent(_NO_TOKEN)
        return token

    @contextlib.asynccontextmanager
    async def _posting(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[httpx2.Response]:
        sent = self._headers(headers)
        try:
            async with self._client.stream("POST", self._url, content=body, headers=sent) as response:
                await self._require_fine(response)
                yield response
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.InvalidURL) as error:
            raise Unsent(f"the upstream cannot be reached: {type(error).__name__}") from None
        except httpx2.HTTPError as error:
            raise Lost(f"the upstream broke off: {type(error).__name__}") from None

    async def _require_fine(self, response: httpx2.Response) -> None:
        if response.status_code in {200, 202}:
            _require_plain(response)
            self._session = _session(response) or self._session
            return
        if response.status_code == 404 and self._session:
            self._lost = True
        with contextlib.suppress(strict.Unfit, Lost):
            # An error of the protocol may come with a status of its own.
            _require_plain(response)
            message = strict.read(await _whole(response))
            if isinstance(message, dict) and "error" in message:
                messages.result_of(message)
        raise Lost(f"the upstream answered with HTTP status {response.status_code}")

    async def _answer(self, response: httpx2.Response, number: int, told: Told | None) -> dict[str, Any]:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if kind == "application/json":
                message = strict.read(await _whole(response))
                if messages.is_answer(message) and message["id"] == number:
                    return dict(message)
            elif kind == "text/event-stream":
                async for message in _events(response):
                    if messages.is_answer(message) and message["id"] == number:
                        return dict(message)
                    self._heard(message, number, told)
        except strict.Unfit as error:
            said = f"the upstream sent a message that cannot be taken: {error}"
            _log.warning("%s", said)
            raise Lost(said) from None
        raise Lost("the upstream ended its answer before it was whole")

    def _heard(self, message: object, number: int, told: Told | None) -> None:
        if not isinstance(message, dict) or "id" in message:
            return  # What it asks itself is asked of nobody: no client of ours was declared to it.
        params = message.get("params")
        if message.get("method") == "notifications/tools/list_changed":
            self._changed()
        elif message.get("method") == "notifications/progress" and isinstance(params, dict):
            token = params.get("progressToken")
            if type(token) is int and token == number and told is not None:
                self._telling.begin(told(params))


def _require_plain(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Lost("the upstream's answer is compressed, which nobody asked for")


def _session(response: httpx2.Response) -> str:
    """Return what it calls our session, where it says so."""
    found = str(response.headers.get(_SESSION, ""))
    if _NAMED.fullmatch(found) is None:
        raise Lost("the upstream names its session by what no header holds")
    return found


async def _whole(response: httpx2.Response) -> bytes:
    found = bytearray()
    async for piece in response.aiter_raw():
        found += piece
        if len(found) > messages.LARGEST:
            raise _too_long()
    return bytes(found)


async def _events(response: httpx2.Response) -> AsyncIterator[Any]:
    """Yield what each event holds: the lines of its data, joined (HTML Standard, server-sent events)."""
    lines, data, size = Lines(messages.LARGEST), list[bytes](), 0
    async for piece in response.aiter_raw():
        for found in lines.of(piece.replace(b"\r\n", b"\n")):
            if isinstance(found, TooLong) or size + len(found) > messages.LARGEST:
                raise _too_long()
            line = found.rstrip(b"\r")
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
                size += len(data[-1]) + 1
            elif not line and data:
                if text := b"\n".join(data).strip():
                    yield strict.read(text)
                data, size = [], 0


def _too_long() -> Lost:
    said = f"the upstream sent a message of more than {messages.LARGEST // 1024 // 1024} MiB"
    _log.warning("%s", said)
    return Lost(said)
