"""Filing: refusals first."""

from datetime import timedelta

import pytest

from approvals.policy.evaluate import Ask
from countersign_client.chain import verify
from tests.support.world import ALICE, CAROL, GWEN, World, refused


def test_a_repeated_form_finds_the_request_of_the_first(world: World) -> None:
    first = world.file(key="view V1")
    again = world.file(key="view V1", minutes=5)

    assert again.id == first.id
    assert again.terms.duration == timedelta(hours=1)
    assert world.file(GWEN, key="view V1").id != first.id
    assert [chain for chain in world.store.chains() if chain].count(first.id) == 1


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (Ask(entitlement="nothing", duration=None, justification="x"), "entitlement"),
        (Ask(entitlement="admin", duration=timedelta(hours=5), justification="x"), "duration"),
        (Ask(entitlement="admin", duration=timedelta(0), justification="x"), "duration"),
        (Ask(entitlement="admin", duration=timedelta(seconds=-1), justification="x"), "duration"),
        (Ask(entitlement="admin", duration=None, justification=" \n\u200b"), "justification"),
        (Ask(entitlement="admin", duration=None, justification="x" * 1001), "justification"),
    ],
)
def test_what_is_not_offered_is_not_filed(world: World, ask: Ask, code: str) -> None:
    with refused(code):
        world.uses.asking.file(world.identity(ALICE), ask, key="k", now=world.clock())

    assert list(world.store.chains()) == [""]


def test_who_may_not_ask_files_nothing(world: World) -> None:
    with refused("requester"):
        world.file(CAROL, "admin")


def test_self_approval_grants_at_once_and_says_so(world: World) -> None:
    request = world.file(GWEN, "logs")

    assert (request.state, world.state(request)) == ("approved", "activating")
    assert world.actions(request) == ["request.filed", "request.approved"]
    approved = world.store.entries(request.id)[1]
    assert (approved.detail["kind"], approved.detail["by"]) == ("self", [])
    assert verify(world.store.entries(request.id), request=request.id, head=world.store.head(request.id)) == 2


def test_a_repeated_self_approval_makes_no_second_grant(world: World) -> None:
    first = world.file(GWEN, "logs", key="k")
    world.clock.advance(300)
    again = world.file(GWEN, "logs", key="k")

    assert again.grant == first.grant
    assert len([chain for chain in world.store.chains() if chain]) == 1
