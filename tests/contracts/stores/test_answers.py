"""Answers of calls: kept with what the call changed or not at all, once a key, each account's own, and bounded."""

from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from approvals.answers import LIFE, MOST, Answered, Answering, Call
from approvals.changes import Beside, Change
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict
from approvals.requests import Request
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following
from tests.support.meetings import many_at_once

ALICE = "iap:accounts.google.com:1/alice@example.com"


def call(key: str = "k1", *, account: str = ALICE, digest: str = "d1") -> Call:
    return Call(account=account, key=key, digest=digest)


def answered(store: Store, change: Change, made: Call, *, now: datetime = NOW, body: str = "done") -> Change:
    """A change with the answer of the call that makes it."""
    return Answering(store).keeping(made, write=lambda _: body, now=now)(change)


def earlier(store: Store, made: Call, *, now: datetime = NOW) -> str | None:
    found = Answering(store).earlier(made, now=now)
    return None if found is None else found.body


def test_what_was_never_answered_is_not_known(store: Store) -> None:
    assert earlier(store, call()) is None


def test_an_answer_is_kept_with_a_filing_and_with_a_change_over_reopening(place: Place) -> None:
    with closing(place.open()) as store:
        record = store.create(answered(store, filed(), call(), body="filed"), key="k")
        store.commit(answered(store, following(record, state="denied"), call("k2"), body="denied"))

    with closing(place.open()) as again:
        assert (earlier(again, call()), earlier(again, call("k2"))) == ("filed", "denied")
        assert earlier(again, call(account="iap:accounts.google.com:2/bob@example.com")) is None


def test_an_answer_says_what_the_request_became(store: Store) -> None:
    record = store.create(filed(), key="k")

    def state(request: Request) -> str:
        return request.state

    store.commit(Answering(store).keeping(call(), write=state, now=NOW)(following(record, state="denied")))

    assert earlier(store, call()) == "denied"


def test_a_key_that_has_its_answer_puts_nothing_beside_another_change(store: Store) -> None:
    record = store.create(answered(store, filed(), call(), body="filed"), key="k")

    with pytest.raises(Answered) as known:
        answered(store, following(record), call(digest="another"))

    assert (known.value.answer.body, known.value.answer.digest) == ("filed", "d1")


@pytest.mark.parametrize("version", [0, 2])
def test_a_change_beside_answers_that_are_others_by_now_is_not_kept(store: Store, version: int) -> None:
    record = store.create(answered(store, filed(), call()), key="k")
    beside = Beside(account=ALICE, version=version, body=b"{}", until=NOW + LIFE)
    changes: list[Any] = [
        partial(store.commit, msgspec.structs.replace(following(record), beside=beside)),
        partial(store.create, msgspec.structs.replace(filed("r-1111111111"), beside=beside), key="other"),
    ]

    for change in changes:
        with pytest.raises(Conflict):
            change()

    assert earlier(store, call()) == "done"
    assert store.request(record.id) == record
    assert store.filed("other") is None
    assert store.filed("k") == record


def test_a_change_that_is_not_kept_answers_nothing(store: Store) -> None:
    record = store.create(filed(), key="k")
    late = answered(store, following(record), call())
    store.commit(following(record, state="denied"))

    with pytest.raises(Conflict):
        store.commit(late)

    assert earlier(store, call()) is None


def test_of_an_account_the_newest_answers_are_kept_for_a_day(store: Store) -> None:
    """The record is written as it would be after so many calls, and once more."""
    record = store.create(filed(), key="k")
    many = [{"key": f"k{n}", "digest": "d", "body": "b", "at": NOW} for n in range(MOST)]
    full = Beside(account=ALICE, version=0, body=msgspec.json.encode({"v": 1, "kept": many}), until=NOW)
    change = msgspec.structs.replace(following(record), beside=full)
    store.commit(change)

    store.commit(answered(store, following(change.request, state="denied"), call("newest")))

    assert earlier(store, call("k0")) is None
    assert (earlier(store, call("k1")), earlier(store, call("newest"))) == ("b", "done")
    assert earlier(store, call("newest"), now=NOW + LIFE - timedelta(seconds=1)) == "done"
    assert earlier(store, call("newest"), now=NOW + LIFE) is None


def test_what_somebody_spoilt_is_forgotten_and_written_anew(store: Store) -> None:
    record = store.create(filed(), key="k")
    spoilt = msgspec.structs.replace(
        following(record), beside=Beside(account=ALICE, version=0, body=b"\xff{", until=NOW)
    )
    store.commit(spoilt)
    assert earlier(store, call()) is None

    store.commit(answered(store, following(spoilt.request, state="denied"), call()))

    assert earlier(store, call()) == "done"


def test_another_instance_knows_an_answer_at_once_and_two_never_answer_one_call(place: Place) -> None:
    with closing(place.open()) as one, closing(place.open()) as other:
        record = one.create(filed(), key="k")
        late = answered(other, following(record), call(), body="other")
        one.commit(answered(one, following(record, state="denied"), call(), body="one"))

        assert earlier(other, call()) == "one"
        with pytest.raises(Conflict):
            other.commit(late)
        with pytest.raises(Answered):
            answered(other, following(one.request(record.id)), call())


def test_how_often_requests_were_changed_is_told_in_one_look(store: Store) -> None:
    first, second = (store.create(filed(f"r-{number:010}"), key=str(number)) for number in range(2))
    store.commit(following(second, state="denied"))

    assert store.versions([first.id, second.id, "r-none"]) == {first.id: 1, second.id: 2}
    assert store.versions([]) == {}


def test_of_sixteen_calls_with_one_key_one_changes_something(store: Store) -> None:
    """Fails without the comparison of versions in the `answers` module of either store."""
    records = [store.create(filed(f"r-{number:010}"), key=str(number)) for number in range(16)]
    changes = [answered(store, following(each, state="denied"), call(), body=each.id) for each in records]

    results = many_at_once(16, lambda number: store.commit(changes[number]))

    won = [record.id for record, result in zip(records, results, strict=True) if result is None]
    assert len(won) == 1
    assert [type(result) for result in results if result is not None] == [Conflict] * 15
    assert earlier(store, call()) == won[0]
    assert [store.request(each.id).state for each in records].count("denied") == 1
