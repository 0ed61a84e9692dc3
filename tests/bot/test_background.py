"""The worker threads: they wake when told and when something is due, and outlive whatever fails."""

import logging
import threading
import time
from datetime import timedelta

import pytest

from approvals.reconcile.runner import Reconciler
from bot.background import Background
from bot.lanes import Work
from bot.policy_file import PolicyFile
from tests.bot.backgrounds import SOON, Bench, Worker, now
from tests.support.builders import filed


def test_what_a_crash_left_is_done_at_the_start(bench: Bench) -> None:
    bench.due("it:1")
    bench.due("it:2")
    bench.background.start()
    assert sorted(bench.worker.wait(2)) == ["it:1", "it:2"]


def test_a_wake_is_answered_at_once(bench: Bench) -> None:
    bench.background.start()
    bench.due("it:1")
    bench.background.wake(["it:1"])
    assert bench.worker.wait(1) == ["it:1"]


def test_slow_work_of_one_person_leaves_threads_to_the_others(bench: Bench) -> None:
    hold = threading.Event()
    reconciler = Reconciler(store=bench.store, workers={"request": bench.worker}, clock=now, owner="test")
    background = Background(lambda: Work(reconciler), bench.policy, clock=now)
    bobs = "request:r-0000000099"

    def work(subject: str) -> None:
        if subject != bobs:
            hold.wait(SOON)

    bench.worker.does = work
    for number in (*range(20), 99):
        name, who = f"r-{number:010}", "bob" if number == 99 else "mallory"
        change = filed(name, requester=f"{who}@example.com", wake=(f"request:{name}",), due=now())
        bench.store.create(change, key=name)
    background.start()
    try:
        assert bench.worker.wait(1) == [bobs]
    finally:
        hold.set()
        background.stop()


def test_what_can_be_left_alone_keeps_no_stop_waiting(bench: Bench) -> None:
    left = threading.Event()
    reconciler = Reconciler(store=bench.store, workers={"it": bench.worker}, clock=now, owner="test")
    background = Background(lambda: Work(reconciler, leave=left.set), bench.policy, clock=now)
    at_work = threading.Event()

    def work(_: str) -> None:
        at_work.set()
        assert left.wait(SOON)

    bench.worker.does = work
    bench.due("it:1")
    background.start()
    assert at_work.wait(SOON)
    background.stop()

    assert bench.worker.seen == ["it:1"]


def test_what_becomes_due_is_done_then_and_not_before(bench: Bench) -> None:
    started = now()
    bench.worker.does = lambda _: started + timedelta(seconds=0.4) if not bench.worker.seen else None
    bench.due("it:1")
    bench.background.start()
    bench.worker.wait(2)
    assert timedelta(seconds=0.4) <= now() - started < timedelta(seconds=30)
    assert bench.worker.seen == ["it:1", "it:1"]


def test_a_failing_pass_is_logged_and_the_next_one_works(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.flaky.fail_due = 1
    bench.due("it:1")
    bench.background.start()
    bench.background.wake()
    bench.worker.wait(1)
    assert "a pass over the due work failed" in caplog.text
    assert bench.background.alive()


def test_a_subject_that_fails_does_not_spin_and_is_tried_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.flaky.fail_subject = 1
    bench.due("it:1")
    with caplog.at_level(logging.ERROR):
        bench.background.start()
        end = time.monotonic() + SOON
        while "it:1 could not be worked on" not in caplog.text and time.monotonic() < end:
            time.sleep(0.01)
    passes = bench.flaky.passes
    time.sleep(0.2)
    assert bench.flaky.passes - passes < 5
    assert bench.worker.seen == []

    bench.background.wake()
    assert bench.worker.wait(1) == ["it:1"]


def test_a_worker_that_raises_comes_up_again_later_and_others_go_on(bench: Bench) -> None:
    def breaks(subject: str) -> None:
        if subject == "it:1" and "it:1" not in bench.worker.seen:
            raise ValueError("a fault of ours")

    bench.worker.does = breaks
    bench.due("it:1")
    bench.due("it:2")
    bench.background.start()
    assert bench.worker.wait(1) == ["it:2"]
    assert bench.background.alive()


def test_one_subject_is_worked_on_once_at_a_time(bench: Bench) -> None:
    inside, most = 0, 0
    lock, begun = threading.Lock(), threading.Event()

    def slow(_: str) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        begun.set()
        time.sleep(0.1)
        with lock:
            inside -= 1

    bench.worker.does = slow
    bench.due("it:1")
    bench.background.start()
    assert begun.wait(SOON)
    for _ in range(10):
        bench.due("it:1")
        bench.background.wake()
        time.sleep(0.01)
    bench.worker.wait(2)
    assert most == 1


def test_stopping_waits_for_what_runs(bench: Bench) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        begun.set()
        go_on.wait(SOON)

    bench.worker.does = hold
    bench.due("it:1")
    bench.background.start()
    assert begun.wait(SOON)
    stopper = threading.Thread(target=bench.background.stop)
    stopper.start()
    assert bench.worker.seen == []
    go_on.set()
    stopper.join(SOON)
    assert bench.worker.seen == ["it:1"]
    assert not bench.background.alive()


def test_what_is_held_waits_for_the_first_answer(bench: Bench) -> None:
    held = bench.held(60.0)
    bench.due("it:1")
    held.start()
    try:
        time.sleep(0.2)
        assert held.alive()
        assert (bench.flaky.passes, bench.worker.seen) == (0, [])

        held.begin()
        assert bench.worker.wait(1) == ["it:1"]
    finally:
        held.stop()


def test_what_is_held_begins_by_itself_when_nobody_comes(bench: Bench) -> None:
    held = bench.held(0.1)
    bench.due("it:1")
    held.start()
    try:
        assert bench.worker.wait(1) == ["it:1"]
    finally:
        held.stop()


def test_what_is_held_stops_at_once(bench: Bench) -> None:
    held = bench.held(60.0)
    held.start()
    started = time.monotonic()
    held.stop()
    assert time.monotonic() - started < 30
    assert not held.alive()


def test_what_never_started_can_be_stopped(bench: Bench) -> None:
    bench.background.stop()
    assert not bench.background.alive()


def test_work_of_one_kind_never_waits_for_the_other(bench: Bench) -> None:
    free = threading.Event()
    slow, quick = Worker(), Worker()

    def hang(_: str) -> None:
        free.wait(SOON)

    slow.does = hang
    workers: dict[str, Worker] = {"slow": slow, "it": quick}
    reconciler = Reconciler(store=bench.store, workers=workers, clock=now, owner="two kinds")
    policy = PolicyFile(bench.policy_file, store=bench.store, clock=now)
    background = Background(lambda: Work(reconciler), policy, clock=now)
    for number in range(100):
        bench.due(f"slow:{number}")
    bench.due("it:1")
    background.start()
    try:
        assert quick.wait(1) == ["it:1"]
        assert slow.seen == []
    finally:
        free.set()
        background.stop()
