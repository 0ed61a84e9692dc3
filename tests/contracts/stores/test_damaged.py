"""One record that cannot be read stops nobody else, and of whose it is nothing is judged until it is mended."""

import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.stores.errors import StoreError
from approvals.ports.store import Damaged, Store
from approvals.ports.targets import Unsure
from approvals.requests import Request
from approvals.uses.revoking import revoke
from sandbox.google import Google
from tests.approvals.reconcile.clouds import in_force
from tests.contracts.stores.places import Place
from tests.support.builders import RESOURCE, filed, grant
from tests.support.damage import spoil, spoil_entry
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused

LOGS = "roles/logging.viewer"


@pytest.fixture
def world(place: Place, wire: Wire, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, granter=wire, store=place.open())
    yield made
    made.close()


def given(cloud: Google, world: World, person: str) -> bool:
    return in_force(cloud, world.clock(), role=LOGS, person=person)


def mend(world: World, request: Request) -> None:
    spoil(world.store, request, msgspec.json.encode(request))


# --- bindings


def test_everybody_elses_access_comes_and_goes(world: World, cloud: Google) -> None:
    damaged, ending = world.granted(ALICE, "logs"), world.granted(BOB, "logs")
    spoil(world.store, damaged)

    world.end(BOB, ending)
    coming = world.file(CAROL, "logs")
    world.passes(15)

    ended = world.read(ending).grant
    assert ended is not None
    assert (ended.state, ended.removed) == ("ended", True)
    assert world.state(coming) == "active"
    assert [given(cloud, world, who) for who in (ALICE, BOB, CAROL)] == [True, False, True]


def test_what_nobody_can_judge_is_neither_taken_away_nor_put_back(world: World, cloud: Google) -> None:
    """By hand its binding goes and comes, and nothing of it is ours to do."""
    damaged = world.granted(ALICE, "logs", minutes=240)
    world.granted(BOB, "logs", minutes=240)
    spoil(world.store, damaged)
    world.passes(120)
    assert given(cloud, world, ALICE)

    kept = cloud.policies()[RESOURCE]["bindings"]
    mine = [each for each in kept if f"user:{ALICE}" in each["members"]]
    cloud.edit(RESOURCE, lambda there: there.update(bindings=[each for each in kept if each not in mine]))
    world.passes(120)
    assert not given(cloud, world, ALICE)
    assert given(cloud, world, BOB)

    cloud.edit(RESOURCE, lambda there: there.update(bindings=[*there["bindings"], *mine]))
    world.passes(120)
    mend(world, damaged)
    world.passes(120)

    assert given(cloud, world, ALICE)
    assert world.state(damaged) == "active"


def test_what_was_taken_out_by_hand_meanwhile_is_revoked_once_it_can_be_judged(
    world: World, cloud: Google
) -> None:
    damaged = world.granted(ALICE, "logs", minutes=240)
    spoil(world.store, damaged)
    cloud.edit(RESOURCE, lambda there: there.update(bindings=[]))
    world.passes(120)
    mend(world, damaged)
    world.passes(180)

    assert (world.state(damaged), given(cloud, world, ALICE)) == ("revoked", False)


def test_an_attempt_that_is_not_judged_yet_is_judged_once_it_can_be(
    world: World, cloud: Google, wire: Wire
) -> None:
    """The answer to the write got lost, then the record was spoilt: what the ledger says of it is kept."""
    wire.writes = ["lost"]
    wire.reads = [lambda: None, Unsure("503")]
    damaged = world.file(ALICE, "logs", minutes=240)
    world.pass_()
    assert world.state(damaged) == "activating"
    spoil(world.store, damaged)
    bobs = world.granted(BOB, "logs")
    world.end(BOB, bobs)
    world.passes(60)
    mend(world, damaged)
    world.passes(120)

    assert (world.state(damaged), given(cloud, world, ALICE)) == ("active", True)


