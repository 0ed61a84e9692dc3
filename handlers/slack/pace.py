"""How fast one person's slash commands are taken up.

Presses, forms and the lists in forms have no pace: no decision is slowed.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from handlers.pace import BURST, EVERY, TooFast, Turns
from handlers.slack.crowd import Crowded, sender
from handlers.slack.kinds import is_command

PUT_OFF = 1.0
"""Seconds that a command may have to wait for its turn over HTTP: what it asks for itself takes up to 1.5."""


class Pace:
    """Counts slash commands by account, from any thread. `clock` is a monotonic one, in seconds.

    `longest` is for how many seconds a command may be put off: 0 where waiting would hold a thread.
    """

    def __init__(self, *, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._turns = Turns(longest=longest, clock=clock)

    def delay(self, body: Mapping[str, Any]) -> float:
        """Seconds until something may begin, for most things 0. Raises `Crowded`, and then it counts nothing."""
        if not is_command(body):
            return 0.0
        try:
            return self._turns.take(sender(body))
        except TooFast:
            raise Crowded from None


__all__ = ["BURST", "EVERY", "PUT_OFF", "Pace"]
