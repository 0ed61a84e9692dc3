"""Whether a store keeps what it is given: something is written, read back and forgotten."""

import secrets
from collections.abc import Callable, Iterator

from approvals.backends.stores.errors import StoreError
from approvals.ports.examining import Diagnosis, found
from approvals.ports.store import Memory
from approvals.refusals.errors import CountersignError, Unavailable

PART = "store"


def examine(where: str, opened: Callable[[], Memory]) -> Iterator[Diagnosis]:
    """Try one round. What is written is no fact of anybody's, and lies where nothing else does."""
    try:
        _round(opened())
    except StoreError as error:
        yield found(PART, "wrong", "store.broken", where=where, said=error)
    except Unavailable as error:
        yield found(PART, "unknown", "store.unanswered", where=where, said=error)
    except CountersignError as error:
        yield found(PART, "wrong", "store.broken", where=where, said=error)
    else:
        yield found(PART, "ok", "store.ok", where=where)


def _round(memory: Memory) -> None:
    key, value = f"doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    memory.remember(key, value)
    try:
        if memory.recall(key) != value:
            raise StoreError("it gave something else back than it was given: restore a backup")
    finally:
        memory.forget(key)
