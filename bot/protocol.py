"""HTTP as uvicorn speaks it by httptools, with an end to every message, however it is stretched.

Neither limits the headers, nor what stands around a body's bytes (sizes and extensions of chunks, trailers), nor
the time that any of it takes, nor the time in which an answer is read. Whoever reaches the port may try it.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD = 64 * 1024
"""Bytes of a request line with its headers; Slack's are below 2 kB."""

WHOLE = 2 * 1024 * 1024
"""Bytes of a message with its body, however that is wrapped; the largest body that is read is half of it."""

PATIENCE = 15.0
"""Seconds in which a whole message must have come, and in which an answer must be read."""

AHEAD = 8
"""Messages that may come before the answer to the first one."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. It is broken off where a message is too long or too slow, and where no answer is read."""

    _size = 0
    _most = HEAD
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        self._most = WHOLE
        super().on_headers_complete()
        if len(self.pipeline) > AHEAD:
            self.transport.abort()

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

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(PATIENCE, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._was_read()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        self._was_read()
        super().connection_lost(exc)

    def _idle(self) -> bool:
        # `cycle` is None before the first request, whatever its annotation says.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_complete and self.timeout_keep_alive_task is None

    def _expect(self) -> None:
        self._came()
        self._size, self._most = 0, HEAD
        self._timer = self.loop.call_later(PATIENCE, self.transport.abort)

    def _was_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
