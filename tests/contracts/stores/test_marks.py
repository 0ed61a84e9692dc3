"""Marks: made with a change or not at all, once a name, found by everybody, and forgotten after their time."""

from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from approvals.changes import Change, Mark, Marked
from approvals.guards import Guard, GuardFailed
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following
from tests.support.meetings import many_at_once

SOON = NOW + timedelta(minutes=5)
ODD = "answer:payments:order/17 ü\n" + "x" * 2000


def mark(name: str = "jti:payments:1", body: bytes = b"") -> Mark:
    return Mark(name=name, until=SOON, body=body)


def marked(change: Change, *marks: Mark) -> Change:
    return msgspec.structs.replace(change, marks=marks)


def test_what_did_not_happen_has_no_mark(store: Store) -> None:
    assert store.mark("jti:payments:1") is None


def test_a_second_change_with_a_mark_is_not_kept(store: Store) -> None:
    record = store.create(marked(filed(), mark("jti:payments:1", b"first")), key="k")
    changes: list[Any] = [
        partial(store.commit, marked(following(record, state="denied"), mark("another"), mark("jti:payments:1"))),
        partial(store.create, marked(filed("r-1111111111"), mark("jti:payments:1")), key="other"),
    ]

    for change in changes:
        with pytest.raises(Marked) as known:
            change()
        assert known.value.name == "jti:payments:1"

    assert store.mark("jti:payments:1") == b"first"
    assert store.mark("another") is None
    assert store.request(record.id) == record
    assert store.filed("other") is None


def test_a_change_that_is_not_kept_leaves_no_mark(store: Store) -> None:
    record = store.create(filed(), key="k")
    late = marked(following(record), mark())
    held = marked(following(record, state="denied"), mark())
    with pytest.raises(GuardFailed):
        store.commit(msgspec.structs.replace(held, guards=(Guard(name="epoch", value=7),)))
    store.commit(following(record, state="denied"))

    with pytest.raises(Conflict):
        store.commit(late)

    assert store.mark("jti:payments:1") is None


def test_marks_are_kept_with_a_filing_and_with_a_change_over_reopening(place: Place) -> None:
    with closing(place.open()) as store:
        record = store.create(marked(filed(), mark(ODD, b"\0answer")), key="k")
        store.commit(marked(following(record), mark("a"), mark("b", b"b")))

    with closing(place.open()) as again:
        assert [again.mark(name) for name in (ODD, "a", "b", "c")] == [b"\0answer", b"", b"b", None]


def test_a_filing_that_was_made_before_makes_no_marks_anew(store: Store) -> None:
    first = store.create(marked(filed(), mark()), key="k")

    assert store.create(marked(filed("r-1111111111"), mark("later")), key="k") == first
    assert store.mark("later") is None


def test_of_two_instances_one_makes_a_mark(place: Place) -> None:
    with closing(place.open()) as one, closing(place.open()) as other:
        records = [one.create(filed(f"r-{number:010}"), key=str(number)) for number in range(8)]
        changes = [marked(following(each, state="denied"), mark(body=each.id.encode())) for each in records]

        results = many_at_once(8, lambda number: (one, other)[number % 2].commit(changes[number]))

        won = [record.id for record, result in zip(records, results, strict=True) if result is None]
        assert len(won) == 1
        assert [type(result) for result in results if result is not None] == [Marked] * 7
        assert one.mark("jti:payments:1") == other.mark("jti:payments:1") == won[0].encode()


def test_a_mark_is_forgotten_once_its_time_is_over_and_may_be_made_again(store: Store) -> None:
    record = store.create(
        marked(filed(), mark("short"), Mark(name="long", until=NOW + timedelta(days=1))), key="k"
    )

    assert store.sweep(before=SOON, limit=10) == 0
    assert store.sweep(before=SOON + timedelta(microseconds=1), limit=10) == 1

    assert (store.mark("short"), store.mark("long")) == (None, b"")
    store.commit(marked(following(record), mark("short", b"again")))
    assert store.mark("short") == b"again"


def test_one_sweep_does_no_more_than_it_may(store: Store) -> None:
    marks = [Mark(name=str(number), until=NOW + timedelta(seconds=number)) for number in range(5)]
    store.create(marked(filed(), *marks), key="k")

    assert store.sweep(before=SOON, limit=2) == 2
    assert [store.mark(str(number)) for number in range(5)] == [None, None, b"", b"", b""]
    assert [store.sweep(before=SOON, limit=2) for _ in range(3)] == [2, 1, 0]
