"""What no commit wakes: each minute the chores are looked for, in a thread of their own, one after the other."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from approvals.refusals.errors import Unavailable
from bot.rounds import Rounds

PAUSE = 60.0
"""Seconds between two looks for what is not anchored yet, or to be kept no longer; jittered by a fifth."""

_log = logging.getLogger(__name__)


class Chores:
    """Apart from all other work, and never looked for by a pass: no click and no removal pays for it."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._ended = False
        self._fine = True
        self._rounds = Rounds()

    def run(self, chores: Sequence[Callable[[], bool]]) -> None:
        """Until it is ended. Each chore says whether there is more of it."""
        while self._begins():
            # Each is begun whatever became of the others.
            more = [self._chore(chore) for chore in chores]
            if not any(more):
                self._rounds.over(fine=self._fine)
                self._fine = True
                self._asked.wait(PAUSE * random.uniform(0.8, 1.2))  # noqa: S311 - jitter is no secret

    def _begins(self) -> bool:
        """Begin a round, unless it is ended. Whoever ends it says so first: what is cleared here was seen."""
        self._asked.clear()
        self._rounds.begin()
        return not self._ended

    def now(self) -> "Future[bool]":
        """Look at once, without the pause: done when nothing is left of them, and whether none of them failed."""
        waited_for = self._rounds.next()
        self._asked.set()
        return waited_for

    def let_go(self) -> None:
        """Whoever waits for them waits no longer."""
        self._rounds.end()

    def end(self) -> None:
        self._ended = True
        self._asked.set()
        self.let_go()

    def _chore(self, chore: Callable[[], bool]) -> bool:
        try:
            return chore()
        except Unavailable as error:
            _log.warning("anchoring, sweeping and erasing wait for the store: %s", error)
        except Exception:  # noqa: BLE001
            _log.exception("anchoring, sweeping or erasing failed")
        self._fine = False
        return False
