"""Google refuses a role, access ends meanwhile, and the program dies: at each write of the store and each call."""

from typing import cast

import pytest

from approvals.ports.store import Store
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.approvals.reconcile.crowds import CROWD, Strict, asked, cap, crowded, states, wire
from tests.chaos.trouble import Crash, Doom
from tests.support.doubles import Around
from tests.support.world import ALICE, BOB, CAROL, GWEN, World

__all__ = ["crowded", "wire"]

MOMENTS = range(0, 96, 3)


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_the_program_dies_in_a_trial_everybody_gets_what_is_theirs(
    crowded: World, cloud: Google, wire: Strict, moment: int
) -> None:
    over = asked(crowded, [GWEN], minutes=10)
    crowded.pass_()
    crowded.clock.advance(590)
    bad = crowded.file(ALICE, "pair")
    crowded.press(BOB, bad)
    crowded.press(CAROL, bad)
    others = asked(crowded, CROWD[:3])
    crowded.clock.advance(10)
    wire.refuses = cap("roles/run.viewer")
    died = dying(crowded, wire, moment)
    crowded.passes(120)

    assert died or moment > 30, "most of these moments are in the middle"
    assert (states(crowded, [bad]), states(crowded, others), states(crowded, over)) == (
        {"failed"},
        {"active"},
        {"ended"},
    )
    assert all(grant.removed for each in (bad, *over) for grant in crowded.read(each).grants)
    assert sorted(each["members"][0] for each in bindings(cloud)) == [f"user:{who}" for who in CROWD[:3]]


def dying(world: World, wire: Strict, moment: int) -> bool:
    """Work on what is due until the program dies at that moment; say whether it did."""
    doom, store = Doom(), world.store
    world.store = cast("Store", Around(store, before=doom.write, after=doom.write))
    refuses = wire.refuses

    def called(add: object, remove: object) -> object:
        doom.moment()
        return refuses(add, remove)  # type: ignore[arg-type]

    wire.refuses = called  # type: ignore[assignment]
    world.restart()
    doom.left = moment
    try:
        world.pass_()
    except Crash:
        return True
    finally:
        doom.left, world.store, wire.refuses = None, store, refuses
        world.restart()
    return False
