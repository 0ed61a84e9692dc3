"""How long whoever calls a store can wait. Channels know it: who clicks waits for seconds, reconcile for good."""

from collections.abc import Callable

TimeLeft = Callable[[], float | None]
"""Seconds that the calling thread may still wait, or None where nobody waits for it."""


def for_good() -> None:
    """Nobody waits."""