def test_the_same_persons_other_access_there_waits_for_the_record(world: World, cloud: Google) -> None:
    """What of it the record that cannot be read still needs is not known."""
    damaged, other = world.granted(ALICE, "logs", minutes=240), world.granted(ALICE, "admin", minutes=240)
    spoil(world.store, damaged)
    world.end(ALICE, other)
    world.passes(60)
    assert in_force(cloud, world.clock())
    mend(world, damaged)
    world.passes(120)

    assert not in_force(cloud, world.clock())
    assert given(cloud, world, ALICE)


# --- lists


def test_a_list_says_of_which_record_it_cannot_be_read(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    spoilt = store.create(filed("r-spoilt0000"), key="1")
    store.create(filed("r-whole00000"), key="2")
    spoil(store, spoilt)

    with caplog.at_level(logging.ERROR):
        found = [
            [each.id for each in listed]
            for listed in (
                store.pending(limit=10),
                store.open_of(spoilt.requester),
                store.open_by(spoilt.account),
            )
        ]

    assert found == [["r-whole00000"]] * 3
    assert len([line for line in caplog.messages if "r-spoilt0000" in line]) == 3
    damaged = Damaged(request=spoilt.id, requester=spoilt.requester)
    assert list(store.damaged_of(spoilt.requester)) == [damaged]
    assert list(store.damaged_of("nobody@example.com")) == []
    with pytest.raises(StoreError):
        store.request(spoilt.id)


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"{}", b"[]", b"\xff\xfe", b'{"id": "\xff"}', b'{"x":' + b"[" * 100_000]
)
def test_whatever_spoilt_a_record_the_others_are_found(store: Store, body: bytes) -> None:
    spoilt = store.create(filed("r-spoilt0000", grant=grant("active")), key="1")
    whole = store.create(filed("r-whole00000", grant=grant("active")), key="2")
    spoil(store, spoilt, body)

    found = store.on(RESOURCE)

    assert list(found.requests) == [whole]
    assert list(found.damaged) == [Damaged(request=spoilt.id, requester=spoilt.requester)]
    assert list(store.holdings(resource=RESOURCE, person=spoilt.requester)) == [whole]


def test_everybody_can_ask_decide_and_look(world: World) -> None:
    spoilt, other = world.file(ALICE, "pair"), world.file(ALICE, "pair")
    spoil(world.store, spoilt)

    world.press(BOB, other)
    mine = world.uses.looking.mine(world.identity(ALICE), now=world.clock())
    waiting = world.uses.looking.pending(world.identity(CAROL), now=world.clock()).requests

    assert [each.id for each in mine] == [each.id for each in waiting] == [other.id]
    assert world.file(GWEN, "pair").state == "pending"
    assert world.file(ALICE, "admin").state == "pending"


def test_what_cannot_be_read_counts_as_waiting(world: World) -> None:
    world.policy = policy(("entitlements:", "limits: {pending: 2}\nentitlements:"))
    for _ in range(2):
        spoil(world.store, world.file(ALICE, "pair"))
    with refused("limit"):
        world.file(ALICE, "pair")


def test_everything_else_can_be_taken_from_somebody_whose_record_is_spoilt(world: World) -> None:
    spoilt, other = world.granted(ALICE, "logs"), world.granted(ALICE, "admin")
    spoil(world.store, spoilt)

    found = revoke(world.store, world.policy.identity, ALICE, by="os:root", why=None, now=world.clock())

    assert [each.id for each in found] == [other.id]


def test_the_audit_counts_it(world: World) -> None:
    spoilt = world.file(ALICE, "pair")
    world.file(GWEN, "pair")
    spoil(world.store, spoilt)

    assert [fault.chain for fault in Inspection(world.store).faults()] == [spoilt.id]


@pytest.mark.parametrize("body", [b"\0", b"{}", b'{"request": "\xff"}', b'{"x":' + b"[" * 100_000])
def test_the_audit_names_the_chain_of_an_entry_that_cannot_be_read(world: World, body: bytes) -> None:
    spoilt, whole = world.file(ALICE, "pair"), world.file(GWEN, "pair")
    spoil_entry(world.store, spoilt, body)

    assert [fault.chain for fault in Inspection(world.store).faults()] == [spoilt.id]
    assert world.store.entries(whole.id)
