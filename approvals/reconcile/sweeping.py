"""Marks and answers whose time is over are forgotten, some at a time: nobody sends what they are of again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.ports.store import Marks

BATCH = 300
"""Marks that are forgotten at once."""

MARGIN = timedelta(minutes=10)
"""So much longer they are kept: clocks differ, and what a slow one still lets in must find its mark."""


class Sweeping:
    """Forgets marks and answers. Any number of processes may be at it."""

    def __init__(self, *, store: Marks, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def __call__(self) -> bool:
        """Forget a batch; say whether there may be more. Raises what the store does."""
        return self._store.sweep(before=self._clock() - MARGIN, limit=BATCH) >= BATCH
