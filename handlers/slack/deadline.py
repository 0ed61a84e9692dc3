"""Slack's three seconds, and what of them is for what."""

from handlers import deadline

ANSWER = 2.6
"""Seconds after its arrival in which all that a click waits for outside must be over; Slack gives three.

What is left is for the commit and for handing the answer over.
"""

KEEP = 2.8
"""Seconds after its arrival until which a click waits for its commit. What is left is for the answer's way."""


def begin(arrived: float) -> None:
    """Somebody waits since `arrived`, a moment on the monotonic clock."""
    deadline.begin(answer=arrived + ANSWER, keep=arrived + KEEP)
