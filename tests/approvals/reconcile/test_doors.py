"""Who may be called, how many at a time, and when: one that is slow or busy holds up nobody else's calls."""

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from approvals.reconcile.doors import APART, BUSY, PLACES, SLOWLY, Doors
from tests.support.builders import NOW
from tests.support.doubles import Clock

ONE, OTHER = "https://one.example.com/", "https://other.example.com/"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def doors(clock: Clock) -> Doors:
    return Doors(clock)


def turned_away(doors: Doors, times: int, url: str = ONE) -> list[datetime | None]:
    found = []
    for _ in range(times):
        with doors.through(url) as waits_until:
            found.append(waits_until)
    return found


def test_nobody_comes_in_while_it_is_left_alone_and_then_one_after_the_other(doors: Doors, clock: Clock) -> None:
    until = NOW + timedelta(seconds=120)
    doors.rest(ONE, until)

    assert turned_away(doors, 3) == [until, until + APART, until + 2 * APART]
    assert turned_away(doors, 1, OTHER) == [None]
    clock.advance(120)
    assert turned_away(doors, 1) == [None]


def test_whoever_finds_every_place_taken_comes_again_one_after_the_other(doors: Doors) -> None:
    with ExitStack() as inside:
        assert [inside.enter_context(doors.through(ONE)) for _ in range(PLACES)] == [None] * PLACES
        assert turned_away(doors, 3) == [NOW + BUSY + APART * place for place in range(3)]
        assert turned_away(doors, 1, OTHER) == [None]

    assert turned_away(doors, 1) == [None]


def test_who_was_slow_the_last_time_has_one_place_until_it_is_quick_again(doors: Doors, clock: Clock) -> None:
    def stays(seconds: float) -> None:
        with doors.through(ONE):
            clock.advance(seconds)

    stays(SLOWLY.total_seconds() + 1)
    with doors.through(ONE) as first:
        assert (first, turned_away(doors, 1)) == (None, [clock() + BUSY])

    stays(SLOWLY.total_seconds())
    with doors.through(ONE), doors.through(ONE) as second:
        assert second is None


def test_who_fails_in_a_call_leaves_the_place(doors: Doors) -> None:
    def fails() -> None:
        with doors.through(ONE) as waits_until:
            assert waits_until is None
            raise OSError("no")

    for _ in range(PLACES + 1):
        with pytest.raises(OSError, match="no"):
            fails()
