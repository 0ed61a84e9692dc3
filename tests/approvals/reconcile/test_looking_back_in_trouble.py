"""A look at what was done is told, and is over one day, whoever dies, dawdles or says nothing meanwhile."""

from collections.abc import Callable
from typing import cast

import pytest

from approvals.deeds import Stay
from approvals.ports.logs import Found
from approvals.ports.store import Store
from approvals.refusals.errors import Unavailable
from sandbox.google import Google
from tests.approvals.reconcile.test_bundles import BUNDLE, LOGS
from tests.approvals.reconcile.test_looking_back import DEPLOY, FIRST, SECOND, Logs, below, deeds, ended
from tests.chaos.trouble import Crash
from tests.support.doubles import Around
from tests.support.world import World, policy

DATA = "projects/payments-data"


class Odd(Logs):
    """Audit logs that do something else before they answer."""

    before: Callable[[Stay], object] = staticmethod(lambda _: None)

    def of(self, person: str, stay: Stay, *, timeout: float) -> Found:
        found = super().of(person, stay, timeout=timeout)
        self.before(stay)
        return found


@pytest.fixture
def logs(world: World, cloud: Google) -> Odd:
    made = Odd()
    made.entries = [DEPLOY]
    world.logs = made
    cloud.add(DATA)
    world.policy = policy((LOGS, BUNDLE + LOGS))
    world.restart()
    return made


@pytest.mark.parametrize("look", [1, 2])
def test_who_dies_just_after_a_look_has_it_told_all_the_same(world: World, logs: Odd, look: int) -> None:
    store, request = world.store, ended(world)

    def dying(name: str) -> None:
        if name == "save" and deeds(world, request).looks == look:
            world.store = store
            raise Crash

    world.store = cast("Store", Around(store, after=dying))
    world.restart()
    with pytest.raises(Crash):
        world.passes(2 * SECOND, step=60)
    world.restart()
    world.passes(120)

    (told,) = below(world)
    assert told.drawn is not None
    assert told.drawn.deeds == deeds(world, request)
    assert told.drawn.deeds.looks == len(logs.asked) == look


def test_what_wakes_it_meanwhile_takes_no_try_from_who_does_not_answer(world: World, logs: Odd) -> None:
    """Twelve tries take many minutes, and not as long as it takes to press a button twelve times."""
    logs.errors = [Unavailable("no")] * 8
    request = ended(world)
    world.passes(FIRST - 60)
    for _ in range(120):
        world.store.wake(f"deeds:{request.id}", due=world.clock())
        world.passes(1, step=1)
    assert 2 < len(logs.asked) < 9
    world.passes(1200)

    assert [place.calls for place in deeds(world, request).places] == [1]


def test_logs_that_take_all_the_time_they_may_are_asked_of_each_resource_once(world: World, logs: Odd) -> None:
    logs.before = lambda _: world.clock.advance(15)
    request = ended(world, "incident")
    world.passes(FIRST + 60)

    assert [place.calls for place in deeds(world, request).places] == [1, 1]
    assert len(logs.asked) == 2
    world.passes(SECOND, step=60)
    assert (deeds(world, request).looks, len(logs.asked)) == (2, 4)


def test_one_that_never_answers_takes_nothing_from_what_the_others_said(world: World, logs: Odd) -> None:
    def silent(stay: Stay) -> None:
        world.clock.advance(15)
        if stay.resource != DATA:
            raise Unavailable("no")

    logs.before = silent
    request = ended(world, "incident")
    world.passes(4 * 3600, step=60)

    found = {place.resource: (place.calls, place.trouble) for place in deeds(world, request).places}
    assert found == {"projects/payments-prod": (0, "unanswered"), DATA: (1, "")}
    assert deeds(world, request).last


# --- a window that is larger than what is looked through in the time


def large(logs: Odd, *, answers: float) -> None:
    """No answer comes for more than so many seconds of an access, which lasts for ten minutes."""

    def silent(stay: Stay) -> None:
        if (stay.end - stay.start).total_seconds() > answers:
            raise Unavailable("no answer came")

    logs.before = silent


@pytest.mark.parametrize(("answers", "first"), [(599, 150), (150, 150), (149, 37), (9, 9)])
def test_of_a_window_that_is_too_large_its_beginning_is_told(
    world: World, logs: Odd, answers: float, first: int
) -> None:
    large(logs, answers=answers)
    request = ended(world)
    world.passes(4 * 3600, step=60)

    (place,) = deeds(world, request).places
    assert (place.calls, place.first, place.trouble) == (1, first, "")
    (told,) = below(world)
    assert told.drawn is not None
    assert told.drawn.deeds == deeds(world, request)


def test_a_window_of_which_not_even_the_beginning_is_answered_is_told_as_that(world: World, logs: Odd) -> None:
    large(logs, answers=8)
    request = ended(world)
    world.passes(4 * 3600, step=60)

    assert [(place.calls, place.trouble) for place in deeds(world, request).places] == [(0, "unanswered")]


def test_what_was_told_of_all_of_it_is_not_lost_for_its_beginning(world: World, logs: Odd) -> None:
    request = ended(world)
    world.passes(FIRST + 60)
    large(logs, answers=150)
    world.passes(4 * 3600, step=60)

    found = deeds(world, request)
    assert found.last
    assert [(place.calls, place.first) for place in found.places] == [(1, 0)]


def test_where_the_first_look_found_nobody_the_second_tells_of_the_beginning(world: World, logs: Odd) -> None:
    large(logs, answers=0)
    request = ended(world)
    world.passes(SECOND - 300, step=60)
    assert [place.trouble for place in deeds(world, request).places] == ["unanswered"]
    large(logs, answers=150)
    world.passes(4 * 3600, step=60)

    assert [(place.calls, place.first) for place in deeds(world, request).places] == [(1, 150)]


def test_an_outage_that_is_over_within_the_hour_has_all_of_it_looked_through(world: World, logs: Odd) -> None:
    logs.errors = [Unavailable("no")] * 8
    request = ended(world)
    world.passes(4 * 3600, step=60)

    assert [(place.calls, place.first) for place in deeds(world, request).places] == [(1, 0)]


def test_who_says_when_to_come_again_is_asked_for_the_whole_however_often_that_was(
    world: World, logs: Odd
) -> None:
    logs.errors = [Unavailable("other reads of the audit logs go first", retry_after=1.0)] * 10
    request = ended(world)
    world.passes(FIRST + 1500, step=30)

    assert deeds(world, request).looks == 1
    (place,) = deeds(world, request).places
    assert (place.calls, place.first, place.trouble) == (1, 0, "")
