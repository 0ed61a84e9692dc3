"""What the work on one subject reads and writes: Google bills each document."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from approvals.backends.stores.firestore import FirestoreStore
from approvals.changes import Mark, Marked
from approvals.ports.store import Lease
from approvals.refusals.errors import Conflict
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
    monkeypatch.setattr("approvals.backends.stores.firestore.known.NOTED", 1)
    first = take(store)
    store.lease("request:r-1", owner="one", now=NOW, until=after(30))

    store.release(store.save(first, b"kept"), due=None)

    assert store.recorded(SUBJECT) == b"kept"


def test_a_change_of_what_was_read_or_written_here_reads_nothing(
    store: FirestoreStore, other: FirestoreStore, asked: list[str]
) -> None:
    record = other.create(filed(), key="k")
    asked.clear()

    store.commit(following(store.request(record.id)))
    store.commit(following(store.open_of(record.requester)[0]))
    assert asked == ["get", "commit", "query", "commit"]


def test_a_change_of_what_another_has_written_since_reads_and_is_refused(
    store: FirestoreStore, other: FirestoreStore, asked: list[str]
) -> None:
    record = store.create(filed(), key="k")
    other.commit(following(record))
    asked.clear()

    with pytest.raises(Conflict):
        store.commit(following(record))
    # Refused by what it remembered; then whether its own answer was lost, and what stands.
    assert asked == ["commit", "get", "get"]


def test_a_change_is_kept_where_only_a_note_was_made_of_its_request_since(
    store: FirestoreStore, other: FirestoreStore, asked: list[str]
) -> None:
    record = store.create(filed(), key="k")
    other.anchored(other.unanchored(limit=1))

    store.commit(following(record))

    assert store.request(record.id).version == 2


def test_a_change_of_what_was_never_seen_here_reads_it(
    store: FirestoreStore, other: FirestoreStore, asked: list[str]
) -> None:
    record = other.create(filed(), key="k")
    asked.clear()

    store.commit(following(record))

    assert asked == ["get", "commit"]


def test_filing_reads_nothing_but_what_limits_count(store: FirestoreStore, asked: list[str]) -> None:
    store.create(filed(), key="k")
    assert asked == ["commit"]


def test_filing_once_more_finds_the_first(store: FirestoreStore, other: FirestoreStore, asked: list[str]) -> None:
    first = other.create(filed(), key="k")
    asked.clear()

    assert store.create(filed("r-9999999999"), key="k").id == first.id
    assert asked == ["commit", "get", "get"]
    with pytest.raises(Conflict):
        store.create(filed(first.id), key="another")


SPENT = Mark(name="jti:payments:1", until=NOW + timedelta(minutes=5))


def test_a_mark_that_another_has_made_is_found_by_the_commit_and_named(
    store: FirestoreStore, other: FirestoreStore, asked: list[str]
) -> None:
    """By a filing and by a change: neither is kept."""
    record = store.create(filed(), key="k")
    other.spend(SPENT)

    with pytest.raises(Marked) as by_filing:
        store.create(msgspec.structs.replace(filed("r-1111111111"), marks=(SPENT,)), key="l")
    with pytest.raises(Marked) as by_change:
        store.commit(msgspec.structs.replace(following(record), marks=(SPENT,)))

    assert by_filing.value.name == by_change.value.name == SPENT.name
    assert (store.request(record.id).version, store.filed("l")) == (1, None)


def test_marks_are_not_looked_for_before_they_are_made(store: FirestoreStore, asked: list[str]) -> None:
    others = [msgspec.structs.replace(SPENT, name=f"jti:payments:{number}") for number in (2, 3)]
    record = store.create(msgspec.structs.replace(filed(), marks=(SPENT,)), key="k")
    store.commit(msgspec.structs.replace(following(record), marks=(*others,)))

    assert asked == ["commit", "commit"]
    assert all(store.mark(each.name) is not None for each in (SPENT, *others))


def test_an_older_request_that_another_has_changed_is_read_and_nothing_is_filed(
    store: FirestoreStore, other: FirestoreStore
) -> None:
    older = store.create(filed(), key="k")
    other.commit(following(older))

    with pytest.raises(Conflict):
        store.create(filed("r-1111111111"), key="l", older=following(older))

    assert (store.filed("l"), store.request(older.id).version) == (None, 2)


def test_what_is_filed_beside_an_older_one_that_was_read_here_reads_nothing(
    store: FirestoreStore, asked: list[str]
) -> None:
    older = store.create(filed(), key="k")
    store.create(filed("r-1111111111"), key="l", older=following(older))

    assert asked == ["commit", "commit"]
    assert store.request(older.id).version == 2


def test_who_takes_what_was_just_found_due_reads_nothing_more(store: FirestoreStore, asked: list[str]) -> None:
    store.save(take(store), b"before")
    store.wake(SUBJECT, due=NOW)
    asked.clear()

    assert store.due(now=after(31), limit=50) == [SUBJECT]
    lease = take(store, at=31, until=61)
    assert asked == ["query", "commit"]
    assert lease.body == b"before"
    store.release(lease, due=None, body=b"after")
    assert asked == ["query", "commit", "commit"]
    assert store.recorded(SUBJECT) == b"after"


def test_who_takes_what_another_took_meanwhile_reads_and_leaves_it(
    store: FirestoreStore, other: FirestoreStore, asked: list[str]
) -> None:
    store.wake(SUBJECT, due=NOW)
    store.due(now=NOW, limit=50)
    take(other, "two")
    asked.clear()

    assert store.lease(SUBJECT, owner="one", now=after(1), until=after(31)) is None
    assert asked == ["commit", "query"]


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
