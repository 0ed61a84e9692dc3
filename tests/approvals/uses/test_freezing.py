"""Who may freeze and thaw, looked at once more in the very moment of the move."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.freezes import freezing, parting
from approvals.guards import Guard
from approvals.identities import Identity
from approvals.parts import PARTS
from approvals.refusals.errors import NotFound, Unavailable
from approvals.uses.freezing import Freezing
from tests.approvals.people.test_service_accounts import NAMED, ROBOT
from tests.approvals.uses.test_administering import administered_by
from tests.support.frozen import freeze_part, thaw_part
from tests.support.pages import Visitors
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, GWEN, World, policy, refused

Move = Callable[[Freezing, Identity, World], object]

MOVES: dict[str, Move] = {
    "freeze an entitlement": lambda use, who, world: use.freeze(
        who, "entitlement", "admin", why="INC-1", now=world.clock()
    ),
    "freeze everything": lambda use, who, world: use.freeze(who, "everything", "", why="INC-1", now=world.clock()),
    "thaw a person": lambda use, who, world: use.thaw(who, "person", ALICE, why="INC-1", now=world.clock()),
    "thaw everything": lambda use, who, world: use.thaw(who, "everything", "", why="INC-1", now=world.clock()),
    "look": lambda use, who, world: use.standing(who, now=world.clock()),
}


@pytest.mark.parametrize("what", MOVES)
def test_neither_guests_nor_service_accounts_nor_whom_nobody_knows_move_anything(world: World, what: str) -> None:
    world.policy = policy(*NAMED, ("  domains: [example.com]\n", "  domains: [example.com]\n  guests: request\n"))
    administered_by(world, "group:admins@example.com")
    world.people.groups["admins@example.com"] = {GWEN, ROBOT}
    freeze_part(world.store, "person", ALICE, now=world.clock())
    robot = Visitors(world).identity(ROBOT, purpose="request", hd=None)

    for who in (robot, world.identity(GWEN, guest=True), world.identity(CAROL)):
        with pytest.raises(NotFound):
            MOVES[what](world.uses.freezing, who, world)
    world.people.down = True
    with pytest.raises(Unavailable):
        MOVES[what](world.uses.freezing, world.identity(GWEN), world)

    assert [part.name for part in parting.read(world.store).parts] == [ALICE]
    assert not freezing.read(world.store).frozen


class Between:
    """A store in which something happens between what a move reads and what it writes, once."""

    def __init__(self, world: World, happens: Callable[[], object]) -> None:
        self._world = world
        self._happens = [happens]

    def guarded(self, name: str) -> Any:
        return self._world.store.guarded(name)

    def guarded_together(self, *names: str) -> Any:
        return self._world.store.guarded_together(*names)

    def advance(self, guard: Any, **options: Any) -> Any:
        if self._happens:
            self._happens.pop()()
        return self._world.store.advance(guard, **options)


@pytest.mark.parametrize("what", ["freeze an entitlement", "thaw a person"])
def test_who_is_frozen_in_the_moment_of_their_move_moves_nothing(world: World, what: str) -> None:
    administered_by(world, f"group:{APPROVERS}")
    freeze_part(world.store, "person", ALICE, now=world.clock())
    stolen = Between(world, lambda: freeze_part(world.store, "person", BOB, now=world.clock()))

    with refused("frozen.you"):
        MOVES[what](Freezing(store=stolen, cases=world.cases), world.identity(BOB), world)

    assert [part.name for part in parting.read(world.store).parts] == [ALICE, BOB]


def test_of_two_who_freeze_the_same_the_second_is_told_who_was_first(world: World) -> None:
    administered_by(world, f"group:{APPROVERS}")
    for what in ("freeze an entitlement", "freeze everything"):
        first = Between(world, lambda what=what: MOVES[what](world.uses.freezing, world.identity(CAROL), world))  # type: ignore[misc]

        with refused("already_frozen"):
            MOVES[what](Freezing(store=first, cases=world.cases), world.identity(BOB), world)

    assert [part.by for part in parting.read(world.store).parts] == [CAROL]
    assert freezing.read(world.store).last.by == CAROL


def test_what_cannot_be_read_is_thawed_at_the_machine_alone(world: World) -> None:
    administered_by(world, f"group:{APPROVERS}")
    told = {"of": "entitlement", "name": "admin"}
    guard, now = Guard(name=PARTS, value=0), world.clock()
    world.store.advance(guard, body=b"{", at=now, actor="os:root", action=parting.FROZEN, detail=told)

    for move in MOVES.values():
        with pytest.raises(Unavailable):
            move(world.uses.freezing, world.identity(BOB), world)
    thaw_part(world.store, "entitlement", "admin", now=now)


def test_a_person_is_thawed_by_an_address_that_leads_to_them_since(world: World) -> None:
    administered_by(world, f"group:{APPROVERS}")
    freeze_part(world.store, "person", "a.smith@example.com", now=world.clock())

    done = world.uses.freezing.thaw(world.identity(BOB), "person", ALICE, why="INC-1", now=world.clock())

    assert (done.name, parting.read(world.store).parts) == ("a.smith@example.com", ())
