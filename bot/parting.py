"""How a connection is written to, and its end where the other side may still be sending (RFC 9112 section 9.6).

The head of an answer and its body are written one after the other, and go out at once: one call of the system, and
the other side is woken once.

A socket that is closed while something comes is reset, and a reset takes away what the other side has not read
yet: the answer itself, on a busy machine. So such a connection says first that no more is coming, and stays.
"""

import asyncio
from collections.abc import Callable
from typing import Any

_AT_ONCE = 1 << 16
"""Bytes that are not kept for what may be written next."""


class Parting:
    """A transport that is closed by half where `sending` says that more is to come, and wholly the second time.

    What is written in one turn of the event loop goes out together at its end.
    """

    def __init__(self, transport: asyncio.Transport, *, sending: Callable[[], bool]) -> None:
        self._transport = transport
        self._sending = sending
        self._loop = asyncio.get_running_loop()
        self._written: list[bytes] = []
        self.parted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def gone(self) -> bool:
        """It is closed, or was broken off."""
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send this, once nothing more is written in this turn."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)
        if len(data) > _AT_ONCE:
            self._send()

    def _send(self) -> None:
        written, self._written = self._written, []
        if written:
            self._transport.write(b"".join(written))

    def abort(self) -> None:
        """End it at once. Of what was written nothing more goes out."""
        self._written = []
        self._transport.abort()

    def is_closing(self) -> bool:
        return self.parted or self._transport.is_closing()

    def close(self) -> None:
        self._send()
        if self.is_closing() or not self._sending():
            self._transport.close()
        else:
            self.part()

    def part(self) -> None:
        """Send what is to be sent, and that it was all. Whatever comes is for the protocol to drop."""
        self._send()
        self.parted = True
        self._transport.write_eof()
        self._transport.resume_reading()
