"""How long whoever waits for this thread still does. Each channel says when that ends."""

import time
from contextvars import ContextVar

LEAST = 0.05

_ends: ContextVar[tuple[float, float] | None] = ContextVar("deadline", default=None)


def begin(*, answer: float, keep: float) -> None:
    """Somebody waits: for what is asked outside until `answer`, for a commit until `keep`.

    Both are moments on the monotonic clock.
    """
    _ends.set((answer, keep))


def over() -> bool:
    """Whoever waited has given up, or is about to: nothing may be decided for them any more."""
    ends = _ends.get()
    return ends is not None and time.monotonic() >= ends[0]


def left(most: float) -> float:
    """Seconds that the next call outside may take: `most`, or what is left. Where nobody waits it is `most`."""
    ends = _ends.get()
    return most if ends is None else max(LEAST, min(most, ends[0] - time.monotonic()))


def to_keep() -> float | None:
    """Seconds that a commit may still be waited for, zero when there are none; None where nobody waits."""
    ends = _ends.get()
    return None if ends is None else max(0.0, ends[1] - time.monotonic())
