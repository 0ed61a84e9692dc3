"""What is made when it is first needed: once, by one thread; the work behind the listeners is made so."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.reconcile.runner import Reconciler
from bot.background import Background
from bot.lanes import Work
from handlers.channel import Unusable
from handlers.later import Later
from tests.bot.backgrounds import SOON, Bench, now


def test_what_many_threads_need_at_once_is_made_once() -> None:
    made, all_here = list[object](), threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    later = Later(make)

    def need(_: int) -> object:
        all_here.wait(SOON)
        return later()

    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(need, range(8)))

    assert got == set(made)
    assert len(made) == 1


def test_what_could_not_be_made_is_made_by_whoever_needs_it_next() -> None:
    tries = iter([ImportError("half a disk"), None])

    def make() -> str:
        if (error := next(tries)) is not None:
            raise error
        return "made"

    later = Later(make)
    with pytest.raises(ImportError):
        later()
    assert later.made is None
    assert later() == "made"


class _Making:
    """Makes the work of a bench, and counts how often."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self.times = bench, 0

    def __call__(self) -> Work:
        self.times += 1
        reconciler = Reconciler(
            store=self._bench.store, workers={"it": self._bench.worker}, clock=now, owner="test"
        )
        return Work(reconciler)


def test_nothing_is_made_before_it_may_begin_and_what_woke_it_until_then_is_done_then(bench: Bench) -> None:
    making = _Making(bench)
    background = Background(making, bench.policy, clock=now, hold=SOON)
    background.start()
    try:
        bench.due("it:1")
        background.wake(["it:1"])
        assert (making.times, bench.worker.seen) == (0, [])

        background.begin()
        assert bench.worker.wait(1) == ["it:1"]
        assert making.times == 1
    finally:
        background.stop()


def test_who_stops_before_it_may_begin_makes_nothing(bench: Bench) -> None:
    making = _Making(bench)
    background = Background(making, bench.policy, clock=now, hold=SOON)
    background.start()
    background.stop()

    assert making.times == 0


def test_work_that_cannot_be_made_is_no_service_that_only_answers(bench: Bench) -> None:
    def broken() -> Work:
        raise ImportError("no module named so")

    background = Background(broken, bench.policy, clock=now, hold=SOON)
    with pytest.raises(Unusable, match=r"what is due cannot be worked on: .*no module named so"):
        background.require_work()


def test_where_another_process_works_nothing_is_made(bench: Bench) -> None:
    making = _Making(bench)
    Background(making, bench.policy, clock=now, works=False).require_work()
    assert making.times == 0
