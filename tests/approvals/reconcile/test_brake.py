"""A subject that is due again at once, again and again: it is put off, and never what has something to do."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.ports.store import Lease
from approvals.reconcile.brake import CUT_OFF, ENDING, ENDLESS, LONGEST
from approvals.reconcile.runner import Reconciler
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW
from tests.support.doubles import Clock

SUBJECT = "it:one"
HOUR = 3600.0


class Working:
    """A kind of work that takes access away, when a bench says."""

    def __init__(self, bench: "Bench") -> None:
        self._bench = bench

    def __call__(self, lease: Lease) -> datetime | None:
        return self._bench.work(lease)

    def ends(self, _: str, now: datetime) -> datetime | None:
        if self._bench.away:
            raise Unavailable("the store is away")
        end = self._bench.end
        return None if end is None else max(end, now)


class Bench:
    """A store, a clock, and one kind of work that does as a test says."""

    end: datetime | None = None
    away = False

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.clock = store, Clock()
        self.works: Callable[[Lease], datetime | None] = self.due_now
        self.runs: list[datetime] = []
        self.outcomes: list[str] = []
        self.reconciler = Reconciler(
            store=store,
            workers={"it": Working(self)},
            clock=self.clock,
            owner="test",
            watch=lambda _: self.outcomes.append,
        )
        store.wake(SUBJECT, due=NOW)

    def work(self, lease: Lease) -> datetime | None:
        if lease.subject == SUBJECT:
            self.runs.append(self.clock())
        return self.works(lease)

    def due_now(self, _: Lease) -> datetime:
        return self.clock()

    def saving(self, lease: Lease) -> datetime:
        """Record something at each run, and have more to do."""
        self.store.save(lease, str(len(self.runs)).encode())
        return self.clock()

    def moment(self, *, most: int = 1000) -> int:
        """Work on what is due until nothing is, while no time goes by; how often that was."""
        for done in range(most):
            due = self.reconciler.due()
            if not due:
                return done
            for subject in due:
                self.reconciler.subject(subject)
        return most

    def live(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.moment()
            self.clock.advance(1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    yield Bench(store)
    store.close()


def test_it_is_worked_on_a_few_times_and_then_more_and_more_rarely(bench: Bench) -> None:
    bench.live(HOUR)

    early = [moment for moment in bench.runs if moment < NOW + timedelta(minutes=1)]
    late = bench.runs[-20:]
    assert 5 <= len(early) <= 12
    assert len(bench.runs) <= 140
    assert all(b - a <= timedelta(seconds=LONGEST + 1) for a, b in pairwise(late))


def test_what_is_put_off_is_looked_at_when_access_there_ends(bench: Bench) -> None:
    bench.end = NOW + timedelta(seconds=1000.1)
    bench.live(1001)

    assert bench.reconciler.stuck == [SUBJECT]
    assert bench.store.due(now=bench.end, limit=10) == [SUBJECT]
    assert bench.store.due(now=bench.end - timedelta(seconds=0.01), limit=10) == []


def test_what_has_access_to_take_away_is_put_off_for_a_second_at_most(bench: Bench) -> None:
    bench.live(HOUR)
    bench.end = bench.clock()
    ended = len(bench.runs)
    bench.live(LONGEST + 60)
    between = [later - earlier for earlier, later in pairwise(bench.runs[ended:])]

    assert len(between) >= 50
    assert all(timedelta(0) < each <= timedelta(seconds=ENDING + 1) for each in between)


def test_a_store_that_cannot_say_when_it_ends_has_it_looked_at_again(bench: Bench) -> None:
    bench.away = True
    bench.live(120)

    assert bench.outcomes[2:4] == ["waits", "waits"]


def test_the_log_names_it_once_and_again_only_after_it_went_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    bench.live(HOUR)
    (said,) = caplog.records
    assert said.levelname == "WARNING"
    assert SUBJECT in said.getMessage()
    bench.works = lambda _: None
    bench.live(60)
    assert bench.reconciler.stuck == []
    bench.works = bench.due_now
    bench.store.wake(SUBJECT, due=bench.clock())
    bench.live(HOUR)

    assert len(caplog.records) == 2


def test_it_is_counted_as_stuck(bench: Bench) -> None:
    bench.live(60)

    assert bench.outcomes[:2] == ["done", "done"]
    assert set(bench.outcomes[2:]) == {"stuck"}


def test_what_wakes_it_brings_it_up_at_once(bench: Bench) -> None:
    bench.live(HOUR)
    done: list[datetime] = []
    bench.works = lambda _: done.append(bench.clock())
    woken = bench.clock()
    bench.store.wake(SUBJECT, due=woken)
    bench.moment()

    assert done == [woken]


def test_what_wakes_it_while_it_is_worked_on_is_not_put_off(bench: Bench) -> None:
    bench.live(HOUR)
    woken: list[datetime] = []

    def woken_meanwhile(_: Lease) -> datetime:
        if not woken:
            woken.append(bench.clock())
            bench.store.wake(SUBJECT, due=bench.clock())
        return bench.clock()

    bench.works = woken_meanwhile
    while not woken:
        bench.clock.advance(1)
        before = len(bench.runs)
        bench.moment()

    assert len(bench.runs) - before == 2


def test_who_records_something_at_each_run_goes_on_at_once(bench: Bench) -> None:
    bench.works = bench.saving

    assert bench.moment(most=ENDLESS) == ENDLESS
    assert bench.reconciler.stuck == []


def test_who_records_something_for_ever_is_put_off_too(bench: Bench) -> None:
    bench.works = bench.saving
    bench.live(HOUR)

    assert len(bench.runs) <= ENDLESS + 140


def test_who_had_no_time_left_under_the_lease_goes_on_at_once(bench: Bench) -> None:
    def slowly(_: Lease) -> datetime:
        bench.clock.advance(CUT_OFF.total_seconds())
        return bench.clock()

    bench.works = slowly

    assert bench.moment(most=50) == 50


def test_who_comes_again_a_little_later_is_not_put_off(bench: Bench) -> None:
    bench.works = lambda _: bench.clock() + timedelta(milliseconds=100)
    for _ in range(100):
        bench.moment()
        bench.clock.advance(0.1)

    assert len(bench.runs) == 100


def test_another_subject_is_not_put_off_with_it(bench: Bench) -> None:
    bench.live(HOUR)
    for name in ("it:two", "it:three"):
        bench.store.wake(name, due=bench.clock())
    bench.works = lambda lease: bench.due_now(lease) if lease.subject == SUBJECT else None
    bench.moment()

    assert bench.store.due(now=bench.clock(), limit=10) == []
    assert bench.reconciler.stuck == [SUBJECT]


def test_a_failure_in_between_does_not_let_it_go_at_full_speed_again(bench: Bench) -> None:
    bench.live(60)

    def away(_: Lease) -> datetime:
        raise Unavailable("no")

    bench.works = away
    bench.live(120)
    bench.works = bench.due_now
    before = len(bench.runs)
    bench.live(60)

    assert len(bench.runs) - before <= 3
