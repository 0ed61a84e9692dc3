"""What the work on one subject reads and writes: Google bills each document."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from approvals.backends.stores.firestore import FirestoreStore
from approvals.errors import Conflict
from approvals.ports.store import Lease
from tests.support.builders import NOW, filed, following
from tests.support.emulators import store_at

SUBJECT = "request:r-0123456789"


@pytest.fixture
def asked(store: FirestoreStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes over the wire from here on, in order: `get` of some documents, `query`, `commit`."""
    store.installation()
    seen: list[str] = []
    for name, said in (("batch_get_documents", "get"), ("run_query", "query"), ("commit", "commit")):
        real: Callable[..., Any] = getattr(FirestoreClient, name)

        def noted(*args: Any, real: Callable[..., Any] = real, said: str = said, **options: Any) -> Any:
            seen.append(said)
            return real(*args, **options)

        monkeypatch.setattr(FirestoreClient, name, noted)
    return seen


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def take(store: FirestoreStore, owner: str = "one", *, at: float = 0, until: float = 30) -> Lease:
    lease = store.lease(SUBJECT, owner=owner, now=after(at), until=after(until))
    assert lease is not None
    return lease


def test_who_holds_a_subject_reads_it_once(store: FirestoreStore, asked: list[str]) -> None:
    lease = take(store)
    store.save(store.save(lease, b"one"), b"two")
    store.release(lease, due=after(60))

    assert asked == ["query", "commit", "commit", "commit", "commit"]
    assert store.recorded(SUBJECT) == b"two"
    assert store.due(now=after(60), limit=1) == [SUBJECT]


@pytest.mark.parametrize("saves", [0, 1, 2])
def test_a_wake_while_it_is_held_is_found_by_whoever_gives_it_back(
    store: FirestoreStore, asked: list[str], saves: int
) -> None:
    """Fails where a holder writes what it did not see: the wake would be lost."""
    lease = take(store)
    store.wake(SUBJECT, due=after(5))
    for number in range(saves):
        store.save(lease, b"%d" % number)
    asked.clear()

    store.release(lease, due=after(60))

    assert asked == (["commit"] if saves else ["commit", "get", "commit"])
    assert store.due(now=after(5), limit=1) == [SUBJECT]


def test_a_lease_that_another_store_has_taken_over_is_lost_here(
    store: FirestoreStore, other: FirestoreStore
) -> None:
    mine = take(store)
    theirs = take(other, "two", at=31, until=61)
    with pytest.raises(Conflict):
        store.save(mine, b"mine")
    store.release(mine, due=None)
    other.save(theirs, b"theirs")

    assert store.recorded(SUBJECT) == b"theirs"
    assert other.lease(SUBJECT, owner="three", now=after(40), until=after(70)) is None


def test_leases_of_a_process_that_gives_nothing_back_are_forgotten(
    store: FirestoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.backends.stores.firestore.work._NOTED", 1)
    first = take(store)
    store.lease("request:r-1", owner="one", now=NOW, until=after(30))

    store.release(store.save(first, b"kept"), due=None)

    assert store.recorded(SUBJECT) == b"kept"


def test_a_change_reads_its_request_alone(store: FirestoreStore, asked: list[str]) -> None:
    record = store.create(filed(), key="k")
    asked.clear()

    store.commit(following(record))

    assert asked == ["get", "commit"]


def test_all_that_somebody_has_open_is_one_query(store: FirestoreStore, asked: list[str]) -> None:
    record = store.create(filed(), key="k")
    asked.clear()

    assert [each.id for each in store.open_of(record.requester)] == [record.id]
    assert store.open_of("nobody@example.com") == []
    assert asked == ["query", "query"]


@pytest.fixture
def other(firestore_host: str, project: str) -> Iterator[FirestoreStore]:
    opened = store_at(firestore_host, project)
    yield opened
    opened.close()
