"""How fast one account's commands and calls are taken up: a burst, then a steady pace."""

import threading
import time
from collections.abc import Callable

from approvals.refusals.errors import CountersignError

BURST = 20
"""At once: whoever pastes a line for each of as many requests as one person may have waiting."""

EVERY = 0.25
"""Seconds for one more. Nobody types four commands in a second, and of a script's four are soon done."""

AT_ONCE = 4
"""Calls of one account that threads are working on: however long those take, the others' find one."""

_SOON = 1.0


class TooFast(CountersignError):
    """This account has to wait, for so many seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("too many at once")
        self.wait = wait


class Crowd:
    """Counts what of one account is under way at once, from any thread: threads are shared, and some wait long."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._busy: dict[str, int] = {}

    def place(self, account: str) -> "_Place":
        """Do one thing of this account's. Raises `TooFast` where as many are under way as may be."""
        return _Place(self._lock, self._busy, account, most=self._most)


class _Place:
    """One of an account's places, held while something of it is done."""

    def __init__(self, lock: threading.Lock, busy: dict[str, int], account: str, *, most: int) -> None:
        self._lock, self._busy, self._account, self._most = lock, busy, account, most

    def __enter__(self) -> None:
        with self._lock:
            busy = self._busy.get(self._account, 0)
            if busy >= self._most:
                raise TooFast(_SOON)
            self._busy[self._account] = busy + 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            busy = self._busy[self._account] - 1
            if busy:
                self._busy[self._account] = busy
            else:
                del self._busy[self._account]


class Turns:
    """Counts by account, from any thread. `clock` is a monotonic one, in seconds.

    `longest` is for how many seconds something may be put off: 0 where waiting would hold a thread. `burst` may
    come at once, and one more `every` so many seconds.
    """

    def __init__(
        self,
        *,
        longest: float,
        burst: int | None = None,
        every: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._longest = longest
        self._burst, self._every = burst, every
        self._clock = clock
        self._lock = threading.Lock()
        # When each account may send a whole burst again. The one that sent last is the last.
        self._free: dict[str, float] = {}

    def take(self, account: str) -> float:
        """Seconds until the account's turn, for most 0. Raises `TooFast`, and then it counts nothing."""
        with self._lock:
            return self._of(account, self._clock())

    def _of(self, account: str, now: float) -> float:
        burst, every = self._burst or BURST, self._every or EVERY
        free = max(now, self._free.pop(account, now))
        wait = max(0.0, free - now - (burst - 1) * every)
        late = wait > self._longest
        self._free[account] = free if late else free + every
        self._forget(now)
        if late:
            raise TooFast(wait)
        return wait

    def _forget(self, now: float) -> None:
        """Whoever may send a whole burst again is as good as unheard of."""
        while self._free:
            first = next(iter(self._free))
            if self._free[first] > now:
                return
            del self._free[first]
