"""How often the timer looks by itself where another service commits to the store (ADR 117)."""

import pytest

from bot.pace import QUIET, RARELY, SWEEP, SWEEP_BESIDE, Pace

OWN = "leavers:accounts"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace(clock: Clock, seconds: float = SWEEP_BESIDE) -> Pace:
    return Pace(seconds, stands=OWN.__eq__, clock=clock)


def test_where_nobody_is_about_it_looks_rarely(clock: Clock) -> None:
    assert pace(clock).longest([]) == pytest.approx(RARELY * SWEEP_BESIDE, rel=0.21)


def test_what_waits_is_looked_after_each_second(clock: Clock) -> None:
    assert pace(clock).longest(["request:r-1", OWN]) == pytest.approx(SWEEP_BESIDE, rel=0.21)


def test_work_of_the_service_itself_is_nobody(clock: Clock) -> None:
    one = pace(clock)
    one.stir(OWN)

    assert one.longest([OWN]) == pytest.approx(RARELY * SWEEP_BESIDE, rel=0.21)


def test_whoever_was_about_may_come_back_within_a_minute(clock: Clock) -> None:
    one = pace(clock)
    one.stir("request:r-1")
    clock.now += QUIET - 1
    assert one.longest([]) == pytest.approx(SWEEP_BESIDE, rel=0.21)
    clock.now += 1
    assert one.longest([]) == pytest.approx(RARELY * SWEEP_BESIDE, rel=0.21)


@pytest.mark.parametrize("seconds", [SWEEP, 60.0])
def test_it_is_never_put_off_longer_than_a_sweep_of_its_own(clock: Clock, seconds: float) -> None:
    assert pace(clock, seconds).longest([]) == pytest.approx(seconds, rel=0.21)
