"""Faults that a test asks for: what the next mails suffer."""

import threading
from typing import Literal

from sandbox.world import Record

Kind = Literal["refuse", "delay", "cut", "lost"]


class Fault(Record, frozen=True):
    """`refuse`: the recipient is answered with `reply` in the place of 250; `delay`: taken, `seconds` late; `cut`:
    the connection ends where the content stood, and nothing is kept; `lost`: kept, and `seconds` later the
    connection ends without an answer.
    """

    kind: Kind
    times: int = 1
    seconds: float = 0
    reply: str = "451 4.7.1 Try again later"


class Faults:
    """The faults still to come, used up in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Make the next `times` mails suffer."""
        with self._lock:
            self._waiting += [fault] * fault.times

    def clear(self) -> None:
        """Forget the faults that have not struck yet."""
        with self._lock:
            self._waiting.clear()

    def take(self, *kinds: Kind) -> Fault | None:
        """Use up the next fault, where it is one of these."""
        with self._lock:
            return self._waiting.pop(0) if self._waiting and self._waiting[0].kind in kinds else None
