"""A run waits as long as anything goes on, and no longer than that or than a bound."""

import pytest

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
