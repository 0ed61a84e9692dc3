"""How much of Slack's three seconds is left to answer what this thread is answering."""

import time
from contextvars import ContextVar

ANSWER = 2.6
"""Seconds after its arrival in which all that a click waits for outside must be over; Slack gives three.

What is left is for the commit and for handing the answer over.
"""

KEEP = 2.8
"""Seconds after its arrival until which a click waits for its commit. What is left is for the answer's way."""

LEAST = 0.05

_end: ContextVar[float | None] = ContextVar("slacks_patience_ends", default=None)


def begin(arrived: float) -> None:
    """Somebody waits since `arrived`, a moment on the monotonic clock."""
    _end.set(arrived + ANSWER)


def over() -> bool:
    """Whoever waited has given up, or is about to: nothing may be decided for them any more."""
    end = _end.get()
    return end is not None and time.monotonic() >= end


def left(most: float) -> float:
    """Seconds that the next call outside may take: `most`, or what is left. Where nobody waits it is `most`."""
    end = _end.get()
    return most if end is None else max(LEAST, min(most, end - time.monotonic()))


def to_keep() -> float | None:
    """Seconds that a commit may still be waited for, zero when there are none; None where nobody waits."""
    end = _end.get()
    return None if end is None else max(0.0, end + KEEP - ANSWER - time.monotonic())
