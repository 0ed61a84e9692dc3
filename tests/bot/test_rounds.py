"""A sweep is answered when nothing of what is due is left, joins what runs, and costs a pass however many come."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime, timedelta

import pytest

from approvals.reconcile.runner import Reconciler
from approvals.refusals.errors import Unavailable
from bot.background import Background
from bot.chores import Chores
from bot.lanes import Work
from tests.bot.backgrounds import SOON, Bench, now


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Lets the worker go on, at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def until(event: threading.Event) -> Callable[[str], datetime | None]:
    """Work that goes on until then."""

    def does(_: str) -> None:
        event.wait(SOON)

    return does


def swept(background: Background) -> list[bool]:
    return [each.result(SOON) for each in background.sweep()]


def done(futures: "tuple[Future[bool], ...]") -> int:
    """How many are over once one of them is, and nothing more comes for a moment."""
    wait(futures, timeout=SOON, return_when=FIRST_COMPLETED)
    return len(wait(futures, timeout=0.3).done)


def test_a_sweep_is_over_when_what_was_due_is_done(bench: Bench, held: threading.Event) -> None:
    bench.worker.does = until(held)
    bench.background.start()
    bench.due("it:1")
    waited_for = tuple(bench.background.sweep())

    assert done(waited_for) == 1, "the chores alone, of which there are none"
    held.set()
    assert [each.result(SOON) for each in waited_for] == [True, True]
    assert bench.worker.seen == ["it:1"]


def test_it_waits_for_what_that_leads_to_and_for_nothing_that_is_due_later(bench: Bench) -> None:
    def does(subject: str) -> datetime | None:
        if subject == "it:1":
            bench.due("it:2")
            return None
        return now() + timedelta(hours=1)

    bench.worker.does = does
    bench.background.start()
    bench.due("it:1")

    assert swept(bench.background) == [True, True]
    assert bench.worker.seen == ["it:1", "it:2"]


def test_it_joins_what_is_being_worked_on(bench: Bench, held: threading.Event) -> None:
    at_work = threading.Event()

    def does(_: str) -> None:
        at_work.set()
        held.wait(SOON)

    bench.worker.does = does
    bench.background.start()
    bench.due("it:1")
    bench.background.wake(["it:1"])
    assert at_work.wait(SOON)
    waited_for = tuple(bench.background.sweep())

    assert done(waited_for) == 1
    held.set()
    assert [each.result(SOON) for each in waited_for] == [True, True]
    assert bench.worker.seen == ["it:1"], "nothing is done twice"


def test_a_hundred_sweeps_at_once_are_hardly_more_than_one(bench: Bench, held: threading.Event) -> None:
    bench.worker.does = until(held)
    bench.background.start()
    bench.due("it:1")
    bench.background.wake(["it:1"])
    first = tuple(bench.background.sweep())
    assert done(first) == 1
    before = bench.flaky.passes
    futures = [each for _ in range(100) for each in bench.background.sweep()]
    held.set()

    assert all(each.result(SOON) for each in [*first, *futures])
    assert bench.flaky.passes - before <= 4, "one for all that came, and what the work's end wakes"
    assert bench.worker.seen == ["it:1"]


def test_it_begins_although_nothing_was_answered_yet(bench: Bench) -> None:
    background = bench.held(SOON)
    bench.due("it:1")
    background.start()
    try:
        assert swept(background) == [True, True]
        assert bench.worker.seen == ["it:1"]
    finally:
        background.stop()


def test_where_the_store_is_away_it_says_so_and_the_next_one_does_it(bench: Bench) -> None:
    bench.background.start()
    assert swept(bench.background) == [True, True]
    bench.due("it:1")
    bench.flaky.fail_due = 1

    assert swept(bench.background) == [False, True]
    assert swept(bench.background) == [True, True]
    assert bench.worker.seen == ["it:1"]


def test_what_could_not_be_worked_on_is_said(bench: Bench) -> None:
    bench.background.start()
    bench.due("it:1")
    bench.flaky.fail_subject = 1

    assert swept(bench.background) == [False, True]
    assert swept(bench.background) == [True, True]
    assert bench.worker.seen == ["it:1"]


def test_the_chores_are_done_with_it_however_many_rounds_they_take(bench: Bench) -> None:
    left = [3]

    def anchors() -> bool:
        left[0] -= 1
        return left[0] > 0

    reconciler = Reconciler(store=bench.store, workers={"it": bench.worker}, clock=now, owner="test")
    background = Background(lambda: Work(reconciler, chores=[anchors]), bench.policy, clock=now)
    background.start()
    try:
        assert swept(background) == [True, True]
        assert left[0] <= 0
        left[0] = 2
        assert swept(background) == [True, True]
        assert left[0] <= 0
    finally:
        background.stop()


def test_a_chore_that_fails_keeps_no_sweep_waiting_and_is_said(bench: Bench) -> None:
    away = threading.Event()
    away.set()

    def anchors() -> bool:
        if away.is_set():
            raise Unavailable("the store is away")
        return False

    reconciler = Reconciler(store=bench.store, workers={"it": bench.worker}, clock=now, owner="test")
    background = Background(lambda: Work(reconciler, chores=[anchors]), bench.policy, clock=now)
    background.start()
    try:
        assert swept(background) == [True, False]
        away.clear()
        assert swept(background) == [True, True]
    finally:
        background.stop()


def test_who_ends_the_chores_while_a_round_begins_waits_for_no_pause() -> None:
    chores = Chores()

    class Late(threading.Event):
        """Ends them at the worst moment: between the look whether they are ended and the wait."""

        def clear(self) -> None:
            chores._ended = True
            self.set()
            super().clear()

    chores._asked = Late()
    running = threading.Thread(target=chores.run, args=[()], daemon=True)
    running.start()
    running.join(SOON)

    assert not running.is_alive()


@pytest.mark.parametrize("end", ["let_go", "stop"])
def test_who_waits_is_let_go_when_the_service_ends(bench: Bench, held: threading.Event, end: str) -> None:
    bench.worker.does = until(held)
    bench.background.start()
    bench.due("it:1")
    waited_for = tuple(bench.background.sweep())
    assert done(waited_for) == 1
    ending = threading.Thread(target=getattr(bench.background, end))
    ending.start()

    assert [each.result(SOON) for each in waited_for] == [False, True]
    held.set()
    ending.join(SOON)
    assert bench.worker.wait(1) == ["it:1"]


def test_who_waits_no_longer_disturbs_nobody(bench: Bench, held: threading.Event) -> None:
    bench.worker.does = until(held)
    bench.background.start()
    bench.due("it:1")
    given_up, stays = bench.background.sweep(), bench.background.sweep()
    assert all(each.cancel() or each.done() for each in given_up)
    held.set()

    assert [each.result(SOON) for each in stays] == [True, True]


def test_who_comes_when_the_service_ends_does_not_wait(bench: Bench, held: threading.Event) -> None:
    bench.worker.does = until(held)
    bench.background.start()
    bench.due("it:1")
    first = tuple(bench.background.sweep())
    assert done(first) == 1
    bench.background.let_go()

    assert [each.result(SOON) for each in bench.background.sweep()] == [False, False]
