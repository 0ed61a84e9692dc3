"""Whose texts are still kept is found by what was over first; what calls were answered is forgotten."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.answers import LIFE, Answered, Answering, Call
from approvals.auditing.audits import Inspection
from approvals.backends.stores.contents import Item
from approvals.changes import Beside
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict
from approvals.requests import Decision, Request
from tests.approvals.reconcile.retaining import Service
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following, grant, terms
from tests.support.direct import Wire
from tests.support.world import BOB, CAROL, World

DENIED = Decision(outcome="denied", at=NOW, by=("bob@example.com",))


def over(store: Store, request_id: str, entitlement: str, last: datetime) -> Request:
    """A request that was denied at this moment."""
    made = store.create(filed(request_id, terms=terms(entitlement=entitlement)), key=request_id)
    change = following(made, state="denied", decision=DENIED, updated=last)
    store.commit(change)
    return change.request


def found(store: Store, after: str = "") -> list[tuple[str, datetime, str]]:
    return [(each.entitlement, each.last, each.request) for each in store.retained(after=after, limit=10)]


def test_what_is_not_over_is_not_among_them(store: Store) -> None:
    store.create(filed("r-0000000001"), key="pending")
    approved = store.create(filed("r-0000000002"), key="approved")
    store.commit(following(approved, state="approved", grant=grant("ended")))

    assert store.retained(after="", limit=10) == []


def test_they_stand_by_entitlement_and_by_their_last_moment_until_their_texts_are_erased(store: Store) -> None:
    early, late = NOW - timedelta(days=1), NOW + timedelta(seconds=1)
    over(store, "r-0000000001", "shop", late)
    first = over(store, "r-0000000002", "shop", early)
    over(store, "r-0000000003", "shop-admin", early)
    over(store, "r-0000000004", "logs", late)

    every = [
        ("logs", late, "r-0000000004"),
        ("shop", early, "r-0000000002"),
        ("shop", late, "r-0000000001"),
        ("shop-admin", early, "r-0000000003"),
    ]
    assert found(store) == every
    assert [each.request for each in store.retained(after="", limit=2)] == ["r-0000000004", "r-0000000002"]
    logs, shop, *_ = store.retained(after="", limit=10)
    assert found(store, after=shop.place) == every[2:]
    assert found(store, after=logs.beyond) == every[1:]
    assert found(store, after=shop.beyond) == every[3:]

    store.commit(following(first, erased=late))
    assert found(store) == [each for each in every if each[2] != first.id]


def test_access_is_among_them_once_it_is_seen_to_be_gone(store: Store) -> None:
    made = store.create(filed(), key="k")
    change = following(made, state="approved", grant=grant("ended"), updated=NOW)
    store.commit(change)
    store.commit(following(change.request, grant=grant("ended", removed=True)))

    assert [each.request for each in store.retained(after="", limit=1)] == [made.id]


def test_answers_are_forgotten_after_a_day_and_their_number_goes_on(store: Store) -> None:
    call = Call(account="iap:1/alice@example.com", key="k1", digest="d")
    said = Answering(store).keeping(call, write=lambda _: "typed", now=NOW)
    store.create(said(filed()), key="k")

    assert store.sweep(before=NOW + LIFE, limit=10) == 0
    assert b"typed" in store.answered(call.account).body
    assert store.sweep(before=NOW + LIFE + timedelta(microseconds=1), limit=10) == 1
    assert store.sweep(before=NOW + timedelta(days=9), limit=10) == 0

    stored = store.answered(call.account)
    assert (stored.body, stored.version) == (b"", 2)
    late = Beside(account=call.account, version=1, body=b"{}", until=NOW)
    with pytest.raises(Conflict):
        store.create(msgspec.structs.replace(filed("r-1111111111"), beside=late), key="late")
    again = Answering(store).keeping(call, write=lambda _: "anew", now=NOW + LIFE)
    store.create(again(filed("r-2222222222")), key="again")
    with pytest.raises(Answered):
        again(filed("r-3333333333"))


def test_nothing_that_a_store_holds_has_any_of_it_once_it_is_erased(
    place: Place, tmp_path: Path, wire: Wire
) -> None:
    with closing(place.open()) as store:
        world = World(tmp_path, granter=wire, store=store)
        service = Service(world)
        request = world.file(entitlement="pair")
        world.offer(BOB, request, minutes=30, why="Kestrels are offered")
        world.press(BOB, world.read(request), comment="Kestrels are fine")
        world.press(CAROL, world.read(request), "deny", comment="Kestrels are not")
        world.pass_()
        assert b"Kestrels" in held_in(place)

        service.runs(timedelta(days=31))
        world.pass_()

        assert service.erased(request)
        assert b"Kestrels" not in held_in(place)
        assert b"INC-42" not in held_in(place)
        assert list(Inspection(store).faults()) == []


def held_in(place: Place) -> bytes:
    """Every item that a copy is made of."""
    with place.contents() as contents:
        return b"".join(msgspec.json.encode(each, enc_hook=str) + _body(each) for each in contents.items())


def _body(item: Item) -> bytes:
    return bytes(getattr(item, "body", b""))
