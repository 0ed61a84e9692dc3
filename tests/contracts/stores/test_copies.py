"""A store copied into an empty one of the other kind: the same, except for what must not survive a copy."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta

import msgspec
import pytest

from approvals.backends.stores.contents import Contents, Filing, Item, Target
from approvals.backends.stores.copies import Copied, copy
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import EntryRow, RequestRow
from approvals.changes import Mark
from approvals.guards import Guard, Guarded
from approvals.ids import binding_subject, request_subject
from approvals.ports.store import AlreadyReviewed, Store, StoredPolicy
from approvals.refusals.errors import Conflict
from countersign_client.chain import verify
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, RESOURCE, filed, following, grant, review_key

LATER = NOW + timedelta(days=1)
POLICY = StoredPolicy(digest="sha256:" + "1" * 64, text="identity: {}\n", source="policy.yaml", loaded_at=NOW)
PENDING, ACTIVE, DENIED = "r-1111111111", "r-2222222222", "r-3333333333"


@pytest.fixture(params=["sqlite", "firestore"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of the source; the target is of the other one."""
    name: str = request.param
    return name


@pytest.fixture
def place(kind: str, new_place: Callable[[str], Place]) -> Place:
    return new_place(kind)


@pytest.fixture
def target(kind: str, new_place: Callable[[str], Place]) -> Place:
    return new_place({"sqlite": "firestore", "firestore": "sqlite"}[kind])


@pytest.fixture
def source(place: Place) -> Place:
    """A store with a pending, an active and a denied request, a held lease, and a policy."""
    store = place.open()
    pending = store.create(filed(PENDING), key="first")
    voted = following(pending, key=review_key(pending), detail={"text": "é “quoted”"})
    store.commit(voted)
    store.commit(following(voted.request, key=review_key(pending, number=2)))
    active = store.create(filed(ACTIVE), key="second")
    store.commit(following(active, state="approved", grant=grant("active")))
    marks = (Mark(name="over", until=LATER), Mark(name="lives", until=LATER + timedelta(seconds=1), body=b"\x00"))
    denied = store.create(msgspec.structs.replace(filed(DENIED), marks=marks), key="third")
    store.commit(following(denied, state="denied"))
    lease = store.lease(request_subject(ACTIVE), owner="dead", now=NOW, until=NOW + timedelta(hours=1))
    assert lease is not None
    store.save(lease, b"\x00done")
    store.wake("sleeping", due=LATER + timedelta(days=9))
    store.append(at=NOW, actor="alice@example.com", action="frozen", detail={})
    moved = Guard(name="epoch", value=0)
    store.advance(moved, body=b"\x00why", at=NOW, actor="os:root", action="moved", detail={})
    store.keep(POLICY)
    store.close()
    return place


def copied(source: Place, target: Place) -> Copied:
    with source.contents() as full, target.filling() as empty:
        return copy(full, empty, actor="os:root", now=LATER)


@pytest.fixture
def stores(source: Place, target: Place) -> Iterator[tuple[Store, Store]]:
    """The store and its copy."""
    copied(source, target)
    opened = source.open(), target.open()
    yield opened
    for store in opened:
        store.close()


def test_a_store_is_never_copied_onto_another(source: Place, target: Place) -> None:
    there = target.open()
    there.create(filed("r-9999999999"), key="theirs")

    with pytest.raises(StoreError, match="is not replaced"):
        copied(source, target)

    assert [record.id for record in there.pending(limit=5)] == ["r-9999999999"]
    there.close()


def test_nothing_is_copied_out_of_an_empty_place_or_made_there(place: Place, target: Place) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match=r"does not exist|holds no store"):
            copied(place, target)


class Spoiled:
    """A source whose items come out otherwise than they are."""

    def __init__(self, contents: Contents, change: Callable[[Item], Iterable[Item]]) -> None:
        self._contents, self._change = contents, change
        self.place = contents.place

    def items(self) -> Iterator[Item]:
        for item in self._contents.items():
            yield from self._change(item)


def _without_an_entry(item: Item) -> Iterable[Item]:
    return [] if isinstance(item, EntryRow) and (item.chain, item.seq) == (ACTIVE, 1) else [item]


def _with_another_state(item: Item) -> Iterable[Item]:
    return [item._replace(state="approved") if isinstance(item, RequestRow) and item.id == DENIED else item]


def _without_a_request(item: Item) -> Iterable[Item]:
    return [] if isinstance(item, RequestRow) and item.id == ACTIVE else [item]


def _with_a_cut_tail(item: Item) -> Iterable[Item]:
    return [] if isinstance(item, EntryRow) and (item.chain, item.seq) == (ACTIVE, 2) else [item]


