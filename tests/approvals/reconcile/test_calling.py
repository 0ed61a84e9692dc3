"""Whoever a drill calls is called as long as it lasts, whoever dies, dawdles or does not answer meanwhile."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest

from approvals import drilling
from approvals.drills import Drill
from approvals.ports.messages import ChannelError, Posted
from approvals.ports.store import Store
from approvals.reconcile.drills import calls
from approvals.refusals.errors import Unavailable
from tests.chaos.trouble import Crash, Doom
from tests.support.doubles import Around, Room
from tests.support.world import BOB, CAROL, DAN, World

EVERYBODY = (BOB, CAROL, DAN)
LASTS = 600.0


class Hall(Room):
    """A chat that calls people, and does something else before it does."""

    def __init__(self) -> None:
        super().__init__()
        self.called: Counter[str] = Counter()
        self.shown: Counter[str] = Counter()
        self.before: Callable[[str], object] = lambda _: None

    def call(self, drill: Drill, person: str, *, timeout: float) -> Posted:
        self.before(person)
        self.called[person] += 1
        return Posted(place=person, ts=f"{self.called[person]}")

    def recall(self, posted: Posted, drill: Drill, person: str, *, timeout: float) -> None:
        self.before(person)
        self.shown[person] += 1


class Passing:
    """Fails the first calls of each person."""

    def __init__(self, *, fails: int) -> None:
        self.left = dict.fromkeys(EVERYBODY, fails)

    def __call__(self, person: str) -> None:
        if self.left[person]:
            self.left[person] -= 1
            raise Unavailable("no")


@pytest.fixture
def hall(world: World) -> Hall:
    made = Hall()
    world._messenger = made
    world.restart()
    return made


def begin(world: World) -> Drill:
    within = timedelta(seconds=LASTS)
    return drilling.begin(world.store, people=EVERYBODY, within=within, by="os:root", now=world.clock())


def test_who_was_refused_is_called_no_more_and_everybody_else_once(world: World, hall: Hall) -> None:
    def refusing(person: str) -> None:
        if person == BOB:
            raise ChannelError("no such person")

    hall.before = refusing
    begin(world)
    world.passes(2 * LASTS)

    assert hall.called == hall.shown == {CAROL: 1, DAN: 1}


def test_who_is_to_be_called_again_while_others_take_their_time_is_not_forgotten(world: World, hall: Hall) -> None:
    """The second try of one comes due while the others are called, who take five seconds each."""
    first = [BOB]

    def dawdling(person: str) -> None:
        if person in first:
            first.remove(person)
            raise Unavailable("no")
        world.clock.advance(5)

    hall.before = dawdling
    begin(world)
    world.passes(60)

    assert hall.called == dict.fromkeys(EVERYBODY, 1)


def test_who_answered_before_they_could_be_called_is_called_no_more(world: World, hall: Hall) -> None:
    hall.before = Passing(fails=1000)
    drill = begin(world)
    world.pass_()
    for person in EVERYBODY:
        world.uses.drilling.answer(world.identity(person), drill.id, now=world.clock())
    hall.before = lambda _: None
    world.passes(2 * LASTS)

    assert not hall.called


@pytest.mark.parametrize("moment", range(3))
def test_who_dies_as_they_begin_a_drill_has_begun_none_or_has_everybody_called(
    world: World, hall: Hall, moment: int
) -> None:
    doom, store = Doom(), world.store
    world.store, doom.left = cast("Store", Around(store, before=doom.write, after=doom.write)), moment
    with contextlib.suppress(Crash):
        begin(world)
    world.store, doom.left = store, None
    world.passes(60)

    assert hall.called == (dict.fromkeys(EVERYBODY, 1) if drilling.read(store) else {})
    assert (drilling.read(store) is None) == (moment == 0)


@pytest.mark.parametrize("moment", range(0, 38, 3))
def test_whenever_the_process_dies_everybody_is_called_and_their_calls_are_closed(
    world: World, hall: Hall, moment: int
) -> None:
    """Who dies just after a call makes that one once more: a call too many is better than none."""
    doom, store = Doom(), world.store
    failing = Passing(fails=1)

    def dying(person: str) -> None:
        doom.moment()
        failing(person)

    hall.before = dying
    drill = begin(world)
    world.store = cast("Store", Around(store, before=doom.write, after=doom.write))
    world.restart()
    doom.left = moment
    with pytest.raises(Crash):
        world.passes(2 * LASTS)
    world.store, doom.left = store, None
    world.restart()
    world.passes(2 * LASTS)

    assert sum(hall.called.values()) <= len(EVERYBODY) + 1
    assert all(hall.called[each] and hall.shown[each] for each in EVERYBODY)
    assert all(calls(store, drill).of(each).drawn for each in EVERYBODY)
    assert store.due(now=world.clock() + timedelta(days=1), limit=9, kind="drill") == []
