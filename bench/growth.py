"""What a long history costs: the same reads and decisions on stores of different sizes."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from approvals.backends.stores.records import micros
from approvals.backends.stores.sqlite.files import connect
from approvals.ports.store import Sought, Span
from approvals.requests import Request
from approvals.uses.votes import Press
from bench.desk import Desk
from bench.figures import Figure, ratio
from bench.history import copied, grown
from bench.people import APPROVER, past
from bench.stock import Stock

SIZES = (1_000, 100_000, 1_000_000)
EVERYTHING = [Sought(everything=True)]
_OPEN = 50
_DUE = 20
_ROUNDS = 9
_READS = 15
_DECISIONS = 40

Call = Callable[[], object]


def measure(folder: Path) -> list[Figure]:
    """Each size against the smallest, in interleaved rounds."""
    places = [_place(folder, size) for size in SIZES]
    taken: dict[str, list[list[float]]] = {}
    for number in range(_ROUNDS + 1):
        for index, place in enumerate(places):
            for name, seconds in place.round().items():
                rounds = taken.setdefault(name, [[] for _ in places])
                if number:  # the first warms caches
                    rounds[index].append(seconds)
    for place in places:
        place.close()
    return [figure for name, rounds in taken.items() for figure in _compared(name, rounds)]


def _compared(name: str, rounds: Sequence[Sequence[float]]) -> list[Figure]:
    target = 1.5 if name == "durable decision" else 1.3
    return [
        ratio(f"{name}, {size:,} stored / {SIZES[0]:,}", found, rounds[0], target=target, baseline=f"{SIZES[0]:,}")
        for size, found in zip(SIZES[1:], rounds[1:], strict=True)
    ]


class Place:
    """One store, with the same open work in it whatever its size."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        _settle(stock)
        stock.fill(_OPEN + (_ROUNDS + 1) * _DECISIONS)
        self._desk = Desk(stock)

    def round(self) -> dict[str, float]:
        """Median seconds of each operation."""
        desk, now = self._desk, datetime.now(UTC)
        who, approver = desk.identity(past(3)), desk.identity(APPROVER)
        reads: dict[str, Call] = {
            "my pending": lambda: desk.uses.looking.pending(approver, now=now),
            "my access": lambda: desk.uses.looking.mine(who, now=now),
            "a page of everybody's history": lambda: desk.store.history(EVERYTHING, span=Span(), limit=50),
            "due work": lambda: desk.store.due(now=now, limit=_DUE),
        }
        chosen = self._stock.take(_DECISIONS)
        tokens = [self._stock.tokens.mint(each, act="review", now=now) for each in chosen]
        taken = {name: median(_timed(call) for _ in range(_READS)) for name, call in reads.items()}
        taken["durable decision"] = median(_timed(lambda t=token: self._decide(t)) for token in tokens)  # type: ignore[misc]
        self._require(chosen)
        return taken

    def _decide(self, token: str) -> None:
        approver = self._desk.identity(APPROVER)
        self._desk.uses.deciding.review(approver, Press(token=token, verdict="approve"), now=datetime.now(UTC))

    def _require(self, chosen: Sequence[Request]) -> None:
        for each in chosen:
            if self._desk.store.request(each.id).state != "approved":
                raise AssertionError(f"{each.id} was acknowledged and is not approved")

    def close(self) -> None:
        """Let go of the store, and leave nothing open in it."""
        self._desk.store.close()
        _settle(self._stock)


def _place(folder: Path, size: int) -> Place:
    # The largest takes too long to copy: what a run leaves in it is closed instead, a few hundred requests.
    kept = grown(folder, size)
    return Place(kept if size == SIZES[-1] else copied(kept, folder / f"growth-{size}"))


def _settle(stock: Stock) -> None:
    """Close what an earlier run left open, so that every run finds the same work."""
    connection = connect(stock.store_file)
    connection.execute("UPDATE requests SET state = 'expired' WHERE state = 'pending'")
    connection.execute("UPDATE requests SET holding = 0, open = 0 WHERE open = 1")
    connection.execute("UPDATE subjects SET due = NULL WHERE due IS NOT NULL")
    now = micros(datetime.now(UTC))
    rows = [(f"request:due-{number}", now - number) for number in range(_DUE * 2)]
    connection.executemany(
        "INSERT INTO subjects (subject, due) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET due = excluded.due",
        rows,
    )
    connection.close()


def _timed(call: Call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
