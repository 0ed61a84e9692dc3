"""An operator takes everything from one person, under every address."""

import pytest

from approvals.freezes import freezing
from approvals.requests import Request
from approvals.reviews import typed
from approvals.uses import walking
from approvals.uses.revoking import remaining, revoke, revoke_entitlement
from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.world import ALICE, BOB, GWEN, World, policy, refused

OPERATOR = "os:root"
SMITH = "a.smith@example.com"


def taken(world: World, person: str, why: str = "left the company") -> list[Request]:
    return list(
        revoke(
            world.store,
            world.policy.identity,
            person,
            by=OPERATOR,
            why=typed(why, salt="s" * 16),
            now=world.clock(),
        )
    )


@pytest.mark.parametrize("person", ["", "alice", "*", "alice@example.com, bob@example.com"])
def test_what_is_no_address_takes_nothing(world: World, person: str) -> None:
    request = world.granted()

    with refused("address"):
        taken(world, person)
    assert world.state(request) == "active"


def test_nobody_else_loses_anything(world: World) -> None:
    others = world.granted(GWEN), world.file(BOB)
    taken(world, ALICE)

    assert (world.state(others[0]), world.read(others[1]).state) == ("active", "pending")


@pytest.mark.parametrize("named", [ALICE, SMITH])
def test_access_ends_and_what_waits_is_withdrawn_under_every_alias(
    world: World, cloud: Google, named: str
) -> None:
    one_is_two = ("  aliases: {alice@example.com: [a.smith@example.com]}\n", ""), ("[alice@", f"[{SMITH}, alice@")
    world.policy = policy(*one_is_two)
    world.people.join(SMITH)
    first, second, third = world.granted(), world.granted(SMITH), world.file()
    world.policy = policy()

    assert {request.id for request in taken(world, named)} == {first.id, second.id, third.id}
    world.passes(60)
    assert {world.state(first), world.state(second)} == {"revoked"}
    assert world.read(third).state == "withdrawn"
    assert cloud.policies()[RESOURCE].get("bindings", []) == []


def test_the_audit_names_the_operators_account_and_not_what_was_typed(world: World) -> None:
    ended, waiting = world.granted(), world.file()
    taken(world, ALICE)

    for request, action in ((ended, "grant.revoked"), (waiting, "request.withdrawn")):
        last = world.store.entries(request.id)[-1]
        assert (last.actor, last.action) == (OPERATOR, action)
        assert "left the company" not in repr(last)
        assert last.detail["comment"].startswith("sha256:")


def test_what_has_ended_already_stays_as_it_is(world: World) -> None:
    request = world.granted()
    world.end(ALICE, request)
    before = world.read(request)

    assert taken(world, ALICE) == []
    assert world.read(request) == before


def test_the_person_is_told_with_the_reason(world: World) -> None:
    ended, waiting = world.granted(), world.file()
    taken(world, ALICE)
    world.pass_()

    steps = {request.id: [m.notice.step for m in world.room.of(request.id)] for request in (ended, waiting)}
    assert "revoked" in steps[ended.id]
    assert "withdrawn" in steps[waiting.id]


@pytest.mark.parametrize("entitlement", ["", "adm", "ADMIN", "*"])
def test_an_id_that_is_not_exactly_an_entitlements_takes_nothing(world: World, entitlement: str) -> None:
    request = world.granted()

    assert not revoke_entitlement(world.store, entitlement, by=OPERATOR, why=None, now=world.clock())
    assert world.state(request) == "active"


def test_all_of_an_entitlement_is_taken_from_everybody_in_a_freeze_too(world: World, cloud: Google) -> None:
    held, others, waiting = world.granted(), world.granted(GWEN), world.file(BOB)
    assert {*remaining(world.store, "admin").filed} == {held.id, others.id, waiting.id}
    freezing.freeze(world.store, by=OPERATOR, why=None, now=world.clock())

    revoke_entitlement(world.store, "admin", by=OPERATOR, why=None, now=world.clock())
    world.passes(60)

    assert {world.state(held), world.state(others)} == {"revoked"}
    assert world.read(waiting).state == "withdrawn"
    assert cloud.policies()[RESOURCE].get("bindings", []) == []
    assert remaining(world.store, "admin") == ([], [])


def test_of_an_entitlement_everything_is_taken_however_many_pages_of_the_store_it_fills(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "STEP", 1)
    made = [world.file(person) for person in (ALICE, BOB, GWEN)]
    other = world.file(ALICE, "pair")

    revoke_entitlement(world.store, "admin", by=OPERATOR, why=None, now=world.clock())

    assert {world.read(each).state for each in made} == {"withdrawn"}
    assert world.read(other).state == "pending"
    assert remaining(world.store, "admin") == ([], [])
