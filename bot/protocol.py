"""HTTP as uvicorn speaks it by httptools, with an end to every message, however it is stretched.

Neither limits the headers, nor what stands around a body's bytes (sizes and extensions of chunks, trailers), nor
the time that any of it takes, nor the time in which an answer is read. Whoever reaches the port may try it.
"""

import asyncio
import logging
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from bot.admission import Admission
from bot.parting import Parting
from handlers.wire.problems import unreadable

HEAD = 64 * 1024
"""Bytes of a request line with its headers; Slack's are below 2 kB."""

WHOLE = 1024 * 1024
"""Bytes of a message with its body, however that is wrapped; the largest body that is read is below it."""

TIMEOUT = 15.0
"""Seconds in which a whole message must have come, and in which an answer must be read."""

AHEAD = 8
"""Messages that may come before the answer to the first one."""


_QUIET = logging.getLogger("uvicorn.error.connections")
_QUIET.setLevel(logging.ERROR)  # below it uvicorn writes a line for each request that it cannot read


_BODY = msgspec.json.encode(unreadable().problem)
_MALFORMED = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    b"Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n%b"
) % (len(_BODY), _BODY)


class NoHost(Exception):
    """A request names no host, or several (RFC 9112 section 3.2)."""


class BoundedHttp(HttpToolsProtocol):
    """One connection, as `admission` lets it in. It is broken off where a message is too long or too slow, and
    where no answer is read. What comes behind a body is no header, and the body waits until it is asked for.
    Where an answer is the last one, who sent half a message is left time to read it.
    """

    transport: Parting  # type: ignore[assignment]  # what uvicorn asks of one it has

    _size = 0
    _most = HEAD
    _headed = False
    _begun = False
    _ended = True
    _tail = False
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, admission: Admission, **options: Any) -> None:
        super().__init__(*args, **options)
        self._admission = admission
        self.logger = _QUIET
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        parting = Parting(transport, sending=lambda: not self._ended)
        super().connection_made(parting)  # type: ignore[arg-type]  # as above
        self.address = self.client[0] if self.client else ""
        self._expect()
        self._admission.came(self)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._headed = self._ended = False
        self._expect()

    def on_header(self, name: bytes, value: bytes) -> None:
        # What comes behind the body is a trailer. No trailer is read: it would pass for a header.
        if not self._headed:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headed = self._begun = True
        self._most = WHOLE
        names = [name for name, _ in self.headers]
        _require_one_host(names, version=self.parser.get_http_version())
        super().on_headers_complete()
        if b"content-length" in names and _length(self.headers, names) > WHOLE:
            self.cycle.keep_alive = False  # it is not read to its end, whatever the answer
        if len(self.pipeline) > AHEAD:
            self._break_off("pipeline", f"it sent more than {AHEAD} requests without waiting for an answer")

    def on_message_complete(self) -> None:
        self._came()
        self._ended = self._tail = True
        self._admission.asked(self)
        super().on_message_complete()
        if self.cycle.response_complete:
            self._admission.waits(self)
        if not self.pipeline and not self.transport.is_closing():
            self.flow.resume_reading()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.parted:
            self._left()
        elif not self.pipeline and not self.transport.is_closing():
            self._admission.waits(self)

    def data_received(self, data: bytes) -> None:
        self._begun = self._tail = False
        if not self.transport.parted:
            super().data_received(data)
        if self._begun and not self._ended and not self.transport.is_closing():
            # Who answers asks for the rest of the body, or needs none. What came with its head is not waited for.
            self.flow.pause_reading()
        if self._timer is None and self._idle():
            # What came begins no message, and yet it has ended uvicorn's own wait for the next one.
            self._expect()
        # With the end of a message comes nothing of another one from whoever waits for answers.
        if self._timer is not None and not self._tail and not self.transport.gone:
            self._size += len(data)
            if self._size > self._most:
                self._break_off("long", f"a message of more than {self._most} bytes")
            elif not self.transport.parted:
                self._admission.brought(self, len(data))

    def send_400_response(self, msg: str) -> None:
        self._admission.seldom.warn(
            "malformed",
            "answered with 400: what is no HTTP, or has not exactly one Host. See who else reaches this port",
        )
        if self._awaits_answer():
            self._part(_MALFORMED)
        else:
            # Something before it is being answered: this would be taken for the answer.
            self.break_off()

    def pause_writing(self) -> None:
        super().pause_writing()
        why = f"an answer was not read within {TIMEOUT:g} s"
        self._unread = self.loop.call_later(TIMEOUT, self._break_off, "unread", why)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._was_read()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        self._was_read()
        self._admission.left(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.parted:
            self.transport.close()

    def break_off(self) -> None:
        self.transport.abort()

    def _part(self, words: bytes) -> None:
        """Say these, which are the last ones."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:
            cycle.disconnected = True  # nobody answers what cannot be read to its end
            cycle.message_event.set()
        self.transport.write(words)
        self.transport.part()
        self._expect()
        self._most = WHOLE
        self._left()

    def _left(self) -> None:
        """Nothing of it is held any more, and it is the first to make room."""
        self._admission.asked(self)
        self._admission.waits(self)

    def _break_off(self, kind: str, why: str) -> None:
        self._admission.break_off(self, kind, why)

    def _idle(self) -> bool:
        # `cycle` is None before the first request, whatever its annotation says.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_complete and self.timeout_keep_alive_task is None

    def _awaits_answer(self) -> bool:
        """What goes wrong now can be answered: no answer to an earlier message is on its way."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        return cycle.more_body and not cycle.response_started and not self.pipeline

    def _expect(self) -> None:
        self._came()
        self._size, self._most = 0, HEAD
        why = f"no whole message came within {TIMEOUT:g} s"
        self._timer = self.loop.call_later(TIMEOUT, self._break_off, "slow", why)

    def _was_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _require_one_host(names: list[bytes], *, version: str) -> None:
    hosts = names.count(b"host")
    if hosts > 1 or (hosts == 0 and version != "1.0"):
        raise NoHost


def _length(headers: list[tuple[bytes, bytes]], names: list[bytes]) -> int:
    """Bytes of the body, as they are said first; the parser has seen that it is a number."""
    return int(headers[names.index(b"content-length")][1])
