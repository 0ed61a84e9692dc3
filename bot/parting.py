"""The end of a connection whose other side may still be sending (RFC 9112 section 9.6).

A socket that is closed while something comes is reset, and a reset takes away what the other side has not read
yet: the answer itself, on a busy machine. So such a connection says first that no more is coming, and stays.
"""

import asyncio
from collections.abc import Callable
from typing import Any


class Parting:
    """A transport that is closed by half where `sending` says that more is to come, and wholly the second time."""

    def __init__(self, transport: asyncio.Transport, *, sending: Callable[[], bool]) -> None:
        self._transport = transport
        self._sending = sending
        self.parted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def gone(self) -> bool:
        """It is closed, or was broken off."""
        return self._transport.is_closing()

    def is_closing(self) -> bool:
        return self.parted or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing() or not self._sending():
            self._transport.close()
        else:
            self.part()

    def part(self) -> None:
        """Send what is to be sent, and that it was all. Whatever comes is for the protocol to drop."""
        self.parted = True
        self._transport.write_eof()
        self._transport.resume_reading()
