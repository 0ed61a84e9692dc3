"""What Google says, in words that name what would mend it; and answers that never come back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from google.api_core import exceptions
from google.auth.exceptions import TransportError
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import FirestoreStore
from approvals.backends.stores.firestore.failures import Disturbed, told, told_of_commit
from approvals.refusals.errors import Unavailable
from countersign_client.chain import verify
from tests.support.builders import NOW, filed, following, review_key

Kind = Callable[[str], Exception]


@pytest.mark.parametrize(
    ("kind", "text", "mend"),
    [
        (exceptions.NotFound, "The database (default) does not exist", "create it"),
        (exceptions.PermissionDenied, "Missing or insufficient permissions.", "roles/datastore.user"),
        (exceptions.Unauthenticated, "Request had invalid credentials.", "roles/datastore.user"),
        (exceptions.FailedPrecondition, "The query requires an index.", "firestore.indexes.json"),
        (exceptions.FailedPrecondition, "not available for Firestore in Datastore Mode", "native mode"),
        (exceptions.InvalidArgument, "exceeds the maximum allowed size", "nothing of it was kept"),
    ],
)
def test_what_an_operator_must_mend_names_it_and_the_place(kind: Kind, text: str, mend: str) -> None:
    with pytest.raises(StoreError, match=r"^firestore://p/d: ") as refused, told("firestore://p/d"):
        raise kind(text)

    assert mend in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (exceptions.Aborted, "contention"),
        (exceptions.DeadlineExceeded, "late"),
        (exceptions.InternalServerError, "oops"),
        (exceptions.ResourceExhausted, "quota"),
        (partial(exceptions.RetryError, cause=None), "Timeout of 5.0s exceeded"),
        (exceptions.ServiceUnavailable, "connection refused"),
        (exceptions.Unknown, "stream removed"),
        (TransportError, "no route to the metadata server"),
    ],
)
def test_what_time_may_mend_is_unavailable(kind: Kind, text: str) -> None:
    with pytest.raises(Unavailable, match=r"^firestore://p/d: "), told("firestore://p/d"):
        raise kind(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (exceptions.Aborted, "contention"),
        (exceptions.AlreadyExists, "document"),
        (exceptions.FailedPrecondition, "the stored version does not match"),
        (exceptions.NotFound, "no document to update"),
    ],
)
def test_a_commit_that_came_second_is_disturbed(kind: Kind, text: str) -> None:
    with pytest.raises(Disturbed), told_of_commit("firestore://p/d"):
        raise kind(text)


@pytest.fixture
def deaf(store: FirestoreStore, monkeypatch: pytest.MonkeyPatch) -> FirestoreStore:
    """A store whose every commit arrives twice: the first answer got lost, and the client sent it again."""
    store.installation()
    commit: Callable[..., Any] = FirestoreClient.commit

    def twice(*arguments: Any, **options: Any) -> Any:
        commit(*arguments, **options)
        return commit(*arguments, **options)

    monkeypatch.setattr(FirestoreClient, "commit", twice)
    return store


def test_a_change_whose_answer_got_lost_is_made_once_and_is_no_conflict(deaf: FirestoreStore) -> None:
    record = deaf.create(filed(), key="k")
    change = following(record, key=review_key(record), state="denied")

    deaf.commit(change)

    assert deaf.request(record.id) == change.request
    assert verify(deaf.entries(record.id), request=record.id, head=change.request.head) == 2


def test_an_entry_whose_answer_got_lost_is_added_once(deaf: FirestoreStore) -> None:
    entry = deaf.append(at=NOW, actor="alice@example.com", action="frozen", detail={})

    assert list(deaf.entries("")) == [entry]
    assert deaf.head("") == entry.hash


@pytest.mark.parametrize("known", [False, True])
def test_a_lease_whose_answer_got_lost_is_held(deaf: FirestoreStore, *, known: bool) -> None:
    until = NOW + timedelta(minutes=1)
    if known:
        deaf.wake("s", due=NOW)

    lease = deaf.lease("s", owner="one", now=NOW, until=until)

    assert lease is not None
    assert deaf.lease("s", owner="one", now=NOW, until=until) is None
    deaf.release(deaf.save(lease, b"done"), due=None)
    assert deaf.due(now=until, limit=1) == []
