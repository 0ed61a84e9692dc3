"""Filing, withdrawing, ending and looking: refusals first."""

from datetime import timedelta

import pytest

from approvals.policy.evaluate import Ask
from countersign_client.chain import verify
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, refused

# --- filing --------------------------------------------------------------------------------------


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


# --- ending --------------------------------------------------------------------------------------


def test_only_the_requester_withdraws(world: World) -> None:
    request = world.file()
    with refused("not_yours"):
        world.uses.ending.withdraw(world.identity(BOB), request.id, now=world.clock())
    withdrawn = world.uses.ending.withdraw(world.identity(ALICE), request.id, now=world.clock())

    assert withdrawn.state == "withdrawn"


def test_what_is_decided_cannot_be_withdrawn(world: World) -> None:
    request = world.file()
    world.press(BOB, request)
    with refused("decided"):
        world.uses.ending.withdraw(world.identity(ALICE), request.id, now=world.clock())


def test_others_cannot_end_access(world: World) -> None:
    request = world.granted()
    with refused("not_approver"):
        world.end(GWEN, request)

    assert world.state(request) == "active"


@pytest.mark.parametrize(("who", "state", "cause"), [(ALICE, "ended", "holder"), (CAROL, "revoked", "person")])
def test_its_holder_ends_access_and_an_approver_revokes_it(world: World, who: str, state: str, cause: str) -> None:
    request = world.granted()
    world.end(who, request)

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.cause, grant.closed_by) == (state, cause, who)


def test_access_ends_once(world: World) -> None:
    request = world.granted()
    world.end(ALICE, request)
    with refused("closed"):
        world.end(ALICE, request)
    with refused("closed"):
        world.end(CAROL, request)


def test_there_is_nothing_to_end_before_an_approval(world: World) -> None:
    request = world.file()
    with refused("no_grant"):
        world.end(ALICE, request)


# --- listing -------------------------------------------------------------------------------------


def test_pending_shows_only_what_this_persons_approval_would_count_for(world: World) -> None:
    alices, bobs, pair = world.file(), world.file(BOB), world.file(GWEN, "pair")
    world.press(CAROL, pair)

    def seen(person: str) -> list[str]:
        return [
            request.id
            for request in world.uses.looking.pending(world.identity(person), now=world.clock()).requests
        ]

    assert seen(BOB) == [alices.id, pair.id]
    assert seen(CAROL) == [alices.id, bobs.id]
    assert seen(GWEN) == []


def test_mine_shows_what_waits_and_what_gives_access(world: World) -> None:
    waiting, active, ended = world.file(), world.granted(minutes=30), world.granted(minutes=30)
    world.end(ALICE, ended)
    found = [request.id for request in world.uses.looking.mine(world.identity(ALICE), now=world.clock())]

    assert sorted(found) == sorted([active.id, waiting.id])
