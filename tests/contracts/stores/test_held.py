"""Records are held against their chains, and chains against their anchors, alike on both stores."""

from pathlib import Path

import msgspec
import pytest

from approvals.auditing.audits import ACTION, Fault, Inspection, anchor, anchors
from approvals.chains import Tail
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import Store, StoredPolicy
from approvals.refusals.errors import NotFound
from approvals.requests import Request
from tests.support.builders import NOW, filed, following
from tests.support.direct import Wire
from tests.support.world import BOB, World


@pytest.fixture
def world(tmp_path: Path, store: Store, wire: Wire) -> World:
    return World(tmp_path, granter=wire, store=store)


def faults(store: Store) -> list[Fault]:
    return list(Inspection(store).faults())


def approved(world: World) -> Request:
    request = world.file()
    world.press(BOB, request)
    return world.read(request)


def test_what_the_product_writes_holds_at_every_step(world: World) -> None:
    request = world.file("alice@example.com", "pair")
    assert faults(world.store) == []
    world.press(BOB, request)
    assert faults(world.store) == []
    world.granted("gwen@example.com")
    world.passes(3600)
    assert faults(world.store) == []


def test_a_record_that_was_changed_with_a_chain_that_holds_is_told(world: World) -> None:
    request = world.file()
    bare = msgspec.structs.replace(request, requester="mallory@example.com")
    world.store.commit(following(bare, action="grant.trouble", detail={"trouble": "x"}))

    assert faults(world.store) == [
        Fault(request.id, "entry 2 says 'grant.trouble', which cannot follow the one before it")
    ]


def test_an_action_that_is_not_known_is_told_by_name(store: Store) -> None:
    store.create(filed("r-0123456789"), key="k")

    assert faults(store) == [Fault("r-0123456789", "entry 1 says 'filed', which this release does not know")]


def test_nothing_is_anchored_before_it_was_there(store: Store) -> None:
    assert anchor(store, now=NOW) == 0
    assert store.entries("") == []


def test_what_was_filed_is_anchored_once_and_again_when_it_changes(world: World) -> None:
    first, second = world.file(), world.file("gwen@example.com", "pair")

    assert (anchor(world.store, now=NOW), anchor(world.store, now=NOW)) == (2, 0)
    world.press(BOB, second)
    assert (anchor(world.store, now=NOW), anchor(world.store, now=NOW)) == (1, 0)

    found = anchors(world.store.entries(""))
    second = world.read(second)
    assert found[first.id] == Tail(first.id, 1, first.head)
    assert found[second.id] == Tail(second.id, 2, second.head)
    assert [entry.action for entry in world.store.entries("")] == [ACTION, ACTION]
    assert faults(world.store) == []


def test_a_change_between_the_anchor_and_its_note_is_anchored_next(world: World) -> None:
    request = world.file("alice@example.com", "pair")
    tails = world.store.unanchored(limit=5)
    world.press(BOB, request)
    world.store.anchored(tails)

    assert [tail.seq for tail in world.store.unanchored(limit=5)] == [2]


def test_an_anchor_whose_note_got_lost_is_made_again_and_is_no_fault(world: World) -> None:
    request = world.file()
    detail = {"heads": [[request.id, request.seq, request.head]]}
    world.store.append(at=NOW, actor="countersign", action=ACTION, detail=detail)

    assert faults(world.store) == []
    assert [tail.request for tail in world.store.unanchored(limit=5)] == [request.id]


def test_more_than_one_batch_is_anchored_a_batch_at_a_time(store: Store) -> None:
    for number in range(5):
        store.create(filed(f"r-{number:010}"), key=str(number))

    assert [tail.request for tail in store.unanchored(limit=3)] == [f"r-{number:010}" for number in range(3)]
    store.anchored(store.unanchored(limit=3))
    assert [tail.request for tail in store.unanchored(limit=3)] == ["r-0000000003", "r-0000000004"]


def test_who_is_too_young_to_be_anchored_is_counted(world: World) -> None:
    world.file()
    anchor(world.store, now=NOW)
    world.file("gwen@example.com")
    inspection = Inspection(world.store)

    assert list(inspection.faults()) == []
    assert (inspection.chains, inspection.young) == (3, 1)


def test_anchoring_while_it_is_looked_at_is_no_fault(world: World) -> None:
    request = world.file()

    class Meanwhile:
        """A store in which reconcile anchors just after the anchors were read."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        def chains(self) -> list[str]:
            return ["", request.id]

        def held(self, chain: str) -> object:
            if chain:
                anchor(world.store, now=NOW)
            return world.store.held(chain)

    assert list(Inspection(Meanwhile()).faults()) == []  # type: ignore[arg-type]


def test_a_request_that_does_not_exist_has_no_record(store: Store) -> None:
    assert store.held("r-0000000000").faults == ("its record is missing",)
    with pytest.raises(NotFound):
        store.head("r-0000000000")


def test_the_last_good_policy_is_held_against_the_chain(store: Store) -> None:
    stored = StoredPolicy(digest=digest_of("version: 1"), text="version: 1", source="policy.yaml", loaded_at=NOW)
    store.keep(stored)
    told = store.held("").faults
    store.keep(msgspec.structs.replace(stored, text="version: 2"))

    assert told == ()
    assert store.held("").faults == ("the last good policy is not the text that its digest covers",)
