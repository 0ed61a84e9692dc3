"""What calls came to that became tasks, kept for whoever comes for it: so many, and so many octets at most."""

import json
from collections.abc import Mapping
from typing import Any

_MOST = 1_000
_OCTETS = 64 * 1024 * 1024


class Kept:
    """Outcomes by their task. Where there is no room the one that ended first makes it.

    They are kept as JSON, so that what is counted is what they take. It is in ASCII: half of a character has no
    other form.
    """

    def __init__(self, *, most: int = _MOST, octets: int = _OCTETS) -> None:
        self._most, self._octets = most, octets
        self._outcomes: dict[str, bytes] = {}
        self._held = 0

    def put(self, task: str, outcome: Mapping[str, Any]) -> None:
        """Keep one, as the one that ended last."""
        self.drop(task)
        self._outcomes[task] = json.dumps(outcome).encode("ascii")
        self._held += len(self._outcomes[task])
        while self._held > self._octets or len(self._outcomes) > self._most:
            self.drop(next(iter(self._outcomes)))

    def of(self, task: str) -> dict[str, Any] | None:
        """Return what it came to; None where that is gone, or never was."""
        found = self._outcomes.get(task)
        return None if found is None else dict(json.loads(found))

    def drop(self, task: str) -> None:
        """Let go of one, where it is still there."""
        self._held -= len(self._outcomes.pop(task, b""))
