"""Anchoring in the background: apart from all other work, at once while there is more, and whatever fails."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from approvals.auditing.audits import anchors
from bot.background import Background
from tests.bot.backgrounds import SOON, Bench, now
from tests.support.running import running


class Anchoring:
    """Answers, each time that it is called, what the test says; then that there is nothing more."""

    def __init__(self, answers: list[bool | Exception]) -> None:
        self.answers = answers
        self.calls = 0
        self.called = threading.Event()

    def __call__(self) -> bool:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else False
        if not self.answers:
            self.called.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def background(
    folder: Path, anchoring: Callable[[], bool], sweeps: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Bench, Background]]:
    bench = Bench(folder)
    made = Background(bench.work(anchoring, sweeps), bench.policy, clock=now)
    made.start()
    try:
        yield bench, made
    finally:
        made.stop()
        bench.store.close()


def test_it_goes_on_at_once_while_there_is_more(tmp_path: Path) -> None:
    anchoring = Anchoring([True, True, True])
    with background(tmp_path, anchoring):
        assert anchoring.called.wait(SOON)
    assert anchoring.calls >= 3


def test_old_marks_are_swept_while_there_are_more_whatever_becomes_of_the_anchors(tmp_path: Path) -> None:
    failing, sweeping = Anchoring([RuntimeError("the store is broken")] * 4), Anchoring([True, True, True])
    with background(tmp_path, failing, sweeping):
        assert sweeping.called.wait(SOON)
    assert sweeping.calls >= 3


def test_its_failure_ends_nothing(tmp_path: Path) -> None:
    anchoring = Anchoring([RuntimeError("the store is broken")])
    with background(tmp_path, anchoring) as (bench, made):
        assert anchoring.called.wait(SOON)
        bench.due("it:1")
        made.wake()
        assert bench.worker.wait(1) == ["it:1"]
        assert made.alive()


def test_a_start_anchors_and_forgets_what_the_run_before_left(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        with closing(sqlite3.connect(tmp_path / "countersign.db")) as store, store:
            store.execute("INSERT INTO marks (name, until, body) VALUES ('old', 0, x''), ('live', 1 << 60, x'')")
        office.restart()
        office.until(lambda: asked in anchors(office.service.store.entries("")))
        office.until(lambda: office.service.store.mark("old") is None)
        assert office.service.store.mark("live") == b""
