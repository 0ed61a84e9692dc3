"""What a process remembers of a subject or a request lets it do nothing that it could not do by reading."""

import pytest

from approvals.ports.store import Store
from approvals.refusals.errors import Conflict
from tests.contracts.stores.places import Place
from tests.contracts.stores.test_work import SHARED, SUBJECT, after, take
from tests.support.builders import NOW, filed, following


def test_what_is_left_as_a_subject_is_given_back_is_recorded_by_that(store: Store) -> None:
    store.save(take(store), b"saved")
    store.release(take(store, "two", at=30, until=60), due=after(90), body=b"left")
    assert (store.recorded(SUBJECT), store.due(now=after(90), limit=5)) == (b"left", [SUBJECT])

    store.release(take(store, "three", at=90, until=120), due=None)
    assert store.recorded(SUBJECT) == b"left"


def test_who_lost_a_lease_leaves_nothing(store: Store) -> None:
    """Fails where the body is written whoever holds the subject."""
    lost = take(store, "one", until=30)
    held = store.save(take(store, "two", at=30, until=60), b"second")

    store.release(lost, due=after(1), body=b"first")

    assert store.recorded(SUBJECT) == b"second"
    assert store.due(now=after(59), limit=5) == []
    store.release(held, due=None)


def test_what_was_found_due_and_taken_by_another_meanwhile_is_not_taken_twice(place: Place, store: Store) -> None:
    """What a process remembers of a subject gives it no lease."""
    store.wake(SUBJECT, due=NOW)
    assert store.due(now=NOW, limit=5) == [SUBJECT]
    other = place.open()
    theirs = take(other, "two")

    assert store.lease(SUBJECT, owner="one", now=after(1), until=after(31)) is None
    other.release(other.save(theirs, b"theirs"), due=None)
    assert take(store, at=2, until=32).body == b"theirs"
    other.close()


@pytest.mark.parametrize("shared", [SUBJECT, SHARED])
def test_what_wakes_a_subject_between_finding_and_taking_it_is_worked_on(store: Store, shared: str) -> None:
    record = store.create(filed(wake=(shared,)), key="k")
    assert store.due(now=NOW, limit=5) == [shared]
    store.commit(following(record, wake=(shared,), due=after(1)))
    store.wake(shared, due=after(1))

    lease = store.lease(shared, owner="one", now=after(2), until=after(32))
    assert lease is not None
    store.release(lease, due=None)
    assert store.due(now=after(3600), limit=5) == []


def test_a_change_by_another_process_is_never_written_over(place: Place, store: Store) -> None:
    """What a process remembers of a request it has read lets it change nothing that another has changed since."""
    store.create(filed(), key="k")
    record = store.request("r-0123456789")
    other = place.open()
    other.commit(following(other.request(record.id)))

    with pytest.raises(Conflict):
        store.commit(following(record))
    store.commit(following(store.request(record.id)))
    assert [entry.seq for entry in other.entries(record.id)] == [1, 2, 3]
    other.close()
