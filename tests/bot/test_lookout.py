"""What is looked for outside: at the start, whenever it may have changed, and until it was answered."""

import threading
from collections.abc import Iterator

import pytest

from approvals.refusals.errors import Unavailable
from bot.lookout import Lookout

SOON = 60.0


class Outside:
    """Counts the looks; the first ones fail as the test says."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.looks = 0
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self.looks += 1
            self._changed.notify_all()
        if self.failures:
            raise self.failures.pop(0)

    def wait(self, looks: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.looks >= looks, timeout=SOON), self.looks


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def lookout(outside: Outside) -> Iterator[Lookout]:
    made = Lookout(outside, hold=0.0)
    yield made
    made.stop()


def test_what_is_not_there_yet_is_looked_for_again(
    outside: Outside, lookout: Lookout, caplog: pytest.LogCaptureFixture
) -> None:
    outside.failures = [Unavailable("Slack is away"), ValueError("a fault of ours")]
    lookout.start()

    outside.wait(3)
    assert "not there yet: Slack is away" in caplog.text
    assert "a fault of ours" in caplog.text


def test_it_looks_once_at_the_start_and_once_more_whenever_it_is_told_to(
    outside: Outside, lookout: Lookout
) -> None:
    lookout.start()
    outside.wait(1)
    lookout.again()
    outside.wait(2)

    assert outside.looks == 2


def test_once_stopped_it_looks_no_more(outside: Outside) -> None:
    lookout = Lookout(outside, hold=60.0)
    lookout.start()
    lookout.stop()
    lookout.again()
    for thread in threading.enumerate():
        if thread.name == "lookout":
            thread.join(SOON)
            assert not thread.is_alive()

    assert outside.looks == 0
