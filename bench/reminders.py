"""A hundred reminders that are due, among ten thousand requests that wait: they cost what they cost among few."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from approvals.backends.stores.records import micros
from approvals.backends.stores.sqlite.files import connect
from approvals.policy.reminding import RemindRule
from approvals.ports.messages import Notice, Posted
from approvals.reconcile.ways import Way
from approvals.reconciling import reconciler
from approvals.telling.cards import Card
from bench.desk import Desk
from bench.figures import Figure, ratio
from bench.people import past
from bench.stock import Stock, write

DUE, WAITING = 100, 10_000
EACH = 20
"""Requests that each person has waiting: as many as the policy lets them have, and no more."""

FIRST = timedelta(minutes=10)
_ROUNDS = 5


def measure(folder: Path) -> list[Figure]:
    """The time of all reminders of one moment, among few and among many requests that wait."""
    few, many = (_Place(folder / f"reminders-{size}", size) for size in (DUE, WAITING))
    taken: list[tuple[float, float]] = [(few.round(), many.round()) for _ in range(_ROUNDS)]
    for place in (few, many):
        place.close()
    name = f"{DUE} reminders, {WAITING:,} waiting / {DUE}"
    return [ratio(name, [b for _, b in taken], [a for a, _ in taken], target=1.3, baseline=f"{DUE} waiting")]


class _Place:
    """One store with so many requests that wait. A hundred of them are looked at."""

    def __init__(self, folder: Path, size: int) -> None:
        self._stock = stock = Stock(folder)
        rule = RemindRule(first=FIRST, factor=1)
        stock.policy = msgspec.structs.replace(stock.policy, remind=rule, pending=timedelta(days=1))
        self.now = datetime.now(UTC).replace(microsecond=0)
        names = [(past(number // EACH), f"admin-{number % EACH}") for number in range(size)]
        changes = [stock.asked(who, name, now=self.now) for who, name in names]
        write(stock.store_file, changes, generation=stock.tokens.generation)
        connection = connect(stock.store_file)
        # The reminders of all others are due later, and until then nobody looks at them.
        due = [(micros(self.now), change.wake[0]) for change in changes[:DUE]]
        connection.executemany("UPDATE subjects SET due = ? WHERE subject = ?", due)
        connection.close()
        self._desk = Desk(stock)
        self._room = _Room()
        self._reconciler = reconciler(
            self._desk.core,
            granter=None,  # type: ignore[arg-type] # nothing is granted here
            ways=[Way(channel="slack", messenger=self._room)],
            rolls=_Nobody(),
            clock=lambda: self.now,
            pause=time.sleep,
            owner="bench",
        )
        self._sweep()

    def round(self) -> float:
        """Seconds that the reminders of the next moment take."""
        self.now += FIRST + timedelta(seconds=1)
        before, begun = self._room.turns, time.perf_counter()
        self._sweep()
        taken = time.perf_counter() - begun
        if self._room.turns - before != DUE:
            raise RuntimeError(f"{self._room.turns - before} reminders went out, not {DUE}")
        return taken

    def close(self) -> None:
        self._desk.__exit__(None, None, None)

    def _sweep(self) -> None:
        while due := self._reconciler.due(limit=1_000):
            for subject in due:
                self._reconciler.subject(subject)


class _Room:
    """Takes every message at once, and counts the calls."""

    def __init__(self) -> None:
        self.turns = 0

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        self.turns += notice.kind == "turn"
        return Posted(place="C0ACCESS", ts=notice.key)

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        """Nothing is shown."""


class _Nobody:
    def members(self, group: str, *, most: int, timeout: float) -> frozenset[str]:
        return frozenset()
