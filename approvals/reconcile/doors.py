"""Who may be called outside, how many at a time, and when: each receiver's trouble is its own.

A process knows it for itself, and forgets it when it ends: that costs a few calls.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

PLACES = 3
"""Calls to one receiver at a time."""

SLOWLY = timedelta(seconds=2)
"""Whoever took longer than that the last time, or did not answer, has one place: threads are few."""

BUSY = timedelta(seconds=10)
"""After so long the first who found no place looks again."""

APART = timedelta(milliseconds=100)
"""So long after each other the others do: a thousand of them must not all come at one moment."""


class _Door:
    """One receiver's."""

    def __init__(self) -> None:
        self.inside = 0
        self.slow = False
        self.rests_until: datetime | None = None
        self.last: datetime | None = None

    def is_plain(self, now: datetime) -> bool:
        """Nothing is to be remembered of it."""
        told = [each for each in (self.rests_until, self.last) if each is not None and each > now]
        return not (self.inside or self.slow or told)

    def waits_until(self, now: datetime) -> datetime | None:
        """When whoever comes now may look again; None where there is a place."""
        if self.rests_until is not None and self.rests_until > now:
            first = self.rests_until
        elif self.inside >= (1 if self.slow else PLACES):
            first = now + BUSY
        else:
            return None
        self.last = first if self.last is None else max(first, self.last + APART)
        return self.last


class Doors:
    """Those of all receivers, by their addresses."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._doors: dict[str, _Door] = {}

    @contextmanager
    def through(self, url: str) -> Iterator[datetime | None]:
        """Give a place, or say until when there is none."""
        began = self._clock()
        with self._lock:
            door = self._doors.setdefault(url, _Door())
            waits_until = door.waits_until(began)
            if waits_until is None:
                door.inside += 1
        if waits_until is not None:
            yield waits_until
            return
        try:
            yield None
        finally:
            now = self._clock()
            with self._lock:
                door.inside -= 1
                door.slow = now - began > SLOWLY
                if door.is_plain(now):
                    self._doors.pop(url, None)

    def rest(self, url: str, until: datetime) -> None:
        """Leave it alone until then."""
        with self._lock:
            self._doors.setdefault(url, _Door()).rests_until = until
