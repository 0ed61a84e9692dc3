from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from approvals.ports.store import Store
from approvals.refusals.errors import NotFound
from countersign_client.chain import START, ChainError, verify
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following


def test_a_chain_without_a_record_has_no_head(store: Store) -> None:
    with pytest.raises(NotFound):
        store.head("r-0000000000")
    assert store.entries("r-0000000000") == []


def test_a_new_store_has_an_empty_installation_chain(store: Store) -> None:
    assert list(store.chains()) == [""]
    assert verify(store.entries(""), request="", head=store.head("")) == 0
    assert store.head("") == START


def test_installation_entries_follow_each_other_over_reopening(place: Place) -> None:
    store = place.open()
    first = store.append(at=NOW, actor="system", action="policy_loaded", detail={"digest": "sha256:1"})
    store.close()
    store = place.open()
    second = store.append(at=NOW + timedelta(seconds=1), actor="alice@example.com", action="frozen", detail={})

    assert (first.seq, first.prev, first.at) == (1, START, "2026-11-22T10:00:00Z")
    assert (second.seq, second.prev, second.request) == (2, first.hash, "")
    assert list(store.entries("")) == [first, second]
    assert store.head("") == second.hash
    assert verify(store.entries(""), request="", head=store.head("")) == 2
    store.close()


def test_every_chain_is_named_and_verifies(store: Store) -> None:
    for number in range(7):
        record = store.create(filed(f"r-000000000{number}"), key=str(number))
        for _ in range(number):
            change = following(record)
            store.commit(change)
            record = change.request

    counts = {
        chain: verify(store.entries(chain), request=chain, head=store.head(chain)) for chain in store.chains()
    }

    assert counts == {"": 0} | {f"r-000000000{number}": number + 1 for number in range(7)}


def test_more_chains_than_one_page_are_all_named_once(store: Store) -> None:
    ids = [f"r-{number:010}" for number in range(510)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda request_id: store.create(filed(request_id), key=request_id), ids))

    assert list(store.chains()) == ["", *ids]


def test_a_cut_tail_shows_against_the_recorded_head(store: Store) -> None:
    record = store.create(filed(), key="k")
    store.commit(following(record))

    with pytest.raises(ChainError):
        verify(list(store.entries(record.id))[:1], request=record.id, head=store.head(record.id))


def test_what_follows_an_entry_is_read_so_many_at_a_time_and_never_another_chain_s(store: Store) -> None:
    other, record = store.create(filed("r-0000000001"), key="1"), store.create(filed("r-0000000000"), key="0")
    for _ in range(4):
        change = following(record)
        store.commit(change)
        record = change.request
    all_of_it = store.entries(record.id)

    assert list(store.entries_after(record.id, seq=1, limit=3)) == list(all_of_it[1:4])
    assert list(store.entries_after(record.id, seq=4, limit=3)) == list(all_of_it[4:])
    assert list(store.entries_after(record.id, seq=5, limit=3)) == []
    assert list(store.entries_after(record.id, seq=9, limit=3)) == []
    assert [each.request for each in store.entries_after(other.id, seq=0, limit=9)] == [other.id]
    assert list(store.entries_after("r-0000000009", seq=0, limit=9)) == []


def test_the_installation_s_entries_are_read_from_where_one_left_off(store: Store) -> None:
    made = [store.append(at=NOW, actor="x", action="frozen", detail={"n": number}) for number in range(3)]

    assert list(store.entries_after("", seq=0, limit=2)) == made[:2]
    assert list(store.entries_after("", seq=2, limit=2)) == made[2:]
