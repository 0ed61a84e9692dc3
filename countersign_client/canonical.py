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
    kind = type(value)
    if kind in _SIMPLE:
        return True
    if kind is dict:
        names: Mapping[str, object] = value  # type: ignore[assignment]  # that they are texts is seen next
        if not (_TEXT.issuperset(map(type, names)) and "".join(names).isascii()):
            return False
        return _are_plain(names.values())
    if kind is list or kind is tuple:
        return _are_plain(value)  # type: ignore[arg-type]
    return kind is int and -_INTEGERS < value < _INTEGERS  # type: ignore[operator]


def _are_plain(values: Collection[object]) -> bool:
    # Most hold nothing but texts, which is seen without a step of Python for each.
    if _SIMPLE.issuperset(map(type, values)):
        return True
    return all(_is_plain(each) for each in values if type(each) not in _SIMPLE)


def text_digest(salt: str, text: str) -> str:
    """Return the digest under which a typed text enters signed and chained objects.

    The salt lets the text be erased later without anyone being able to guess it from the digest.
    """
    return digest({"salt": salt, "text": text})
