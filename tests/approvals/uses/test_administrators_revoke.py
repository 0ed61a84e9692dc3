"""Whom the policy names as administrators takes access from anybody, says why, and gets no other right by it."""

from collections.abc import Callable

import msgspec
import pytest

from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from tests.support.world import ALICE, BOB, GWEN, World, refused

ADMINS = "admins@example.com"
Scene = Callable[[World, Request], object]


@pytest.fixture
def administered(world: World) -> World:
    """A world in which gwen, who approves nothing, is an administrator by a group."""
    world.policy = msgspec.structs.replace(world.policy, administrators=(f"group:{ADMINS}",))
    world.people.groups[ADMINS] = {GWEN}
    return world


def without_a_reason(world: World, request: Request) -> None:
    with refused("why"):
        world.end(GWEN, request, why=" \u200b")


def by_nobody_whom_it_names(world: World, request: Request) -> None:
    world.policy = msgspec.structs.replace(world.policy, administrators=())
    with refused("not_approver"):
        world.end(GWEN, request)


def by_somebody_who_left_the_group(world: World, request: Request) -> None:
    world.people.groups[ADMINS].clear()
    with refused("not_approver"):
        world.end(GWEN, request)


def by_a_guest(world: World, request: Request) -> None:
    world.policy = msgspec.structs.replace(
        world.policy, identity=msgspec.structs.replace(world.policy.identity, guests="request")
    )
    world.people.join(GWEN, guest=True)
    with refused("guest.end"):
        world.end(GWEN, request)


def while_the_group_does_not_answer(world: World, request: Request) -> None:
    world.people.down = True
    with pytest.raises(Unavailable):
        world.end(GWEN, request)


REFUSED: dict[str, Scene] = {
    "without a reason": without_a_reason,
    "by nobody whom it names": by_nobody_whom_it_names,
    "by somebody who left the group": by_somebody_who_left_the_group,
    "by a guest": by_a_guest,
    "while the group does not answer": while_the_group_does_not_answer,
}


@pytest.mark.parametrize("how", REFUSED)
def test_access_is_not_taken(administered: World, how: str) -> None:
    request = administered.granted()

    REFUSED[how](administered, request)

    assert administered.state(request) == "active"


@pytest.mark.parametrize("entitlement", ["admin", "pair", "logs"])
def test_an_administrator_takes_any_access_and_says_why(administered: World, entitlement: str) -> None:
    request = administered.granted(ALICE, entitlement)

    grant = administered.end(GWEN, request, why="INC-9").grant

    assert grant is not None
    assert grant.why is not None
    assert (grant.state, grant.closed_by, grant.why.text) == ("revoked", GWEN, "INC-9")


def test_while_the_approvers_cannot_be_looked_up_an_administrator_by_name_still_takes_it(world: World) -> None:
    world.policy = msgspec.structs.replace(world.policy, administrators=(f"user:{GWEN}",))
    request = world.granted()
    world.people.down = True

    world.end(GWEN, request)

    assert world.state(request) == "revoked"


def test_an_administrator_decides_nothing_by_that(administered: World) -> None:
    request = administered.file(BOB)

    for verdict in ("approve", "deny"):
        with refused("not_approver"):
            administered.press(GWEN, request, verdict)
    with refused("not_yours"):
        administered.uses.ending.withdraw(administered.identity(GWEN), request.id, now=administered.clock())
