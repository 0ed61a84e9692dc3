"""Work of a part that is switched off: it stays where it is, and is no work that somebody ought to do by now."""

from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.ports.store import Lease

LATER = timedelta(hours=1)
"""After which it is seen whether the part is there again: another process may have it already."""


class SwitchedOff:
    """Stands in the place of a worker."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def __call__(self, lease: Lease) -> datetime | None:
        return self._clock() + LATER
