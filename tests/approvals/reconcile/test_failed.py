"""Work that failed is tried again later: sooner where access ends meanwhile, at once where somebody wakes it."""

from datetime import datetime, timedelta

import pytest

from approvals.ports.store import Lease
from approvals.refusals.errors import Conflict, Unavailable
from tests.approvals.reconcile.test_brake import SUBJECT, Bench, bench

__all__ = ["bench"]

LATER = timedelta(seconds=30)
ERRORS = [Unavailable("Google does not answer"), Conflict("somebody was first"), RuntimeError("a defect")]


def failing(bench: Bench, error: Exception = ERRORS[0]) -> None:
    def fails(_: Lease) -> datetime:
        raise error

    bench.works = fails


def next_due(bench: Bench) -> timedelta:
    """So long after now the subject is due."""
    due = bench.reconciler.subject(SUBJECT)
    assert due is not None
    assert bench.store.due(now=due, limit=1) == [SUBJECT]
    assert bench.store.due(now=due - timedelta(milliseconds=1), limit=1) == []
    return due - bench.clock()


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_access_that_ends_while_a_failure_is_slept_off_is_taken_away_in_its_time(
    bench: Bench, error: Exception
) -> None:
    failing(bench, error)
    bench.end = bench.clock() + timedelta(seconds=12)

    assert next_due(bench) == timedelta(seconds=12)


def test_access_that_is_to_be_taken_away_now_does_not_wait_for_as_long_as_what_gives_some(bench: Bench) -> None:
    """Nor is whoever fails asked without pause."""
    failing(bench)
    bench.end = bench.clock()
    bench.live(60)

    assert 10 <= len(bench.runs) <= 13


@pytest.mark.parametrize("end", [None, timedelta(hours=1)], ids=["nothing to take away", "in an hour"])
def test_else_it_is_tried_again_in_half_a_minute(bench: Bench, end: timedelta | None) -> None:
    failing(bench)
    bench.end = None if end is None else bench.clock() + end

    assert next_due(bench) == LATER


def test_where_nobody_can_say_when_access_ends_it_is_tried_again_in_half_a_minute(bench: Bench) -> None:
    failing(bench)
    bench.end, bench.away = bench.clock(), True

    assert next_due(bench) == LATER


def test_what_another_work_finishes_wakes_it_during_its_try_and_after_it(bench: Bench) -> None:
    """As whoever commits wakes what it concerns: what failed does not sleep on over it."""

    def woken(_: Lease) -> datetime:
        bench.store.wake(SUBJECT, due=bench.clock())
        raise ERRORS[0]

    bench.works = woken
    bench.reconciler.subject(SUBJECT)
    assert bench.reconciler.due() == [SUBJECT]
    failing(bench)
    bench.reconciler.subject(SUBJECT)
    assert bench.reconciler.due() == []
    bench.store.wake(SUBJECT, due=bench.clock())

    assert bench.reconciler.due() == [SUBJECT]
