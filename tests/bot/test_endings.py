"""What takes access away has threads of its own: no grant, and no resource that hangs, holds it up."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest

from approvals.reconcile.runner import Reconciler
from bot.background import Background
from bot.lanes import Work
from tests.bot.backgrounds import SOON, Bench, Worker, now


class Ender(Worker):
    """A worker of which some subjects have access to take away, as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.over: set[str] = set()
        self.looked = 0
        self.wake: Callable[[Sequence[str]], None] = lambda _: None
        self.free = threading.Event()

    def ends(self, subject: str, now: datetime) -> datetime | None:
        self.looked += 1
        return now if subject in self.over else None

    def hang(self, subject: str) -> None:
        if subject not in self.over or "hangs" in subject:
            self.free.wait(SOON)


@pytest.fixture
def ender(bench: Bench) -> Iterator[Ender]:
    """What gives access hangs, and so does whatever is about a resource that hangs."""
    worker = Ender()
    worker.does = worker.hang
    reconciler = Reconciler(store=bench.store, workers={"it": worker}, clock=now, owner="ends")
    background = Background(lambda: Work(reconciler), bench.policy, clock=now)
    worker.wake = background.wake
    background.start()
    yield worker
    worker.free.set()
    background.stop()


def test_what_takes_access_away_never_waits_for_what_gives_some(bench: Bench, ender: Ender) -> None:
    for number in range(150):
        bench.due(f"it:{number}")
    ender.over.add("it:other")
    bench.due("it:other")
    ender.wake([])
    assert ender.wait(1) == ["it:other"]
    assert ender.looked < 400, "a backlog is not read again at each look"


def test_resources_that_hang_keep_no_removal_elsewhere_waiting(bench: Bench, ender: Ender) -> None:
    """Each is worked on by one thread, and there are forty."""
    for number in range(30):
        ender.over.add(f"it:hangs/{number}")
        bench.due(f"it:hangs/{number}")
    ender.over.add("it:other")
    bench.due("it:other")
    ender.wake([])
    assert ender.wait(1) == ["it:other"]


def test_access_that_is_ended_while_it_waits_for_a_thread_is_found(bench: Bench, ender: Ender) -> None:
    for number in range(20):
        bench.due(f"it:{number}")
    ender.wake([])
    end = time.monotonic() + SOON
    while ender.looked < 12 and time.monotonic() < end:
        time.sleep(0.01)

    ender.over.add("it:19")
    ender.wake(["it:19"])
    assert ender.wait(1) == ["it:19"]
