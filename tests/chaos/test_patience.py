"""A run waits as long as anything goes on, and no longer than that or than a bound."""

import pytest

from approvals.refusals.errors import Unavailable
from chaos.documents import at_last
from chaos.patience import MOST, Patience


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def waited(clock: Clock, patience: Patience, *, seen: list[object], step: float = 1.0) -> float:
    """Seconds until it is lost, while each second shows the next of these, and the last one for ever."""
    for number in range(10_000):
        if not patience.is_left(seen[min(number, len(seen) - 1)]):
            return clock.seconds
        clock.seconds += step
    raise AssertionError("it is never lost")


def test_it_is_lost_where_nothing_goes_on(clock: Clock) -> None:
    assert waited(clock, Patience(10, clock=clock), seen=["stuck"]) == 10


def test_it_lasts_as_long_as_something_goes_on(clock: Clock) -> None:
    assert waited(clock, Patience(10, clock=clock), seen=[*range(30), "stuck"]) == 40


def test_what_goes_round_in_circles_is_not_waited_for_without_end(clock: Clock) -> None:
    assert waited(clock, Patience(10, clock=clock), seen=list(range(1000))) == 10 * MOST


class Slow:
    """A database whose first answers come too late."""

    def __init__(self, late: int) -> None:
        self.late = late

    def __call__(self) -> str:
        self.late -= 1
        if self.late >= 0:
            raise Unavailable("504 Deadline Exceeded")
        return "found"


def test_what_comes_too_late_is_asked_for_again_and_not_without_end() -> None:
    assert at_last(Slow(3)) == "found"
    with pytest.raises(Unavailable):
        at_last(Slow(1_000))
