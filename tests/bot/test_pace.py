"""How often the timer looks: where another service commits to the store (ADR 117), and where wakes crowd."""

import pytest

from bot.pace import BREATH, LONGEST, QUIET, RARELY, SHARE, SWEEP, SWEEP_BESIDE, Breath, Pace

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


def breath_after(spent: Clock, clock: Clock, seconds: float) -> Breath:
    """A pass had the processor for so many seconds, and is over."""
    made = Breath(spent=spent, clock=clock)
    made.begins()
    spent.now += seconds
    made.over()
    return made


@pytest.mark.parametrize(
    ("seconds", "waits"),
    [
        pytest.param(1.0, LONGEST, id="never longer"),
        pytest.param(0.0, BREATH, id="nothing was due"),
        pytest.param(0.001, SHARE * 0.001, id="much was due"),
    ],
)
def test_a_pass_is_followed_by_the_next_the_later_the_dearer_it_was(
    clock: Clock, seconds: float, waits: float
) -> None:
    assert breath_after(Clock(), clock, seconds).seconds() == pytest.approx(waits)


def test_a_wake_some_time_after_a_dear_pass_waits_no_longer_than_after_a_cheap_one(clock: Clock) -> None:
    breath = breath_after(Clock(), clock, 1.0)
    clock.now += LONGEST

    assert breath.seconds() == BREATH
