"""How often the timer looks for due work: by itself, and when it is woken again and again."""

import random
import time
from collections.abc import Callable, Iterable

SWEEP = 10.0
"""Seconds between two passes when nothing wakes the timer; jittered by a fifth."""

SWEEP_BESIDE = 1.0
"""The same where another service commits to the store, as the pages do: its commits wake nobody here."""

QUIET = 60.0
"""Seconds without work after which nobody is about, where nothing waits either and no access stands."""

RARELY = 3
"""So many times as long is a pause then: each look is billed by a store that bills reads."""


BREATH = 0.002
"""Seconds between a wake and its pass at the least: whoever committed still has to answer, and goes first."""

LONGEST = 0.05
"""The same at the most."""

SHARE = 20
"""So many times as long as a pass had the processor it is left alone: the more is due, the dearer each pass is."""


class Breath:
    """How long a wake waits for its pass. `spent` is the CPU of the thread that passes, in seconds."""

    def __init__(
        self,
        *,
        spent: Callable[[], float] = time.thread_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spent = spent
        self._clock = clock
        self._before = 0.0
        self._until = clock()

    def begins(self) -> None:
        """A pass begins."""
        self._before = self._spent()

    def over(self) -> None:
        """It is over."""
        self._until = self._clock() + min(LONGEST, SHARE * (self._spent() - self._before))

    def seconds(self) -> float:
        """How long who is woken now waits."""
        return max(BREATH, self._until - self._clock())


class Pace:
    """`sweep` is in seconds. `stands` says of a subject whether its work is there whoever is about."""

    def __init__(
        self,
        sweep: float,
        *,
        stands: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sweep = sweep
        self._stands = stands
        self._clock = clock
        self._stirred = clock() - QUIET

    def stir(self, subject: str) -> None:
        """Work on it begins."""
        if not self._stands(subject):
            self._stirred = self._clock()

    def longest(self, due_later: Iterable[str]) -> float:
        """Seconds until the next look at the latest.

        All that waits, and all access, is known to be `due_later`.
        """
        about = self._clock() - self._stirred < QUIET or not all(map(self._stands, due_later))
        seconds = self._sweep if about else max(self._sweep, min(SWEEP, RARELY * self._sweep))
        return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - jitter is no secret
