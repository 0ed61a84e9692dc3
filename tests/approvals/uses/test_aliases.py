"""An alias that came into the policy after a request: whoever asked stays whoever asked."""

from typing import Literal

import pytest

from approvals.requests import Request
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, GWEN, World, policy, refused

EARLIER = "a.smith@example.com"
BEFORE_BOB = "b.jones@example.com"
BEFORE = policy(
    ("  aliases: {alice@example.com: [a.smith@example.com]}\n", ""),
    ("requesters: [alice@example.com", f"requesters: [{EARLIER}"),
)
AFTER = policy()


def asked_earlier(world: World) -> Request:
    """A request under an address that was somebody of its own then."""
    world.people.join(EARLIER)
    world.policy = BEFORE
    request = world.file(EARLIER)
    assert request.requester == EARLIER
    return request


@pytest.mark.parametrize(("verdict", "code"), [("approve", "inactive"), ("deny", "self")])
def test_nobody_decides_under_another_address_on_what_he_asked(
    world: World, verdict: Literal["approve", "deny"], code: str
) -> None:
    world.people.groups[APPROVERS].add(ALICE)
    request = asked_earlier(world)
    world.policy = AFTER

    with refused(code):
        world.press(ALICE, request, verdict)
    assert (world.read(request).state, world.read(request).reviews) == ("pending", ())
    world.press(BOB, request, "deny")
    assert world.read(request).state == "denied"


def test_the_holder_ends_under_another_address_what_he_has(world: World) -> None:
    request = asked_earlier(world)
    world.press(BOB, request)
    world.pass_()
    assert world.state(request) == "active"
    world.policy = AFTER

    assert world.end(ALICE, request).grant is not None
    assert world.state(request) == "ended"


def test_whoever_asked_withdraws_under_another_address(world: World) -> None:
    request = asked_earlier(world)
    world.policy = AFTER
    with refused("not_yours"):
        world.uses.ending.withdraw(world.identity(BOB), request.id, now=world.clock())
    world.uses.ending.withdraw(world.identity(ALICE), request.id, now=world.clock())

    assert world.read(request).state == "withdrawn"


def test_an_approval_under_another_address_counts_no_more_and_is_given_anew(world: World) -> None:
    """To say that it stands would be untrue: it was given by somebody of their own then."""
    world.people.join(BEFORE_BOB)
    world.people.groups[APPROVERS].add(BEFORE_BOB)
    request = world.file(GWEN, "pair")
    world.press(BEFORE_BOB, world.read(request))
    world.policy = policy(("  aliases: {", f"  aliases: {{{BOB}: [{BEFORE_BOB}], "))
    world.press(CAROL, world.read(request))
    world.pass_()
    assert world.read(request).state == "pending"

    assert not world.press(BEFORE_BOB, world.read(request)).repeated
    decided = world.read(request)
    assert decided.decision is not None
    assert (decided.state, set(decided.decision.by)) == ("approved", {BOB, CAROL})


def test_an_approval_under_another_address_is_taken_back_and_leaves_none(world: World) -> None:
    world.people.join(BEFORE_BOB)
    world.people.groups[APPROVERS].add(BEFORE_BOB)
    request = world.file(GWEN, "pair")
    world.press(BEFORE_BOB, world.read(request))
    world.policy = policy(("  aliases: {", f"  aliases: {{{BOB}: [{BEFORE_BOB}], "))
    world.press(BEFORE_BOB, world.read(request))
    world.press(BOB, world.read(request), "take_back")
    world.press(CAROL, world.read(request))

    assert world.read(request).state == "pending"
    assert world.press(BOB, world.read(request)).request.state == "approved"


def test_what_was_approved_under_another_address_waits_for_whoever_gave_that(world: World) -> None:
    world.people.join(BEFORE_BOB)
    world.people.groups[APPROVERS].add(BEFORE_BOB)
    request = world.file(GWEN, "pair")
    world.press(BEFORE_BOB, request)
    world.policy = policy(("  aliases: {", f"  aliases: {{{BOB}: [{BEFORE_BOB}], "))

    assert world.waiting_for(BOB) == [request.id]
    world.press(BOB, world.read(request))
    assert world.waiting_for(BOB) == []


def test_who_approved_under_both_addresses_is_told_why_that_counts_no_more(world: World) -> None:
    three = ("needed: 2", "needed: 3")
    world.policy = policy(three)
    world.people.join(BEFORE_BOB)
    world.people.groups[APPROVERS].add(BEFORE_BOB)
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.press(BEFORE_BOB, world.read(request))
    world.policy = policy(three, ("  aliases: {", f"  aliases: {{{BOB}: [{BEFORE_BOB}], "))

    for _ in range(2):
        with refused("reviewed.addresses"):
            world.press(BOB, world.read(request))
        world.press(BOB, world.read(request), "take_back")
    world.press(BOB, world.read(request), "deny")
    assert world.read(request).state == "denied"
