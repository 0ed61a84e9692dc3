"""Messages of Protocol Buffers as numbered fields, which is all that a tree of CEL needs.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

import struct
from collections.abc import Iterator

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes are no message."""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field of a message in its order: its number, and its value as a number or as bytes.

    Raises `WireError`.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            number, at = _varint(message, at)
            yield tag >> 3, number
            continue
        length, at = (8 if kind == _EIGHT else 4, at) if kind in (_EIGHT, _FOUR) else _length(message, at, kind)
        if at + length > len(message):
            raise WireError("the message ends early")
        yield tag >> 3, message[at : at + length]
        at += length


def signed(number: int) -> int:
    """A varint as `int64` means it: of two's complement in 64 bits."""
    return number - (1 << 64) if number >= 1 << 63 else number


def double(value: bytes) -> float:
    """A `double`, which is eight bytes, the least first."""
    found: tuple[float] = struct.unpack("<d", value)
    return found[0]


def _length(message: bytes, at: int, kind: int) -> tuple[int, int]:
    if kind != _BYTES:
        raise WireError(f"there is no kind {kind} of field")
    return _varint(message, at)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise WireError("a number does not end")
