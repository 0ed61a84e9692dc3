"""What is counted and timed, in this process: cheap, never waiting, and without the libraries that send it.

Names and attributes are fixed words of ours, ids of requests, and numbers; nothing typed, nobody's address.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Protocol

Attributes = Mapping[str, str | int]
Key = tuple[tuple[str, str | int], ...]

RUNS = "countersign.work.runs"
CALLS = "countersign.channel.calls"
DECISION = "countersign.decision.seconds"
ANSWER = "http.server.request.duration"
COUNTED: Mapping[str, str] = {
    RUNS: "Work that reconcile did, by its kind and how it came out.",
    CALLS: "Calls of Slack and of who publishes keys, by host and status; 0 where no answer came.",
}
"""What is counted, with its description."""

TIMED: Mapping[str, str] = {
    DECISION: "Seconds from asking to the decision, by outcome and kind of approval.",
    ANSWER: "Seconds until a request over HTTP was answered, by its route and status.",
}
"""What is timed, with its description."""

_KEPT = 10_000
"""Timings that are kept at most until the libraries are there."""


class Sink(Protocol):
    """What the libraries take."""

    def time(self, name: str, seconds: float, attributes: Attributes) -> None: ...

    def span(self, name: str, began: int, ended: int, attributes: Attributes, *, failed: bool) -> None:
        """Both moments are in nanoseconds since 1970."""


class End(Protocol):
    def __call__(self, more: Attributes, *, failed: bool) -> float: ...


class Recorder:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[Key]] = {name: Counter() for name in COUNTED}
        self._waiting: deque[tuple[str, float, Attributes]] = deque(maxlen=_KEPT)
        self._sink: Sink | None = None

    def count(self, name: str, attributes: Attributes) -> None:
        with self._lock:
            self._counts[name][tuple(sorted(attributes.items()))] += 1

    def counts(self, name: str) -> list[tuple[int, Attributes]]:
        """What was counted since the start."""
        with self._lock:
            return [(count, dict(key)) for key, count in self._counts[name].items()]

    def time(self, name: str, seconds: float, attributes: Attributes) -> None:
        if self._sink is None:
            self._waiting.append((name, seconds, attributes))
        else:
            self._sink.time(name, seconds, attributes)

    def span(self, name: str, attributes: Attributes) -> End:
        """Begin one; what is returned ends it with more attributes and whether it failed, and says its seconds."""
        began, since = time.time_ns(), time.monotonic_ns()

        def end(more: Attributes, *, failed: bool) -> float:
            took = time.monotonic_ns() - since
            if self._sink is not None:
                self._sink.span(name, began, began + took, {**attributes, **more}, failed=failed)
            return took / 1e9

        return end

    def join(self, sink: Sink) -> None:
        """From now on the libraries are there: give them what waits."""
        self._sink = sink
        while self._waiting:
            sink.time(*self._waiting.popleft())
