"""Which of the waiting subjects have access to take away now: those must not wait for what gives some."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

KNOWN = timedelta(seconds=15)
"""How long it is remembered when a subject has access to take away, unless a commit of this process wakes it."""

_READ = 32  # subjects that one look reads of the store, so that a long backlog keeps no other work waiting


class Endings:
    """Looks through a backlog. `ends` reads when a subject has access to take away: None for nothing."""

    def __init__(self, ends: Callable[[str, datetime], datetime | None]) -> None:
        self._ends = ends
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, datetime | None]] = {}
        self._forgotten = 0

    def of(self, subject: str, now: datetime) -> datetime | None:
        """When this one has access to take away, as the store has it now."""
        return self._ends(subject, now)

    def among(self, waiting: Iterable[str], *, now: datetime) -> tuple[Sequence[str], bool]:
        """The subjects with access to take away, and whether some of the others are not known yet."""
        with self._lock:
            self._known = {each: known for each, known in self._known.items() if abs(now - known[0]) < KNOWN}
        found: list[str] = []
        read = 0
        for subject in waiting:
            known = self._known.get(subject)
            if known is None:
                if read == _READ:
                    return found, True
                read += 1
                known = self._look(subject, now)
            if known[1] is not None and known[1] <= now:
                found.append(subject)
        return found, False

    def forget(self, subjects: Iterable[str]) -> None:
        """A commit changed them, or they were worked on."""
        with self._lock:
            self._forgotten += 1
            for subject in subjects:
                self._known.pop(subject, None)

    def _look(self, subject: str, now: datetime) -> tuple[datetime, datetime | None]:
        before = self._forgotten
        known = (now, self._ends(subject, now))
        with self._lock:
            # What was read before somebody's commit is used once, and not remembered.
            if before == self._forgotten:
                self._known[subject] = known
        return known
