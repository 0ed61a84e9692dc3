"""Emergencies: one of a person's at a time, found until it is reviewed, on every store."""

from datetime import timedelta

import msgspec
import pytest

from approvals.changes import Change, Mark, Marked
from approvals.emergencies import AfterReview, Finding
from approvals.ports.store import UNREVIEWED, Store
from approvals.requests import Request
from approvals.reviews import typed
from tests.support.builders import NOW, RESOURCE, filed, following, grant
from tests.support.meetings import many_at_once

NAME = "break-glass:alice@example.com"
AWAITED = AfterReview(by=("group:security",), due=NOW + timedelta(days=3))
FINDING = Finding(
    at=NOW,
    by="carol@example.com",
    justified=True,
    why=typed("It was down", salt="s" * 16),
    channel="slack",
    account="slack:T0123ABCD/U0CA401",
)


def begun(request_id: str) -> Change:
    """Somebody's access in an emergency, filed and given by one change."""
    mark = Mark(name=NAME, until=NOW + timedelta(days=9999), body=request_id.encode())
    first = filed(request_id, state="approved", grant=grant(), after_review=AWAITED)
    return msgspec.structs.replace(first, marks=(mark,))


def reviewed(record: Request, **changes: object) -> Change:
    found = msgspec.structs.replace(AWAITED, finding=FINDING)
    return msgspec.structs.replace(following(record, after_review=found, **changes), unmarks=(NAME,))  # type: ignore[arg-type]


def test_of_many_at_once_one_is_kept_and_after_its_review_the_next(store: Store) -> None:
    changes = [begun(f"r-000000000{number}") for number in range(6)]
    results = many_at_once(6, lambda number: store.create(changes[number], key=str(number)))

    kept = [each for each in results if isinstance(each, Request)]
    assert [type(each) for each in results if not isinstance(each, Request)] == [Marked] * 5
    assert store.mark(NAME) == kept[0].id.encode()

    store.commit(reviewed(kept[0]))
    assert store.mark(NAME) is None
    assert store.create(begun("r-1111111111"), key="next").id == "r-1111111111"


def test_a_review_that_is_not_kept_leaves_the_mark(store: Store) -> None:
    record = store.create(begun("r-0000000000"), key="k")
    late = reviewed(record)
    store.commit(following(record))
    with pytest.raises(Exception, match="changed meanwhile"):
        store.commit(late)

    assert store.mark(NAME) == record.id.encode()


def test_it_is_found_until_it_is_reviewed_whatever_became_of_its_access(store: Store) -> None:
    record = store.create(begun("r-0000000000"), key="k")
    assert [[each.id for each in store.on(place).requests] for place in (UNREVIEWED, RESOURCE)] == [
        [record.id]
    ] * 2

    removed = following(record, grant=grant("ended", removed=True))
    store.commit(removed)
    assert store.on(RESOURCE).requests == []
    assert store.on(UNREVIEWED).requests == [removed.request]
    assert store.open_of("alice@example.com") == [removed.request]

    done = reviewed(removed.request)
    store.commit(done)
    assert store.request(record.id) == done.request
    assert store.on(UNREVIEWED).requests == []
    assert store.open_of("alice@example.com") == []
