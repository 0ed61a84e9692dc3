"""How much of Slack's three seconds is left to answer what this thread is answering."""

import time
from contextvars import ContextVar

ANSWER = 2.6
"""Seconds in which everything that a listener waits for outside must be over; Slack gives three.

What is left is for the commit and for handing the answer over.
"""

LEAST = 0.05

_end: ContextVar[float | None] = ContextVar("slacks_patience_ends", default=None)


def begin() -> None:
    """Somebody waits from now on."""
    _end.set(time.monotonic() + ANSWER)


def left(most: float) -> float:
    """Seconds that the next call outside may take: `most`, or what is left. Where nobody waits it is `most`."""
    end = _end.get()
    return most if end is None else max(LEAST, min(most, end - time.monotonic()))
