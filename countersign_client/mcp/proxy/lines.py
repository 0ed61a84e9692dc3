"""Lines of octets out of pieces of any size. One that is too long is told of, and its octets are let go."""

from collections.abc import Iterator

import msgspec

_ENDS = 512


class TooLong(msgspec.Struct, frozen=True):
    """A line that was longer than the limit: its first and last octets, which may say whose it is."""

    start: bytes
    end: bytes


class Lines:
    """Cuts what arrives into lines of at most `limit` octets, holding no more than that."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._start: bytes | None = None

    def of(self, piece: bytes) -> Iterator[bytes | TooLong]:
        """Yield every line that ends in this piece, without its end."""
        *ended, rest = piece.split(b"\n")
        for part in ended:
            yield self._line(part)
        self._keep(rest)

    def _line(self, part: bytes) -> bytes | TooLong:
        self._keep(part)
        line, start = bytes(self._kept), self._start
        self._kept.clear()
        self._start = None
        return line if start is None else TooLong(start, line[-_ENDS:])

    def _keep(self, part: bytes) -> None:
        self._kept += part
        if len(self._kept) <= self._limit and self._start is None:
            return
        if self._start is None:
            self._start = bytes(self._kept[:_ENDS])
        del self._kept[:-_ENDS]
