"""How much one person may ask for: nobody can bury what others ask."""

import pytest

from approvals.limits import OPEN, Limits
from approvals.policy.evaluate import Ask
from approvals.refusals.errors import Refused
from tests.support.fridays import KINDS
from tests.support.refusing import refusing
from tests.support.world import ALICE, CAROL, GWEN, World, policy, refused

LIMITS = Limits()


@pytest.mark.parametrize("kind", KINDS)
def test_one_person_may_have_so_many_requests_waiting_and_no_more(world: World, kind: str) -> None:
    world.policy = policy(*KINDS[kind])
    filed = [world.file(ALICE, "admin") for _ in range(LIMITS.pending)]
    with refusing(f"{LIMITS.pending} requests waiting"):
        world.file(ALICE, "admin")

    gwens = world.file(GWEN, "pair")
    assert world.waiting_for(CAROL) == [request.id for request in [*filed, gwens]]


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_person_holds_counts_whatever_it_is(world: World, kind: str) -> None:
    world.policy = policy(*KINDS[kind])
    held = [world.granted(ALICE, "admin", minutes=240)]
    for _ in range(OPEN - 1):
        world.file(ALICE, "logs", minutes=240)
        world.clock.advance(200)
    with refusing(f"{OPEN} requests and accesses at once"):
        world.file(ALICE, "logs")
    world.end(ALICE, held[0])
    world.passes(60)

    assert world.file(ALICE, "logs").state == "approved"


def test_a_decision_or_the_end_of_the_time_makes_room_for_another(world: World) -> None:
    filed = [world.file(ALICE, "pair") for _ in range(LIMITS.pending)]
    world.uses.ending.withdraw(world.identity(ALICE), filed[0].id, now=world.clock())
    world.file(ALICE, "pair")
    with pytest.raises(Refused):
        world.file(ALICE, "pair")
    world.clock.advance(3600)

    assert world.file(ALICE, "pair").state == "pending"


def test_a_form_that_made_the_last_one_finds_it_when_it_is_repeated(world: World) -> None:
    *_, last = (world.file(ALICE, "pair", key=f"view {number}") for number in range(LIMITS.pending))

    assert world.file(ALICE, "pair", key=f"view {LIMITS.pending - 1}").id == last.id


def test_who_files_and_withdraws_again_and_again_is_held_up_for_the_hour_and_nobody_else_is(world: World) -> None:
    for _ in range(LIMITS.per_hour):
        passing = world.file(ALICE, "pair")
        world.uses.ending.withdraw(world.identity(ALICE), passing.id, now=world.clock())
    with refused("limit"):
        world.file(ALICE, "pair")

    assert world.file(GWEN, "pair").state == "pending"
    world.clock.advance(3600)
    assert world.file(ALICE, "pair").state == "pending"


def test_a_policy_tightens_the_limits(world: World) -> None:
    world.policy = policy(("entitlements:", "limits: {pending: 1, per_hour: 2}\nentitlements:"))
    first = world.file(ALICE, "pair")
    with refused("limit"):
        world.file(ALICE, "pair")
    world.uses.ending.withdraw(world.identity(ALICE), first.id, now=world.clock())
    world.file(ALICE, "logs")

    with refused("limit"):
        world.file(ALICE, "logs")


def test_what_is_refused_as_too_much_costs_no_look_up_and_no_work(world: World) -> None:
    for _ in range(LIMITS.pending):
        world.file(ALICE, "pair")
    world.pass_()
    identity = world.identity(ALICE)
    world.people.asked.clear()
    calls = world.room.calls
    with refused("limit"):
        ask = Ask(entitlement="pair", duration=None, justification="INC-42")
        world.uses.asking.file(identity, ask, key="one more", now=world.clock())

    assert world.reconciler.due() == []
    assert (world.people.asked, world.room.calls) == ([], calls)


def test_one_person_may_hold_so_much_at_once_and_no_more(world: World) -> None:
    held = [world.file(ALICE, "logs", minutes=240) for _ in range(OPEN)]
    world.clock.advance(3600)
    with refusing(f"{OPEN} requests and accesses at once"):
        world.file(ALICE, "logs")
    world.end(ALICE, held[0])
    world.passes(60)

    assert world.file(ALICE, "logs").state == "approved"
