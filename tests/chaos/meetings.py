"""Two callers who meet at the same instant."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from approvals.refusals.errors import Refused


class Meeting:
    """Lets the first commits of two callers wait for each other, so that both have read before either writes."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)
        self._lock = threading.Lock()
        self._left = 0

    def arm(self) -> None:
        self._left = 2

    def before(self, name: str) -> None:
        with self._lock:
            waits = name in ("commit", "create") and self._left > 0
            self._left -= waits
        if waits:
            self._barrier.wait(60)


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Do all at the same moment; the value of each, or the code of its refusal."""

    def one(step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Refused as refusal:
            return refusal.kind

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(one, steps))