@pytest.mark.parametrize(
    "spoil",
    [_without_an_entry, _with_a_cut_tail, _without_a_request, _with_another_state],
    ids=lambda spoil: spoil.__name__.strip("_"),
)
def test_a_copy_that_does_not_hold_is_no_store_and_can_be_made_anew(
    source: Place, target: Place, spoil: Callable[[Item], Iterable[Item]]
) -> None:
    with source.contents() as full, pytest.raises(StoreError), target.filling() as empty:
        copy(Spoiled(full, spoil), empty, actor="os:root", now=LATER)

    assert copied(source, target).requests == 3


class Between:
    """A target to which something happens when it has been filled, or whose items get lost on the way."""

    def __init__(
        self, target: Target, *, losing: type | None = None, then: Callable[[], object] = lambda: None
    ) -> None:
        self._target, self._losing, self._then = target, losing, then
        self.place = target.place
        self.items = target.items
        self.finish = target.finish

    def fill(self, items: Iterable[Item]) -> None:
        self._target.fill(item for item in items if type(item) is not self._losing)
        self._then()


def test_an_item_that_gets_lost_on_the_way_is_noticed(source: Place, target: Place) -> None:
    with source.contents() as full, target.filling() as empty, pytest.raises(StoreError, match="the same Filing"):
        copy(full, Between(empty, losing=Filing), actor="os:root", now=LATER)


def test_who_writes_to_the_source_while_it_is_copied_is_noticed(source: Place, target: Place) -> None:
    with closing(source.open()) as store, source.contents() as full, target.filling() as empty:
        late = Between(empty, then=lambda: store.create(filed("r-9999999999"), key="late"))
        with pytest.raises(StoreError, match="stop the service"):
            copy(full, late, actor="os:root", now=LATER)


def test_every_record_review_and_chain_is_there(stores: tuple[Store, Store]) -> None:
    store, again = stores

    assert list(again.chains()) == list(store.chains()) == ["", PENDING, ACTIVE, DENIED]
    for request_id, entries in {PENDING: 3, ACTIVE: 2, DENIED: 2}.items():
        assert again.request(request_id) == store.request(request_id)
        assert list(again.entries(request_id)) == list(store.entries(request_id))
        assert verify(again.entries(request_id), request=request_id, head=again.head(request_id)) == entries
    assert again.last_good() == POLICY
    assert again.holdings(resource=RESOURCE, person="alice@example.com") == [store.request(ACTIVE)]
    assert [record.id for record in again.pending(limit=5)] == [PENDING]


def test_keys_and_reviews_are_still_taken(stores: tuple[Store, Store]) -> None:
    _, again = stores

    assert again.create(filed("r-9999999999"), key="first").id == PENDING
    record = again.request(PENDING)
    for number in (1, 2):
        with pytest.raises(AlreadyReviewed):
            again.commit(following(record, key=review_key(record, jti="other", number=number)))
    with pytest.raises(Conflict):
        again.create(filed(DENIED), key="fresh")


def test_a_copy_is_the_same_installation_of_another_generation(stores: tuple[Store, Store]) -> None:
    store, again = (one.installation() for one in stores)

    assert (again.instance, again.created) == (store.instance, store.created)
    assert again.generation != store.generation


def test_what_changes_hold_on_to_is_held_on_to_in_the_copy(stores: tuple[Store, Store]) -> None:
    _, again = stores

    assert again.guarded("epoch") == Guarded(value=1, body=b"\x00why")
    assert not [fault for fault in again.held("").faults if "guard" in fault]


def test_what_must_not_happen_twice_does_not_in_the_copy_for_as_long_as_it_must_not(
    stores: tuple[Store, Store],
) -> None:
    _, again = stores

    assert (again.mark("lives"), again.mark("over")) == (b"\x00", None)


def test_the_copying_stands_in_the_installations_chain(stores: tuple[Store, Store]) -> None:
    store, again = stores
    *before, last = again.entries("")

    assert before == list(store.entries(""))
    assert (last.action, last.actor) == ("copied", "os:root")
    assert verify(again.entries(""), request="", head=again.head("")) == 4
    assert again.append(at=LATER, actor="a", action="noted", detail={}).seq == 5


def test_leases_are_gone_and_what_is_open_is_due_at_once(stores: tuple[Store, Store]) -> None:
    _, again = stores

    assert sorted(again.due(now=LATER, limit=9)) == sorted(
        [
            request_subject(PENDING),
            request_subject(ACTIVE),
            binding_subject(RESOURCE),
        ]
    )
    lease = again.lease(request_subject(ACTIVE), owner="next", now=NOW, until=LATER)
    assert lease is not None
    assert lease.body == b"\x00done"
    assert "sleeping" in again.due(now=LATER + timedelta(days=9), limit=9)
