"""Google refuses a role, and the process that looks for it loses its lease in the middle.

Another one, whose clock is ahead, goes on from what stands in the ledger. By its own clock the first has time
left; what it does when it goes on itself fails nobody, and it begins no other write.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.auditing.audits import Inspection
from approvals.ports.targets import Impossible
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.approvals.reconcile.crowds import BINDING, CROWD, Strict, asked, cap, states
from tests.contracts.stores.places import Place
from tests.support.doubles import Clock
from tests.support.world import ALICE, BOB, CAROL, World

AHEAD = 31
FEW = CROWD[:3]
MOMENTS = (3, 6, 9, 12)


class Halting(Strict):
    """A line whose process stands still just before or just after one of its calls, while others go on."""

    halts: int | None = None
    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    begun = 0
    halted = False

    def read(self, *args: Any, **named: Any) -> Any:
        self._moment()
        found = super().read(*args, **named)
        self._moment()
        return found

    def write(self, *args: Any, **named: Any) -> None:
        self.begun += 1
        self._moment()
        try:
            super().write(*args, **named)
        finally:
            self._moment()

    def _moment(self) -> None:
        if self.halts is None:
            return
        self.halts -= 1
        if self.halts < 0:
            self.halts, self.halted = None, True
            self.meanwhile()
            self.begun = 0


@pytest.fixture
def wire(cloud: Google) -> Halting:
    return Halting(cloud)


@pytest.fixture
def world(place: Place, wire: Halting, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, granter=wire, store=place.open())
    for person in FEW:
        made.people.join(person)
    yield made
    assert list(Inspection(made.store).faults()) == []
    made.close()


@pytest.fixture
def other(place: Place, world: World, cloud: Google, tmp_path: Path) -> Iterator[World]:
    """Another process on the same store, at the same time."""
    ahead = Clock(world.clock() + timedelta(seconds=AHEAD))
    made = World(tmp_path, granter=Strict(cloud), store=place.open(), clock=ahead)
    for person in FEW:
        made.people.join(person)
    yield made
    made.close()


def refusing(world: World, role: str) -> None:
    world._granter.refuses = cap(role, Impossible)  # type: ignore[attr-defined]


@pytest.mark.parametrize("moment", MOMENTS)
def test_whoever_goes_on_with_a_trial_blames_the_one_that_is_to_blame(
    world: World, other: World, wire: Halting, cloud: Google, moment: int
) -> None:
    bad = world.file(ALICE, "pair")
    world.press(BOB, bad)
    world.press(CAROL, bad)
    others = asked(world, FEW)
    for each in (world, other):
        refusing(each, "roles/run.viewer")

    def meanwhile() -> None:
        other.reconciler.subject(BINDING)

    wire.halts, wire.meanwhile = moment, meanwhile
    world.reconciler.subject(BINDING)

    assert wire.halted
    assert wire.begun == 0
    world.passes(60)
    assert (states(world, [bad]), states(world, others)) == ({"failed"}, {"active"})
    assert all(grant.removed for grant in world.read(bad).grants)
    assert sorted(each["members"][0] for each in bindings(cloud)) == [f"user:{who}" for who in FEW]


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_google_takes_for_the_second_is_not_blamed_by_the_first(
    world: World, other: World, wire: Halting, cloud: Google, moment: int
) -> None:
    """The operator puts the role on the list while the first stands still: only its own answers are old."""
    asked_for = world.file(ALICE, "pair")
    world.press(BOB, asked_for)
    world.press(CAROL, asked_for)
    others = asked(world, FEW)
    refusing(world, "roles/run.viewer")

    def meanwhile() -> None:
        wire.refuses = lambda add, remove: None
        other.reconciler.subject(BINDING)

    wire.halts, wire.meanwhile = moment, meanwhile
    world.reconciler.subject(BINDING)
    assert wire.halted
    assert wire.begun == 0
    wire.refuses = lambda add, remove: None
    world.passes(60)

    assert states(world, others) == {"active"}
    assert world.state(asked_for) == "active"
    people = {each["members"][0].removeprefix("user:") for each in bindings(cloud)}
    assert people - {ALICE} == set(FEW)
    assert (ALICE in people) == (world.state(asked_for) == "active")
