"""A vote whose account cannot be looked up any more counts for nothing, and keeps no other vote from counting."""

from collections.abc import Callable

import pytest

from tests.approvals.test_channels import at_the_counter
from tests.support.world import ALICE, BOB, CAROL, DAN, World, policy

APPROVAL = '{approvers: ["group:approvers@example.com"], needed: 1}'
FIRST = '{approvers: ["carol@example.com", "dan@example.com"], needed: 1}'


def taken_away(world: World) -> None:
    """The lobby is no channel of this service any more."""
    del world.channels["lobby"]
    world.restart()


def does_not_answer(world: World) -> None:
    world.lobby.down = True
    world.clock.advance(61)


def knows_her_no_more(world: World) -> None:
    world.lobby.left.add(CAROL)
    world.clock.advance(61)


UNCHECKED = pytest.mark.parametrize("gone", [taken_away, does_not_answer, knows_her_no_more])


@UNCHECKED
def test_a_vote_that_cannot_be_checked_keeps_nobody_elses_from_deciding(
    world: World, gone: Callable[[World], None]
) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    gone(world)

    assert world.press(BOB, request).request.state == "pending"
    decided = world.press(DAN, request).request

    assert decided.decision is not None
    assert decided.decision.by == (BOB, DAN)


@UNCHECKED
def test_nor_does_it_where_it_would_have_filled_an_earlier_stage(
    world: World, gone: Callable[[World], None]
) -> None:
    world.policy = policy((APPROVAL, f"{FIRST}\n      - {APPROVAL}"))
    request = world.file()
    world.vote(at_the_counter(world, CAROL), request)
    gone(world)

    assert world.press(DAN, request).request.state == "pending"
    decided = world.press(BOB, request).request

    assert decided.decision is not None
    assert decided.decision.by == (DAN, BOB)


@pytest.mark.parametrize("gone", [taken_away, does_not_answer])
def test_reconcile_decides_by_the_votes_that_can_be_checked(world: World, gone: Callable[[World], None]) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    gone(world)
    world.press(BOB, request)
    assert world.press_unchecked(DAN, request).request.state == "pending"

    world.passes(120)

    decided = world.read(request)
    assert decided.decision is not None
    assert decided.decision.by == (BOB, DAN)


@pytest.mark.parametrize("gone", [taken_away, does_not_answer])
def test_a_vote_that_cannot_be_checked_is_never_one_of_those_that_are_needed(
    world: World, gone: Callable[[World], None]
) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    gone(world)
    world.press(BOB, request)
    world.passes(600)

    assert world.read(request).state == "pending"
