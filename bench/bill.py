"""What each step of people costs a running service at its Firestore client, whose counts a meter tells."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.request import urlopen

PATIENCE = 60.0
QUIET = 1.0
"""Seconds without a write after which a step is over."""

Counts = Counter[str]
Cost = Mapping[str, float]


class Step(NamedTuple):
    """What is done with the service; it has done its part of that once `act` returns."""

    name: str
    act: Callable[[], object]


class Bill:
    """What a service spends, by its meter at a port of this machine."""

    def __init__(self, meter: int) -> None:
        self._meter = meter
        self._rate, self._idle = Counts(), 0.0

    def idle(self, seconds: float) -> Counts:
        """What it spends so long with nobody about, which no step is charged with from here on."""
        self.quiet()
        before = self.counts()
        time.sleep(seconds)
        self._rate, self._idle = _less(self.counts(), before), seconds
        return self._rate

    def charge(self, steps: Iterable[Step]) -> Iterator[tuple[str, Cost]]:
        """Each step's name, and what it cost until nothing more was written."""
        for step in steps:
            before, begun = self.counts(), time.monotonic()
            step.act()
            self.quiet()
            spent, lasted = _less(self.counts(), before), time.monotonic() - begun
            anyway = {name: count * lasted / self._idle for name, count in self._rate.items()}
            yield step.name, {name: count - anyway.get(name, 0) for name, count in spent.items()}

    def quiet(self) -> None:
        """Wait until nothing was written for a moment."""
        last, since, end = -1, time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() < min(since + QUIET, end):
            now = self.counts()["writes"]
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.1)

    def counts(self) -> Counts:
        """All that it has spent since it began."""
        with urlopen(f"http://127.0.0.1:{self._meter}/", timeout=5) as answer:
            return Counts(json.loads(answer.read()))


def until(true: Callable[[], bool], what: str) -> None:
    """Raises `AssertionError` when that takes too long."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s until {what}"
        time.sleep(0.1)


def added(costs: Iterable[Cost]) -> Cost:
    """All of them together."""
    whole: dict[str, float] = {}
    for cost in costs:
        for name, count in cost.items():
            whole[name] = whole.get(name, 0) + count
    return whole


def _less(now: Counts, before: Counts) -> Counts:
    return Counts({name: count - before[name] for name, count in now.items() if count > before[name]})
