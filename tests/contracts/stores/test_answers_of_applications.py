"""Answers of applications' calls: once a key and once a token, for a day, however many there are."""

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals.again import again
from approvals.answers import LIFE, MOST, Answered, Call, Marking
from approvals.changes import Change, Mark, Marked
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict, Refused
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following
from tests.support.meetings import many_at_once

APP = "payments"


def token(jti: str) -> Mark:
    return Mark(name=f"jti:{APP}:{jti}", until=NOW + timedelta(minutes=6))


def call(key: str = "order/17", *, account: str = APP, digest: str = "d1", jti: str = "j1") -> Call:
    return Call(account=account, key=key, digest=digest, token=token(jti))


def answered(store: Store, change: Change, made: Call, *, now: datetime = NOW, body: str = "done") -> Change:
    """A change with the answer of the call that makes it."""
    return Marking(store).keeping(made, write=lambda _: body, now=now)(change)


def earlier(store: Store, made: Call) -> str | None:
    found = Marking(store).earlier(made, now=NOW)
    return None if found is None else found.body


def test_a_token_that_was_sent_again_for_another_key_changes_nothing(store: Store) -> None:
    record = store.create(answered(store, filed(), call()), key="k")
    late = Marking(store).keeping(call("other"), write=lambda _: "twice", now=NOW)

    with pytest.raises(Refused) as refused:
        late(following(record))
    with pytest.raises(Marked):
        store.commit(msgspec.structs.replace(following(record), marks=(token("j1"),)))

    assert refused.value.code == "unauthorized"
    assert earlier(store, call("other")) is None
    assert store.request(record.id) == record


def test_a_key_that_has_its_answer_puts_nothing_beside_another_change(store: Store) -> None:
    record = store.create(answered(store, filed(), call(), body="filed"), key="k")

    with pytest.raises(Answered) as known:
        answered(store, following(record), call(digest="another", jti="j2"))

    assert (known.value.answer.body, known.value.answer.digest) == ("filed", "d1")


def test_a_call_that_is_sent_again_with_its_token_has_its_answer_and_is_no_replay(store: Store) -> None:
    record = store.create(answered(store, filed(), call(), body="filed"), key="k")

    assert earlier(store, call()) == "filed"
    with pytest.raises(Answered):
        answered(store, following(record), call())


def test_a_call_that_changed_nothing_spends_nothing(store: Store) -> None:
    record = store.create(filed(), key="k")
    late = answered(store, following(record), call())
    store.commit(following(record, state="denied"))

    with pytest.raises(Conflict):
        store.commit(late)

    store.create(answered(store, filed("r-1111111111"), call()), key="other")


def test_one_application_knows_nothing_of_another_s_answers(store: Store) -> None:
    store.create(answered(store, filed(), call()), key="k")

    assert earlier(store, call(account="stock")) is None
    assert earlier(store, call("order/18")) is None


def test_none_of_many_answers_makes_room_for_another(store: Store) -> None:
    change = filed()
    for number in range(MOST + 5):
        change = answered(store, change, call(f"k{number}", jti=f"j{number}"), body=str(number))
    store.create(change, key="k")

    assert [earlier(store, call(f"k{number}")) for number in (0, MOST + 4)] == ["0", str(MOST + 4)]


def test_an_answer_is_kept_for_a_day(store: Store) -> None:
    store.create(answered(store, filed(), call()), key="k")

    store.sweep(before=NOW + LIFE, limit=10)
    assert earlier(store, call()) == "done"

    store.sweep(before=NOW + LIFE + timedelta(seconds=1), limit=10)
    assert earlier(store, call()) is None


def test_what_somebody_spoilt_answers_no_call_and_lets_none_do_it_again(store: Store) -> None:
    spoilt = Mark(name="answer:payments:order/17", until=NOW + LIFE, body=b"\xff{")
    store.create(msgspec.structs.replace(filed(), marks=(spoilt,)), key="k")

    found = Marking(store).earlier(call(), now=NOW)

    assert found is not None
    assert found.digest != "d1"


def test_of_eight_calls_with_one_key_on_two_instances_one_does_it_and_all_others_find_its_answer(
    place: Place,
) -> None:
    with closing(place.open()) as one, closing(place.open()) as other:
        record = one.create(filed(), key="k")

        def sent(number: int) -> None:
            store = (one, other)[number % 2]
            made = call(jti=f"j{number}")
            again(
                lambda: store.commit(answered(store, following(store.request(record.id)), made, body=str(number))),
                changing="it",
                attempts=20,
            )

        results: list[Any] = many_at_once(8, sent)

        won = [number for number, result in enumerate(results) if result is None]
        assert len(won) == 1
        lost = [result for result in results if result is not None]
        assert [type(result) for result in lost] == [Answered] * 7
        assert {result.answer.body for result in lost} == {str(won[0])}
        assert one.request(record.id).version == 2
