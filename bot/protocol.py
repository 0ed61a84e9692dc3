"""HTTP as uvicorn speaks it by httptools, with an end to every message, however it is stretched.

Neither limits the headers, nor what stands around a body's bytes (sizes and extensions of chunks, trailers), nor
the time that any of it takes. Whoever reaches the port may send it.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD = 64 * 1024
"""Bytes of a request line with its headers; Slack's are below 2 kB."""

WHOLE = 2 * 1024 * 1024
"""Bytes of a message with its body, however that is wrapped; the largest body that is read is half of it."""

PATIENCE = 15.0
"""Seconds in which a whole message must have come."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. It is broken off where a message is too long or too slow."""

    _size = 0
    _most = HEAD
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        self._most = WHOLE
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._came()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._timer is None and self._idle():
            # What came begins no message, and yet it has ended uvicorn's own wait for the next one.
            self._expect()
        if self._timer is not None:
            self._size += len(data)
            if self._size > self._most:
                self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        super().connection_lost(exc)

    def _idle(self) -> bool:
        # `cycle` is None before the first request, whatever its annotation says.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_complete and self.timeout_keep_alive_task is None

    def _expect(self) -> None:
        self._came()
        self._size, self._most = 0, HEAD
        self._timer = self.loop.call_later(PATIENCE, self.transport.abort)

    def _came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
