"""What one person may ask for is counted where a request is filed, on every store."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.limits import OPEN, Limits
from approvals.ports.store import Store
from approvals.refusals.errors import Refused
from approvals.requests import Request
from tests.support.builders import NOW, filed, following, grant, terms
from tests.support.meetings import many_at_once
from tests.support.refusing import refusing

FEW = Limits(pending=3, per_hour=5)


def name(number: int) -> str:
    return f"r-{number:010}"


def file(store: Store, number: int, *, limits: Limits | None = FEW, at: datetime = NOW, **changes: Any) -> Request:
    change = filed(
        name(number), **{"filed": at, "updated": at, "terms": terms(expires=at + timedelta(hours=8))} | changes
    )
    return store.create(msgspec.structs.replace(change, limits=limits), key=f"key {number}")


def withdraw(store: Store, request: Request) -> None:
    store.commit(following(request, action="withdrawn", state="withdrawn"))


def is_refused(act: Callable[[], object], *, saying: str) -> None:
    with refusing(saying) as refusal:
        act()
    assert refusal.value.kind == "limit"


def test_one_too_many_that_wait_is_refused_and_leaves_nothing(store: Store) -> None:
    for number in range(3):
        file(store, number)

    is_refused(lambda: file(store, 3, wake=("request:x",)), saying="3 requests waiting")

    assert [request.id for request in store.pending(limit=10)] == [name(0), name(1), name(2)]
    assert store.filed("key 3") is None
    assert store.entries(name(3)) == []
    assert store.due(now=NOW, limit=10) == []


def test_one_too_many_within_an_hour_is_refused_whatever_became_of_the_others(store: Store) -> None:
    for number in range(5):
        withdraw(store, file(store, number, at=NOW + timedelta(minutes=number)))

    is_refused(lambda: file(store, 5, at=NOW + timedelta(minutes=30, seconds=1)), saying="again in 30 minutes")

    assert file(store, 5, at=NOW + timedelta(hours=1, seconds=1)).state == "pending"
    is_refused(lambda: file(store, 6, at=NOW + timedelta(hours=1, seconds=2)), saying="again in 1 minute")


def test_one_too_many_that_are_open_is_refused(store: Store) -> None:
    wide = Limits(pending=100, per_hour=100)
    for number in range(OPEN):
        file(store, number, limits=wide, state="approved", grant=grant())

    is_refused(lambda: file(store, OPEN, limits=wide), saying=f"{OPEN} requests and accesses")

    held = store.request(name(0))
    store.commit(following(held, grant=grant("ended", removed=True)))
    assert file(store, OPEN, limits=wide).id == name(OPEN)


def test_of_sixteen_filed_at_the_same_instant_as_many_pass_as_have_room(store: Store) -> None:
    """Fails when the limits are counted before the transaction, or in Firestore without a precondition."""
    results = many_at_once(16, lambda number: file(store, number))

    assert sum(isinstance(result, Request) for result in results) == 3
    assert [result.kind for result in results if isinstance(result, Refused)] == ["limit"] * 13
    assert len(store.pending(limit=100)) == 3


def test_sixteen_filed_by_different_people_at_the_same_instant_all_pass(store: Store) -> None:
    one = Limits(pending=1, per_hour=1)

    results = many_at_once(16, lambda number: file(store, number, limits=one, requester=f"p{number}@example.com"))

    assert [result.id for result in results] == [name(number) for number in range(16)]


def test_a_key_that_filed_the_last_one_finds_it_again(store: Store) -> None:
    *_, last = (file(store, number) for number in range(3))

    assert file(store, 2) == last


def test_what_was_decided_or_ran_out_makes_room(store: Store) -> None:
    first = file(store, 0)
    file(store, 1, terms=terms(expires=NOW + timedelta(minutes=1)))
    file(store, 2)
    is_refused(lambda: file(store, 3), saying="waiting")
    withdraw(store, first)

    assert file(store, 3).state == "pending"
    is_refused(lambda: file(store, 4), saying="waiting")
    assert file(store, 4, at=NOW + timedelta(minutes=1)).state == "pending"


def test_what_was_filed_before_there_were_limits_counts(store: Store) -> None:
    for number in range(3):
        file(store, number, limits=None)

    is_refused(lambda: file(store, 3), saying="3 requests waiting")


def test_room_can_be_asked_for_before_anything_is_looked_up(store: Store) -> None:
    store.require_room("alice@example.com", FEW, now=NOW)
    for number in range(3):
        file(store, number)

    is_refused(lambda: store.require_room("alice@example.com", FEW, now=NOW), saying="3 requests waiting")
    store.require_room("bob@example.com", FEW, now=NOW)


def test_a_clock_that_was_ahead_keeps_nobody_out(store: Store) -> None:
    for number in range(5):
        withdraw(store, file(store, number, at=NOW + timedelta(days=1)))

    assert file(store, 5).state == "pending"


# --- applications


def ask(
    store: Store, number: int, *, application: str = "payments", person: str = "alice@example.com", **changes: Any
) -> Request:
    return file(store, number, account=f"application:{application}/{person}", requester=person, **changes)


def test_what_applications_ask_for_somebody_counts_against_the_application_alone(store: Store) -> None:
    for number in range(3):
        ask(store, number, person=f"p{number}@example.com")

    is_refused(lambda: ask(store, 3), saying="This application has 3 requests waiting")
    ask(store, 4, application="payments2")
    ask(store, 5, application="pay")
    for number in range(6, 9):
        file(store, number)
    is_refused(lambda: file(store, 9), saying="You have 3 requests waiting")


def test_an_application_files_so_many_within_an_hour_whatever_becomes_of_them(store: Store) -> None:
    for number in range(5):
        withdraw(store, ask(store, number, at=NOW + timedelta(minutes=number)))

    is_refused(lambda: ask(store, 5, at=NOW + timedelta(minutes=30, seconds=1)), saying="again in 30 minutes")
    with refusing("This application has filed 5 requests"):
        store.require_room("application:payments", FEW, now=NOW + timedelta(minutes=59))

    assert ask(store, 5, at=NOW + timedelta(hours=1, seconds=1)).state == "pending"


def test_what_an_application_asks_for_and_nobody_is_asked_about_is_not_counted(store: Store) -> None:
    for number in range(10):
        withdraw(store, ask(store, number, limits=None))

    assert [ask(store, number).state for number in range(10, 13)] == ["pending"] * 3


def test_of_sixteen_that_an_application_files_at_once_as_many_pass_as_have_room(store: Store) -> None:
    results = many_at_once(16, lambda number: ask(store, number, person=f"p{number}@example.com"))

    assert sum(isinstance(result, Request) for result in results) == 3
    assert [result.code for result in results if isinstance(result, Refused)] == ["limit.application.waiting"] * 13


# --- an agent's calls for one person


SHARED = Limits(pending=100, per_hour=100, share=FEW)


def test_an_agent_buries_nobody_by_what_it_asks_for_one_person(store: Store) -> None:
    for number in range(3):
        ask(store, number, limits=SHARED)

    is_refused(lambda: ask(store, 3, limits=SHARED), saying="This agent has 3 requests waiting for one person")
    is_refused(
        lambda: store.require_room("application:payments/alice@example.com", FEW, now=NOW), saying="for one person"
    )
    ask(store, 4, limits=SHARED, person="bob@example.com")
    ask(store, 5, limits=SHARED, application="payments2")
    file(store, 6)


def test_an_agent_that_takes_back_and_asks_again_does_so_no_more_often_than_a_person(store: Store) -> None:
    for number in range(5):
        withdraw(store, ask(store, number, limits=SHARED, at=NOW + timedelta(minutes=number)))

    with refusing("This agent has filed 5 requests for one person within an hour") as refusal:
        ask(store, 5, limits=SHARED, at=NOW + timedelta(minutes=30, seconds=1))

    assert refusal.value.reason.facts["wait"] == 1799
    ask(store, 6, limits=SHARED, person="bob@example.com", at=NOW + timedelta(minutes=31))
    assert ask(store, 5, limits=SHARED, at=NOW + timedelta(hours=1, seconds=1)).state == "pending"


def test_what_an_agent_asks_for_everybody_is_held_to_the_limits_of_an_application_too(store: Store) -> None:
    few = Limits(pending=3, per_hour=5, share=Limits())
    for number in range(3):
        ask(store, number, limits=few, person=f"p{number}@example.com")

    is_refused(lambda: ask(store, 3, limits=few), saying="This application has 3 requests waiting")
    assert store.filed("key 3") is None


def test_of_sixteen_that_an_agent_files_for_one_person_at_once_as_many_pass_as_have_room(store: Store) -> None:
    results = many_at_once(16, lambda number: ask(store, number, limits=SHARED))

    assert sum(isinstance(result, Request) for result in results) == 3
    assert [result.code for result in results if isinstance(result, Refused)] == ["limit.share.waiting"] * 13
