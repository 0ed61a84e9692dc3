"""Canonical JSON (RFC 8785) and the digests that stand on it."""

from collections.abc import Collection, Mapping
from hashlib import sha256

import msgspec
import rfc8785

_INTEGERS = 2**53
_TEXT = frozenset({str})
_SIMPLE = frozenset({str, bool, type(None)})
# Compiled, and for plain values the same bytes: only keys beyond ASCII sort and only floats read otherwise there.
_plain = msgspec.json.Encoder(order="sorted").encode


def digest(value: Mapping[str, object]) -> str:
    """Return `sha256:` and the lower-case hex SHA-256 of the value's canonical JSON.

    Raises `rfc8785.CanonicalizationError` for what JSON cannot hold exactly.
    """
    return digest_of(canonical(value))


def digest_of(data: bytes) -> str:
    """Return `sha256:` and the lower-case hex SHA-256 of what is canonical JSON already."""
    return "sha256:" + sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """Return the canonical JSON of a value. Raises `rfc8785.CanonicalizationError`."""
    if _is_plain(value):
        try:
            return _plain(value)
        except UnicodeEncodeError:  # half a surrogate pair, which the general way refuses in its own words
            pass
    return rfc8785.dumps(value)  # type: ignore[arg-type]


def _is_plain(value: object) -> bool:
    rest = [value]
    for each in rest:
        kind = type(each)
        if kind in _SIMPLE:
            continue
        if kind is int:
            if not -_INTEGERS < each < _INTEGERS:  # type: ignore[operator]
                return False
            continue
        inside: Collection[object] = each  # type: ignore[assignment]  # that it is a collection is seen next
        if kind is dict:
            if not (_TEXT.issuperset(map(type, inside)) and "".join(inside).isascii()):  # type: ignore[arg-type]
                return False
            inside = each.values()  # type: ignore[attr-defined]
        elif kind is not list and kind is not tuple:
            return False
        # Most hold nothing but texts, which is seen without a step of Python for each.
        if not _SIMPLE.issuperset(map(type, inside)):
            rest += inside
    return True


def text_digest(salt: str, text: str) -> str:
    """Return the digest under which a typed text enters signed and chained objects.

    The salt lets the text be erased later without anyone being able to guess it from the digest.
    """
    return digest({"salt": salt, "text": text})
