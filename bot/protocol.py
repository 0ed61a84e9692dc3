"""HTTP as uvicorn speaks it by httptools, with an end to what comes before a request's headers are whole.

Neither limits that, and whoever reaches the port may send it.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 64 * 1024
"""Bytes of a request line with its headers; Slack's are below 2 kB."""

PATIENCE = 10.0
"""Seconds in which they must have come."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. It is broken off where a head is too long or too slow."""

    _head = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._timer is not None:
            self._head += len(data)
            if self._head > HEAD:
                self.transport.abort()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._head_came()
        self._head = 0
        self._timer = self.loop.call_later(PATIENCE, self.transport.abort)

    def _head_came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
