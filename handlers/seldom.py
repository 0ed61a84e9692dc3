"""Warnings that strangers could cause without end: each kind is said at most once a minute, with its count."""

import logging
import threading
import time
from collections.abc import Callable

MINUTE = 60.0
"""Seconds between two lines of one kind."""


class Seldom:
    """Warns of many things of few kinds, from any thread. `clock` is a monotonic one, in seconds."""

    def __init__(self, logger: logging.Logger, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}

    def warn(self, kind: str, text: str) -> None:
        """Say it now, or count it where this kind was said within the last minute."""
        with self._lock:
            known = self._kinds.get(kind)
            if known is None or (not known.count and self._is_over(known)):
                self._kinds[kind] = _Kind(self._clock())
            else:
                known.count += 1
                known.text = text
                return
        self._logger.warning("%s", text)

    def flush(self) -> None:
        """Say how often each kind came, where its minute is over. To be called every few seconds."""
        with self._lock:
            due = [known for known in self._kinds.values() if known.count and self._is_over(known)]
            told = [(known.text, known.count) for known in due]
            for known in due:
                known.said, known.count = self._clock(), 0
        for text, count in told:
            self._logger.warning("%s (%d more since this was said last)", text, count)

    def _is_over(self, known: "_Kind") -> bool:
        return self._clock() - known.said >= MINUTE


class _Kind:
    """When a kind was said last, how often it came since, and what would be said of the latest."""

    __slots__ = ("count", "said", "text")

    def __init__(self, said: float) -> None:
        self.said = said
        self.count = 0
        self.text = ""
