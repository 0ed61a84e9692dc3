"""Who withdraws what waits and ends access early, also when accounts are not what they were."""

import pytest

from approvals.refusals.errors import Refused
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.refusing import refusing
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, GWEN, World, policy, refused

GUESTS_ASK = ("  domains: [example.com]", "  domains: [example.com]\n  guests: request")


@pytest.fixture
def guests(world: World) -> World:
    """A world whose policy lets guests ask; gwen is one, and in the group of approvers."""
    world.policy = policy(GUESTS_ASK)
    world.people.join(GWEN, guest=True)
    world.people.groups[APPROVERS].add(GWEN)
    return world


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


def test_a_guest_cannot_end_the_access_of_others(guests: World) -> None:
    request = guests.granted()
    with pytest.raises(Refused) as refusal:
        guests.end(GWEN, request)

    assert refusal.value.kind == "guest"
    assert guests.state(request) == "active"


def test_a_guest_ends_his_own_access(guests: World) -> None:
    request = guests.granted(GWEN)
    guests.end(GWEN, request)

    assert guests.state(request) == "ended"


def test_the_holder_ends_access_by_the_same_account_under_a_new_address(world: World) -> None:
    request = world.granted()
    world.people.join(ALICE, email="alice.new@example.com")
    assert world.identity(ALICE).principal != ALICE
    world.end(ALICE, request)

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.cause, grant.closed_by) == ("ended", "holder", ALICE)


def test_the_holder_sees_access_by_the_same_account_under_a_new_address(world: World) -> None:
    held, waiting = world.granted(), world.file()
    world.people.join(ALICE, email="alice.new@example.com")
    world.people.join("a.other@example.com")

    own = world.uses.looking.mine(world.identity(ALICE), now=world.clock())
    others = world.uses.looking.mine(world.identity("a.other@example.com"), now=world.clock())
    assert {request.id for request in own} == {held.id, waiting.id}
    assert others == []


def test_approvers_read_who_is_meant_when_the_address_has_changed(world: World) -> None:
    request = world.file()
    world.people.join(ALICE, email="alice.new@example.com")
    world.clock.advance(61)
    world.pass_()

    with refusing(r"was alice@example\.com has the address alice\.new@example\.com now"):
        world.press(BOB, request)
    who = view(world.cases.of(world.read(request), now=world.clock()).card()).facts[0]
    said = plain(who.value)
    assert said == "alice@example.com (alice) (the account has the address alice.new@example.com now)"
    assert world.read(request).grant is None


def test_another_account_under_another_address_does_not(world: World) -> None:
    request = world.granted()
    world.people.join("a.other@example.com")
    with pytest.raises(Refused):
        world.end("a.other@example.com", request)

    assert world.state(request) == "active"


def test_an_approver_ends_access_that_the_policy_no_longer_offers(world: World) -> None:
    request = world.granted()
    world.policy = policy(("id: admin", "id: renamed"))
    with pytest.raises(Refused):
        world.end(GWEN, request)
    world.end(BOB, request)

    assert world.state(request) == "revoked"


def test_nobody_approves_what_the_policy_no_longer_offers(world: World) -> None:
    request = world.file()
    world.policy = policy(("id: admin", "id: renamed"))
    with pytest.raises(Refused) as refusal:
        world.press(BOB, request)

    assert refusal.value.kind == "entitlement"
