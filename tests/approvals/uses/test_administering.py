"""What applications may ask for is seen by the policy's administrators, and by nobody else."""

from collections.abc import Sequence

import msgspec
import pytest

from approvals.refusals.errors import NotFound, Unavailable
from tests.support.world import ALICE, APPROVERS, BOB, GWEN, World


def administered_by(world: World, *selectors: str) -> None:
    world.policy = msgspec.structs.replace(world.policy, administrators=selectors)


def looks(world: World, person: str) -> str:
    return world.uses.administering.policy(world.identity(person), now=world.clock()).digest


@pytest.mark.parametrize("selectors", [(), ("user:bob@example.com",), (f"group:{APPROVERS}",)])
def test_who_is_no_administrator_is_told_of_no_such_page(world: World, selectors: Sequence[str]) -> None:
    administered_by(world, *selectors)

    for who in (ALICE, GWEN):
        with pytest.raises(NotFound):
            looks(world, who)


@pytest.mark.parametrize("selector", ["user:bob@example.com", f"group:{APPROVERS}"])
def test_administrators_see_the_policy_in_force(world: World, selector: str) -> None:
    administered_by(world, selector)

    assert looks(world, BOB) == world.policy.digest


def test_while_a_group_of_administrators_does_not_answer_nobody_is_let_in(world: World) -> None:
    administered_by(world, f"group:{APPROVERS}")
    world.people.down = True

    with pytest.raises(Unavailable):
        looks(world, BOB)
    assert world.uses.administering.administers(world.identity(BOB), now=world.clock()) == "unknown"
