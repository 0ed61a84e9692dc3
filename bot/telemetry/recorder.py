"""What is counted and timed, in this process: cheap, never waiting, and without the libraries that send it.

Names and attributes are fixed words of ours, ids of requests, and numbers; nothing typed, nobody's address.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Literal, Protocol

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


Kind = Literal["server", "internal", "client"]

_within: ContextVar[Any] = ContextVar("within", default=None)
"""The span within which this thread, or this task, is: what it calls belongs to that."""


class Sink(Protocol):
    """What the libraries take."""

    def time(self, name: str, seconds: float, attributes: Attributes) -> None: ...

    def begin(self, name: str, began: int, attributes: Attributes, *, kind: Kind, within: Any) -> Any:
        """Begin a span at that moment (nanoseconds since 1970), `within` another; None where none is wanted."""

    def end(self, span: Any, ended: int, more: Attributes, *, failed: bool) -> None:
        """End what `begin` returned."""


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

    def span(self, name: str, attributes: Attributes, *, kind: Kind = "internal") -> End:
        """Begin one; what is returned ends it with more attributes and whether it failed, and says its seconds.

        Both on one thread, or in one task.
        """
        began, since, around, sink = time.time_ns(), time.monotonic_ns(), _within.get(), self._sink
        made = None if sink is None else sink.begin(name, began, attributes, kind=kind, within=around)
        if made is not None:
            _within.set(made)

        def end(more: Attributes, *, failed: bool) -> float:
            took = time.monotonic_ns() - since
            if sink is not None and made is not None:
                _within.set(around)
                sink.end(made, began + took, more, failed=failed)
            return took / 1e9

        return end

    @property
    def inside(self) -> bool:
        """This thread, or task, is within a span."""
        return _within.get() is not None

    def join(self, sink: Sink) -> None:
        """From now on the libraries are there: give them what waits."""
        self._sink = sink
        while self._waiting:
            sink.time(*self._waiting.popleft())
