"""The audit chain: entries of which each one names the hash of the one before."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec
import rfc8785

from countersign_client.canonical import digest

START = "sha256:" + "0" * 64
"""What the first entry of every chain names as the one before it."""


class ChainError(Exception):
    """A chain does not hold; the text says at which entry and why."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One thing that happened. `request` is empty in the installation's own chain."""

    v: int = 1
    request: str
    seq: int
    at: str
    actor: str
    action: str
    detail: Mapping[str, Any]
    prev: str

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the entry's canonical JSON (RFC 8785), computed once."""
        return digest(msgspec.to_builtins(self))


def verify(entries: Iterable[Entry], *, request: str, head: str) -> int:
    """Check a whole chain against the head that its owner recorded; return the number of entries.

    Raises `ChainError` at the first entry that is missing, moved, changed or foreign, and when the chain
    ends elsewhere than at `head` (which is how a cut-off tail shows).
    """
    prev, count = START, 0
    for entry in entries:
        count += 1
        if entry.request != request:
            raise ChainError(f"entry {count} of {request or 'the installation'} belongs to {entry.request!r}")
        if entry.seq != count:
            raise ChainError(f"entry {count} of {request or 'the installation'} has number {entry.seq}")
        if entry.prev != prev:
            raise ChainError(f"entry {count} of {request or 'the installation'} does not follow the one before it")
        try:
            prev = entry.hash
        except rfc8785.CanonicalizationError as error:
            raise ChainError(f"entry {count} of {request or 'the installation'} has no hash: {error}") from error
    if prev != head:
        raise ChainError(f"the chain of {request or 'the installation'} does not end where its record says")
    return count
