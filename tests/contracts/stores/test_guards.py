"""A change commits only while what it holds on to beside its own record still holds, on every store."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from approvals.changes import Beside, Change
from approvals.guards import Guard, Guarded, GuardFailed, Seen
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict
from approvals.requests import Request
from countersign_client.chain import verify
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following, review_key
from tests.support.meetings import many_at_once


def advance(store: Store, value: int = 0, *, name: str = "epoch", body: bytes = b"why") -> None:
    """Move a guard on from a value."""
    guard = Guard(name=name, value=value)
    store.advance(guard, body=body, at=NOW, actor="os:root", action="moved", detail={"from": value})


@pytest.mark.parametrize(("value", "version"), [(0, 1), (1, 0)], ids=["other answers", "another value"])
def test_a_guard_and_the_answers_beside_it_are_kept_together_or_not_at_all(
    store: Store, value: int, version: int
) -> None:
    def moved(value: int, version: int) -> None:
        guard, answers = (
            Guard(name="epoch", value=value),
            Beside(account="a", version=version, body=b"said", until=NOW),
        )
        store.advance(guard, body=b"", at=NOW, actor="os:root", action="moved", detail={}, beside=answers)

    with pytest.raises(Conflict):
        moved(value, version)
    assert (store.guarded("epoch").value, store.answered("a").body, store.entries("")) == (0, b"", [])
    moved(0, 0)
    assert (store.guarded("epoch").value, store.answered("a").body, len(store.entries(""))) == (1, b"said", 1)


def test_what_a_move_wakes_is_due_with_it_or_not_at_all(store: Store) -> None:
    def moved(value: int, wake: str) -> None:
        guard = Guard(name="epoch", value=value)
        store.advance(guard, body=b"", at=NOW, actor="os:root", action="moved", detail={}, wake=[wake])

    moved(0, "it:one")
    with pytest.raises(Conflict):
        moved(0, "it:two")

    assert store.due(now=NOW - timedelta(seconds=1), limit=9) == []
    assert store.due(now=NOW, limit=9) == ["it:one"]


def holding(change: Change, value: int = 0, *names: str) -> Change:
    return msgspec.structs.replace(
        change, guards=tuple(Guard(name=name, value=value) for name in names or ("epoch",))
    )


def test_a_change_whose_guard_no_longer_holds_leaves_nothing(store: Store) -> None:
    record = store.create(filed(), key="k")
    change = following(record, key=review_key(record), wake=("request:x", "binding:y"), state="denied")
    advance(store)

    with pytest.raises(GuardFailed) as failed:
        store.commit(holding(change))

    assert failed.value.name == "epoch"
    assert store.request(record.id) == record
    assert [entry.action for entry in store.entries(record.id)] == ["filed"]
    assert store.due(now=NOW, limit=10) == []
    store.commit(holding(change, 1))
    assert store.request(record.id) == change.request


def test_a_filing_whose_guard_no_longer_holds_leaves_nothing(store: Store) -> None:
    advance(store)

    with pytest.raises(GuardFailed):
        store.create(holding(filed(wake=("request:x",))), key="k")

    assert store.filed("k") is None
    assert store.pending(limit=10) == []
    assert list(store.chains()) == [""]
    assert store.due(now=NOW, limit=10) == []
    assert store.create(holding(filed(), 1), key="k") == filed().request


@pytest.mark.parametrize("key", ["k", "another"])
def test_what_a_key_filed_before_is_found_though_its_guard_holds_no_more(store: Store, key: str) -> None:
    first = store.create(holding(filed()), key="k")
    advance(store)

    assert store.filed("k") == first
    if key == "k":
        assert store.create(holding(filed("r-9999999999")), key=key) == first
    else:
        with pytest.raises(GuardFailed):
            store.create(holding(filed("r-9999999999")), key=key)


def test_every_guard_of_a_change_has_to_hold(store: Store) -> None:
    record = store.create(filed(), key="k")
    advance(store, name="two")

    with pytest.raises(GuardFailed, match="two"):
        store.commit(holding(following(record), 0, "one", "two", "three"))
    with pytest.raises(GuardFailed, match="one"):
        store.commit(holding(following(record), 1, "two", "one"))

    store.commit(holding(following(record), 0, "one", "three"))


@pytest.mark.parametrize("stands", ["later", "never"])
def test_a_change_that_has_seen_another_request_otherwise_than_it_stands_leaves_nothing(
    store: Store, stands: str
) -> None:
    record = store.create(filed(), key="k")
    other = store.create(filed("r-9999999999"), key="other")
    seen = Seen(request=other.id if stands == "later" else "r-8888888888", version=other.version)
    if stands == "later":
        store.commit(following(other))

    for change in (following(record), holding(following(record), 0, "epoch")):
        with pytest.raises(GuardFailed):
            store.commit(msgspec.structs.replace(change, seen=(seen,)))
    with pytest.raises(GuardFailed):
        store.create(msgspec.structs.replace(filed("r-7777777777"), seen=(seen,)), key="new")

    assert store.request(record.id) == record
    assert store.filed("new") is None
    now = Seen(request=other.id, version=store.request(other.id).version)
    store.commit(msgspec.structs.replace(following(record), seen=(now,)))


def test_a_change_without_guards_asks_after_none(store: Store) -> None:
    record = store.create(filed(), key="k")
    advance(store)

    store.commit(following(record, state="withdrawn"))

    assert store.request(record.id).state == "withdrawn"


def test_of_a_change_that_came_second_and_whose_guard_fails_nothing_is_kept_either(store: Store) -> None:
    record = store.create(filed(), key="k")
    store.commit(following(record))
    advance(store)

    with pytest.raises((Conflict, GuardFailed)):
        store.commit(holding(following(record)))

    assert store.request(record.id).version == 2


def test_a_guard_moves_on_by_several_at_once_and_its_chain_says_where_it_stands(store: Store) -> None:
    record = store.create(filed(), key="k")
    advance(store)
    guard = Guard(name="epoch", value=1)
    store.advance(guard, body=b"", at=NOW, actor="os:root", action="moved", detail={}, steps=2)

    assert store.guarded("epoch").value == 3
    assert store.entries("")[-1].detail == {"guard": "epoch", "value": 3}
    for old in (0, 1, 2):
        with pytest.raises(GuardFailed):
            store.commit(holding(following(record), old))
    store.commit(holding(following(record), 3))


def test_a_guard_stands_over_reopening_and_its_moves_are_told_in_the_chain(place: Place) -> None:
    store = place.open()
    assert store.guarded("epoch") == Guarded()
    advance(store, body=b"one")
    advance(store, 1, body=b"two")
    store.close()

    again = place.open()

    assert again.guarded("epoch") == Guarded(value=2, body=b"two")
    assert [(entry.actor, entry.action, entry.detail) for entry in again.entries("")] == [
        ("os:root", "moved", {"from": 0, "guard": "epoch", "value": 1}),
        ("os:root", "moved", {"from": 1, "guard": "epoch", "value": 2}),
    ]
    assert verify(again.entries(""), request="", head=again.head("")) == 2
    again.close()


def test_several_guards_are_read_together_in_the_order_in_which_they_are_asked_for(store: Store) -> None:
    advance(store, body=b"one")
    assert store.guarded_together("epoch", "nothing") == (Guarded(value=1, body=b"one"), Guarded())
    assert store.guarded_together("nothing", "epoch") == (Guarded(), Guarded(value=1, body=b"one"))


@pytest.mark.parametrize("value", [0, 2])
def test_a_guard_moves_on_from_where_it_stands_alone(store: Store, value: int) -> None:
    advance(store)

    with pytest.raises(Conflict):
        advance(store, value, body=b"other")

    assert store.guarded("epoch") == Guarded(value=1, body=b"why")
    assert len(store.entries("")) == 1


def test_of_sixteen_moves_from_one_value_one_wins(store: Store) -> None:
    store.installation()

    results = many_at_once(16, lambda number: advance(store, body=str(number).encode()))

    assert results.count(None) == 1
    assert [type(result) for result in results if result is not None] == [Conflict] * 15
    assert store.guarded("epoch").body == str(results.index(None)).encode()
    assert len(store.entries("")) == 1


def test_what_commits_beside_a_move_is_before_it_or_fails(store: Store) -> None:
    """Fails where the guard is read outside of the transaction: then a change is kept that came after the move.

    Each change tells in its own record what it saw, so whoever reads the guard first and the record afterwards
    sees either the guard as it was, or every change that will ever be kept under the old value.
    """
    records = [store.create(filed(f"r-{number:010}"), key=str(number)) for number in range(12)]
    seen: list[set[str]] = []

    def act(number: int) -> None:
        if number < len(records):
            store.commit(holding(following(records[number], state="denied")))
        else:
            advance(store)
            seen.append(kept(store, records))

    results = many_at_once(len(records) + 1, act)

    assert results[-1] is None
    failed = [each for each in results[:-1] if each is not None]
    assert {type(each) for each in failed} <= {GuardFailed}
    assert kept(store, records) == seen[0]
    assert len(seen[0]) == len(records) - len(failed)


def kept(store: Store, records: list[Request]) -> set[str]:
    return {record.id for record in records if store.request(record.id).version == 2}


def test_no_change_is_kept_after_a_move_however_many_are_tried(store: Store) -> None:
    """What is decided on an old value again and again fails each time, and holds up nothing that goes on."""
    record = store.create(filed(), key="k")
    advance(store)

    results = many_at_once(8, lambda number: store.commit(holding(following(record, detail={"n": number}))))

    assert [type(result) for result in results] == [GuardFailed] * 8
    advance(store, 1)
    store.commit(holding(following(record), 2))


def moves(place: Place) -> Callable[[], None]:
    def act() -> None:
        other = place.open()
        advance(other)
        other.close()

    return act


def test_a_move_by_another_process_is_seen_at_once(place: Place) -> None:
    store = place.open()
    record = store.create(filed(), key="k")
    store.commit(holding(following(record)))

    moves(place)()

    with pytest.raises(GuardFailed):
        store.commit(holding(following(store.request(record.id))))
    assert store.due(now=NOW + timedelta(days=1), limit=5) == []
    store.close()
