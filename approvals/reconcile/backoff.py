"""How long to wait before trying again."""

import random
from datetime import timedelta


def backoff(tries: int, *, base: float = 1.0, cap: float = 300.0) -> timedelta:
    """Exponential, with equal jitter: between half and all of `base * 2^(tries-1)` seconds, at most `cap`."""
    longest = min(cap, base * 2.0 ** min(tries - 1, 20))
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter is no secret


def again_in(tries: int, error: Exception) -> timedelta:
    """How long to wait after so many tries that ended with this error: at least as long as it asks for itself."""
    return max(backoff(tries), timedelta(seconds=getattr(error, "retry_after", 0.0)))
