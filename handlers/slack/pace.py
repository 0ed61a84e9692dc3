"""How fast one person's slash commands are taken up: a burst, then a steady pace.

Presses, forms and the lists in forms have none: no decision is slowed.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from handlers.slack.crowd import Crowded, sender
from handlers.slack.kinds import is_command

BURST = 20
"""Commands at once: whoever pastes a line for each of as many requests as one person may have waiting."""

EVERY = 0.25
"""Seconds for one more of them. Nobody types four commands in a second, and of a script's four are soon done."""

PUT_OFF = 1.0
"""Seconds that a command may have to wait for its turn over HTTP: what it asks for itself takes up to 1.5."""


class Pace:
    """Counts slash commands by account, from any thread. `clock` is a monotonic one, in seconds.

    `longest` is for how many seconds a command may be put off: 0 where waiting would hold a thread.
    """

    def __init__(self, *, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._clock = clock
        self._lock = threading.Lock()
        # When each account may send a whole burst again. The one that sent last is the last.
        self._free: dict[str, float] = {}

    def delay(self, body: Mapping[str, Any]) -> float:
        """Seconds until something may begin, for most things 0. Raises `Crowded`, and then it counts nothing."""
        if not is_command(body):
            return 0.0
        with self._lock:
            return self._of(sender(body), self._clock())

    def _of(self, account: str, now: float) -> float:
        free = max(now, self._free.pop(account, now))
        wait = max(0.0, free - now - (BURST - 1) * EVERY)
        late = wait > self._longest
        self._free[account] = free if late else free + EVERY
        self._forget(now)
        if late:
            raise Crowded
        return wait

    def _forget(self, now: float) -> None:
        """Whoever may send a whole burst again is as good as unheard of."""
        while self._free:
            first = next(iter(self._free))
            if self._free[first] > now:
                return
            del self._free[first]
