"""Walking through the history, a stretch at a time, until nothing older is there."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from approvals.ports.store import Sought, Span, Stretch

STEP = 100
"""Requests that one stretch is read from at most."""

_ALL = Span()


class Walked(Protocol):
    """The part of a store that is walked through."""

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...


def stretches(store: Walked, sought: Sequence[Sought], span: Span = _ALL) -> Iterator[Stretch]:
    """What is sought, newest first. Each stretch is read when it is asked for, and there is always one."""
    here: Span | None = span
    while here is not None:
        found = store.history(sought, span=here, limit=STEP)
        yield found
        here = None if found.last is None else msgspec.structs.replace(span, before=found.last)
