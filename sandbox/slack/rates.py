"""How often a method may be called (docs.slack.dev, Rate limits): so many calls in any minute, and then 429."""

import threading
from collections import deque
from collections.abc import Callable

MINUTE = 60.0

TIERS = {
    "views.publish": 100,  # tier 4
    "conversations.list": 20,  # tier 2
    "users.conversations": 50,  # tier 3
}
"""Calls a minute of the methods that page through a workspace or draw for everybody, and of no others."""


class Rates:
    """Counts the calls of the last minute, by the sandbox's clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = {method: deque() for method in TIERS}

    def wait(self, method: str) -> float:
        """Count a call, or say after how many seconds the next one is taken; zero when this one is."""
        calls = self._calls.get(method)
        if calls is None:
            return 0.0
        now = self._clock()
        with self._lock:
            while calls and not 0 <= now - calls[0] < MINUTE:
                calls.popleft()
            if len(calls) >= TIERS[method]:
                return MINUTE - (now - calls[0])
            calls.append(now)
            return 0.0
