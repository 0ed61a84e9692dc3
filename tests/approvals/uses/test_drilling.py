"""Answering a drill: it decides nothing, and nothing that decides answers it."""

from datetime import timedelta

import pytest

from approvals import drilling
from approvals.drills import Drill
from tests.support.fridays import KINDS
from tests.support.world import ALICE, BOB, CAROL, World, policy, refused


@pytest.fixture
def drill(world: World) -> Drill:
    within = timedelta(minutes=15)
    return drilling.begin(world.store, people=[BOB, CAROL], within=within, by="os:root", now=world.clock())


@pytest.mark.parametrize("kind", KINDS)
def test_a_drill_is_no_token_and_a_token_no_drill(world: World, drill: Drill, kind: str) -> None:
    world.policy = policy(*KINDS[kind])
    request = world.file(ALICE)
    token = world.tokens.mint(request, act="review", now=world.clock())
    bob = world.identity(BOB)

    with refused("token"):
        world.vote_by_token(bob, drill.id)
    with refused("drill.over"):
        world.uses.drilling.answer(bob, token, now=world.clock())
    with refused("drill.over"):
        world.uses.drilling.answer(bob, request.id, now=world.clock())
    world.uses.drilling.answer(bob, drill.id, now=world.clock())

    assert world.read(request) == request
    assert [each.person for each in drilling.read(world.store).answers] == [BOB]  # type: ignore[union-attr]


def test_whoever_was_not_called_does_not_answer_for_others(world: World, drill: Drill) -> None:
    with refused("drill.others"):
        world.uses.drilling.answer(world.identity(ALICE), drill.id, now=world.clock())
    assert drilling.read(world.store) == drill
