"""Who may not decide."""

from typing import Any

import msgspec
import pytest

from approvals.refusals.errors import Unavailable
from approvals.uses.votes import Press
from tests.support.refusing import refusing
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, GWEN, World, policy, refused

SIGNED: dict[str, Any] = {"printed_name": "Bob Example", "meaning": "I approve"}


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_nobody_decides_on_his_own_request(world: World, verdict: str) -> None:
    request = world.file(BOB)
    with refused("self"):
        world.press(BOB, request, "deny" if verdict == "deny" else "approve")

    assert world.read(request).reviews == ()


def test_an_alias_of_the_requester_is_the_requester(world: World) -> None:
    world.people.groups[APPROVERS] |= {ALICE, "a.smith@example.com"}
    world.people.join("a.smith@example.com")
    request = world.file(ALICE)
    assert world.identity("a.smith@example.com").principal == ALICE
    with refused("self"):
        world.press("a.smith@example.com", request)


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_who_is_no_approver_cannot_decide(world: World, verdict: str) -> None:
    request = world.file()
    with refused("not_approver"):
        world.press(GWEN, request, "deny" if verdict == "deny" else "approve")


def test_who_left_the_group_cannot_decide(world: World) -> None:
    request = world.file()
    world.people.groups[APPROVERS].discard(BOB)
    with refused("not_approver"):
        world.press(BOB, request)


def test_a_group_that_does_not_exist_holds_nobody(world: World) -> None:
    request = world.file()
    del world.people.groups[APPROVERS]
    with refused("not_approver"):
        world.press(BOB, request)


def test_a_group_that_cannot_be_looked_up_refuses_for_now(world: World) -> None:
    request = world.file()
    world.people.down = True
    with pytest.raises(Unavailable):
        world.press(BOB, request)

    assert world.read(request).reviews == ()


@pytest.mark.parametrize("kind", ["withdrawn", "denied", "approved", "expired"])
def test_a_decided_request_takes_no_further_votes(world: World, kind: str) -> None:
    request = world.file()
    match kind:
        case "withdrawn":
            world.uses.ending.withdraw(world.identity(ALICE), request.id, now=world.clock())
        case "denied":
            world.press(BOB, request, "deny")
        case "approved":
            world.press(BOB, request)
        case "expired":
            world.passes(3600)
    token_time = request.filed
    press = Press(token=world.tokens.mint(request, act="review", now=token_time), verdict="approve")
    before = world.read(request)
    with refusing(r"already|out of date"):
        world.uses.deciding.review(world.identity(CAROL), press, now=world.clock())

    assert world.read(request) == before
    assert before.state == kind


def test_nothing_is_decided_after_the_time_even_before_reconcile_looks(world: World) -> None:
    request = world.file()
    world.clock.advance(3600)
    with refused("token_expired"):
        world.press(BOB, request)

    assert world.read(request).reviews == ()


def test_a_token_of_another_request_decides_only_that_one(world: World) -> None:
    one, other = world.file(), world.file(GWEN)
    press = Press(token=world.tokens.mint(one, act="review", now=world.clock()), verdict="approve")
    world.uses.deciding.review(world.identity(BOB), press, now=world.clock())

    assert (world.read(one).state, world.read(other).state) == ("approved", "pending")


@pytest.mark.parametrize("changes", [{"revision": 2}, {"digest": "sha256:" + "e" * 64}])
def test_a_token_of_another_revision_decides_nothing(world: World, changes: dict[str, Any]) -> None:
    request = world.file()
    other = msgspec.structs.replace(request, **changes)
    press = Press(token=world.tokens.mint(other, act="review", now=world.clock()), verdict="approve")
    with refused("token"):
        world.uses.deciding.review(world.identity(BOB), press, now=world.clock())
    with refused("token"):
        world.uses.deciding.look(world.identity(BOB), press, now=world.clock())

    assert world.read(request).reviews == ()


def test_where_a_signature_is_demanded_a_plain_approval_does_not_count(world: World) -> None:
    world.policy = policy(("needed: 1}", "needed: 1, sign: typed}"))
    request = world.file()
    unsigned: list[dict[str, Any]] = [
        {},
        {"printed_name": "Bob"},
        {"meaning": "I approve"},
        {"printed_name": " ", "meaning": " "},
    ]
    for typed in unsigned:
        with refused("sign_required"):
            world.press(BOB, request, **typed)
    reviewed = world.press(BOB, request, **SIGNED)

    assert reviewed.request.state == "approved"
    (review,) = reviewed.request.reviews
    assert review.attestation is not None
    assert review.attestation.printed_name.text == "Bob Example"
