"""The upstream as the proxy has it: started when it is first needed, and again after it ended."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from countersign_client.mcp.proxy.errors import Lost, Unsent, UpstreamError
from countersign_client.mcp.proxy.meeting import Connection, Met, meet
from countersign_client.mcp.proxy.messages import Told

_log = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds between two tries to start an upstream that fails at once."""

Connect = Callable[[], Awaitable[Connection]]


class Upstream:
    """One upstream for whoever calls. It has to answer a call within `timeout` seconds, however it drips."""

    def __init__(self, connect: Connect, *, timeout: float) -> None:
        self._connect = connect
        self._timeout = timeout
        self._connection: Connection | None = None
        self._met: Met | None = None
        self._failed: tuple[float, str] | None = None
        self._beginning = asyncio.Lock()
        self.runs = 0
        """How often it was started: what was known of an earlier run counts no more."""

    async def met(self) -> Met:
        """Return what it says of itself. Raises `Unsent` where it cannot be had."""
        _, met = await self._ready()
        return met

    async def request(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        capabilities: Mapping[str, Any],
        schema: object = None,
        told: Told | None = None,
        of_run: int | None = None,
    ) -> dict[str, Any]:
        """Return the result of a request; with `of_run` only from that run of the upstream.

        Raises `Answered` for its own refusal, `Unsent` where nothing was sent, and `Lost` where nobody knows.
        """
        connection, met = await self._ready()
        if of_run is not None and of_run != self.runs:
            raise Unsent("the upstream was started again meanwhile")
        stamped = met.stamped(params, capabilities)
        headers = _headers(met, method, stamped, schema) if connection.headed else {}
        return await connection.request(method, stamped, headers=headers, timeout=self._timeout, told=told)

    async def require_sendable(self, schema: object) -> None:
        """Hold the schema of a tool against what calls of it are sent by. Raises `Unsent` where none can be."""
        connection, met = await self._ready()
        if connection.headed and (why := met.unfollowable(schema)) is not None:
            raise Unsent(f"what the upstream wants of its arguments in headers cannot be done: {why:.300}")

    async def require_taken(self, name: str, arguments: Mapping[str, Any], schema: object) -> None:
        """Hold the headers of a call against what servers take in general. Raises `Unsent` for too large ones.

        Whoever sends more may lose an approval by it: what a server refuses is known only once it was asked.
        """
        connection, met = await self._ready()
        if connection.headed:
            headers = _headers(met, "tools/call", {"name": name, "arguments": arguments}, schema)
            if (why := connection.untaken(headers)) is not None:
                raise Unsent(f"what the upstream wants of these arguments in headers is too much: {why}")

    async def aclose(self) -> None:
        """End it."""
        async with self._beginning:
            await self._end()

    async def _ready(self) -> tuple[Connection, Met]:
        if (ready := self._living()) is not None:
            return ready
        async with self._beginning:
            if (ready := self._living()) is not None:
                return ready
            if self._connection is not None:
                _log.warning("the upstream has ended; it is started again")
            await self._end()
            return await self._begin()

    def _living(self) -> tuple[Connection, Met] | None:
        if self._connection is None or self._met is None or not self._connection.alive:
            return None
        return self._connection, self._met

    async def _begin(self) -> tuple[Connection, Met]:
        if self._failed is not None and time.monotonic() - self._failed[0] < _PAUSE:
            raise Unsent(self._failed[1])
        self.runs += 1
        try:
            connection = await self._connect()
            try:
                met = await meet(connection)
            except BaseException:
                await connection.aclose()
                raise
        except UpstreamError as error:
            said = str(error) if isinstance(error, Unsent) else f"the upstream did not start: {error}"
            self._failed = time.monotonic(), said
            _log.error("%s", said)
            raise Unsent(said) from None
        self._failed, self._connection, self._met = None, connection, met
        _log.info("the upstream speaks %s", met.version)
        return connection, met

    async def _end(self) -> None:
        connection, self._connection, self._met = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Lost):
                await connection.aclose()


def _headers(met: Met, method: str, params: Mapping[str, Any], schema: object) -> dict[str, str]:
    try:
        return met.headers(method, params, schema)
    except UnicodeEncodeError:
        raise Unsent("what the upstream wants in a header holds half of a character") from None
