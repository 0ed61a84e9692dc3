"""How long a run waits for the service: as long as something goes on, however slow the machine is."""

import time
from collections.abc import Callable

MOST = 8
"""So many times as long as nothing may go on is waited in all: what goes round in circles goes on as well."""


class Patience:
    """`is_left` until nothing has changed for `quiet` seconds. `clock` is a monotonic one, in seconds."""

    def __init__(self, quiet: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet, self._clock = quiet, clock
        self._began = self._changed = clock()
        self._seen: object = None

    def is_left(self, seen: object) -> bool:
        """Whether to go on waiting; `seen` is what there is, of which nobody knows whether it goes on."""
        now = self._clock()
        if seen != self._seen:
            self._seen, self._changed = seen, now
        return now - self._changed < self._quiet and now - self._began < MOST * self._quiet
