"""Leases and wakes: who may work on what, and when its time comes."""

from datetime import datetime, timedelta

import pytest

from approvals.ports.store import Lease, Store
from approvals.reconcile.runner import Reconciler
from approvals.refusals.errors import Conflict
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following

SUBJECT = "request:r-0123456789"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def take(store: Store, owner: str = "one", *, at: float = 0, until: float = 30) -> Lease:
    lease = store.lease(SUBJECT, owner=owner, now=after(at), until=after(until))
    assert lease is not None
    return lease


SHARED = "binding:projects/payments-prod"
"""A subject that changes of several requests wake."""


def test_what_several_requests_wake_is_due_once_and_no_more_when_it_was_worked_on(store: Store) -> None:
    for number in range(3):
        name = f"r-{number:010}"
        store.create(filed(name, wake=(f"request:{name}", SHARED), due=after(number)), key=name)

    assert store.due(now=after(0), limit=9, kind="binding") == [SHARED]
    assert store.due(now=after(5), limit=9, kind="binding") == [SHARED]
    lease = store.lease(SHARED, owner="one", now=after(5), until=after(30))
    assert lease is not None
    assert store.due(now=after(6), limit=9, kind="binding") == []
    store.release(store.save(lease, b"done"), due=None)
    assert store.due(now=after(3600), limit=9, kind="binding") == []
    assert store.recorded(SHARED) == b"done"


def test_what_a_request_wakes_while_its_subject_is_held_is_due_when_that_is_given_back(store: Store) -> None:
    record = store.create(filed(wake=(SHARED,)), key="k")
    lease = store.lease(SHARED, owner="one", now=NOW, until=after(30))
    assert lease is not None

    store.commit(following(record, wake=(SHARED,), due=after(1)))

    assert store.due(now=after(2), limit=9) == []
    assert store.lease(SHARED, owner="two", now=after(2), until=after(30)) is None
    store.release(lease, due=after(600))
    assert store.due(now=after(2), limit=9) == [SHARED]


def test_a_lease_that_runs_out_leaves_due_what_its_holder_took(store: Store) -> None:
    store.create(filed(wake=(SHARED,)), key="k")
    assert store.lease(SHARED, owner="one", now=NOW, until=after(30)) is not None

    assert store.due(now=after(29), limit=9) == []
    assert store.due(now=after(30), limit=9) == [SHARED]


def test_many_that_wake_one_subject_keep_no_other_from_being_found(store: Store) -> None:
    for number in range(70):
        name = f"r-{number:010}"
        store.create(filed(name, wake=(SHARED,), due=NOW), key=name)
    store.wake("binding:other", due=after(1))

    assert store.due(now=after(1), limit=2) == [SHARED, "binding:other"]


@pytest.mark.parametrize("owner", ["one", "two"])
def test_a_held_subject_is_not_leased_again(store: Store, owner: str) -> None:
    take(store, "one", until=30)

    assert store.lease(SUBJECT, owner=owner, now=after(29.999), until=after(60)) is None


def test_sixty_subjects_of_one_person_keep_nobody_elses_waiting(store: Store) -> None:
    def ask(number: int, person: str) -> str:
        request_id = f"r-{number:010}"
        due = NOW + timedelta(seconds=number)
        store.create(filed(request_id, requester=person, wake=(f"request:{request_id}",), due=due), key=request_id)
        return f"request:{request_id}"

    many = [ask(number, "mallory@example.com") for number in range(60)]
    bobs, carols = ask(60, "bob@example.com"), ask(61, "carol@example.com")
    reconciler = Reconciler(store=store, workers={}, clock=lambda: NOW + timedelta(minutes=5), owner="test")

    assert reconciler.next(kind="request", running=[], limit=3, each=4) == [many[0], bobs, carols]
    assert reconciler.next(kind="request", running=[many[0]], limit=1, each=4) == [bobs]
    assert reconciler.next(kind="request", running=[many[0]], limit=8, each=4) == [bobs, carols, *many[1:4]]
    assert reconciler.next(kind="request", running=many[:4], limit=8, each=4) == [bobs, carols]


def test_a_lease_that_ran_out_passes_on_with_what_was_saved(store: Store) -> None:
    store.save(take(store, "one", until=30), b"intent")

    assert take(store, "two", at=30, until=60).body == b"intent"


def test_a_lease_from_a_clock_that_was_ahead_holds_nobody_up(store: Store) -> None:
    take(store, "one", at=3600, until=3630)
    store.wake(SUBJECT, due=NOW)

    assert store.due(now=NOW, limit=5) == [SUBJECT]
    take(store, "two", at=0, until=30)
    assert store.due(now=NOW, limit=5) == []
    assert store.lease(SUBJECT, owner="three", now=NOW, until=after(30)) is None


def test_a_lost_lease_can_neither_save_nor_release(store: Store) -> None:
    lost = take(store, "one", until=30)
    held = store.save(take(store, "two", at=30, until=60), b"second")

    with pytest.raises(Conflict):
        store.save(lost, b"first")
    store.release(lost, due=after(1))

    assert store.lease(SUBJECT, owner="three", now=after(59), until=after(99)) is None
    assert store.save(held, b"third").body == b"third"


def test_the_same_owner_cannot_save_by_a_lease_from_before(store: Store) -> None:
    lost = take(store, "one", until=30)
    take(store, "one", at=30, until=60)

    with pytest.raises(Conflict):
        store.save(lost, b"late")


def test_a_released_lease_cannot_save(store: Store) -> None:
    lease = take(store)
    store.release(lease, due=None)

    with pytest.raises(Conflict):
        store.save(lease, b"late")


def test_saving_does_not_look_at_the_clock(store: Store) -> None:
    lease = take(store, until=-1)

    assert store.save(lease, b"done").body == b"done"


def test_a_new_subject_is_empty_and_keeps_what_was_saved(place: Place) -> None:
    store = place.open()
    lease = take(store)
    assert lease == Lease(subject=SUBJECT, owner="one", until=after(30), body=b"")
    store.release(store.save(lease, b"\x00done"), due=None)
    store.close()

    again = place.open()

    assert take(again, "two").body == b"\x00done"
    again.close()


def test_a_subject_is_due_from_its_time_on(store: Store) -> None:
    store.wake(SUBJECT, due=after(10))

    assert store.due(now=after(9.999), limit=5) == []
    assert store.due(now=after(10), limit=5) == [SUBJECT]


def test_a_wake_never_puts_off(store: Store) -> None:
    store.wake(SUBJECT, due=after(10))
    store.wake(SUBJECT, due=after(99))
    assert store.due(now=after(10), limit=5) == [SUBJECT]

    store.wake(SUBJECT, due=after(5))
    assert store.due(now=after(5), limit=5) == [SUBJECT]


def test_what_is_longest_due_comes_first(store: Store) -> None:
    for name, seconds in (("c", 3), ("a", 1), ("b", 2), ("d", 99)):
        store.wake(name, due=after(seconds))

    assert store.due(now=after(50), limit=5) == ["a", "b", "c"]
    assert store.due(now=after(50), limit=2) == ["a", "b"]


def test_one_kind_of_work_is_not_hidden_behind_another(store: Store) -> None:
    for number in range(30):
        store.wake(f"request:{number}", due=after(number))
    store.wake("binding:late", due=after(40))
    store.wake("bindings:other", due=after(1))

    assert store.due(now=after(50), limit=2, kind="binding") == ["binding:late"]
    assert store.due(now=after(50), limit=2, kind="request") == ["request:0", "request:1"]


def test_a_held_subject_is_not_due(store: Store) -> None:
    store.wake(SUBJECT, due=NOW)
    take(store, until=30)

    assert store.due(now=after(29), limit=5) == []


@pytest.mark.parametrize("woken", [True, False])
def test_a_lease_that_is_never_given_back_is_due_when_it_runs_out(store: Store, *, woken: bool) -> None:
    if woken:
        store.wake(SUBJECT, due=NOW)
    take(store, until=30)

    assert store.due(now=after(30), limit=5) == [SUBJECT]


def test_a_lease_taken_early_and_never_given_back_is_due_when_it_runs_out(store: Store) -> None:
    store.wake(SUBJECT, due=after(3600))
    take(store, until=30)

    assert store.due(now=after(30), limit=5) == [SUBJECT]


def test_a_released_subject_is_due_again_when_it_was_said(store: Store) -> None:
    store.wake(SUBJECT, due=NOW)
    store.release(take(store), due=after(60))

    assert store.due(now=after(59), limit=5) == []
    assert store.due(now=after(60), limit=5) == [SUBJECT]
    assert take(store, "two", at=60, until=90).owner == "two"


def test_a_subject_released_for_good_sleeps_until_it_is_woken(store: Store) -> None:
    store.wake(SUBJECT, due=NOW)
    store.release(take(store), due=None)
    assert store.due(now=after(10**6), limit=5) == []

    store.wake(SUBJECT, due=after(10**6))
    assert store.due(now=after(10**6), limit=5) == [SUBJECT]


@pytest.mark.parametrize("due", [None, 3600])
def test_a_wake_while_held_wins_over_what_the_holder_says(store: Store, due: int | None) -> None:
    lease = take(store)
    store.wake(SUBJECT, due=after(1))
    store.release(lease, due=None if due is None else after(due))

    assert store.due(now=after(2), limit=5) == [SUBJECT]


def test_a_wake_while_held_does_not_put_off_what_the_holder_says(store: Store) -> None:
    lease = take(store)
    store.wake(SUBJECT, due=after(3600))
    store.release(lease, due=after(10))

    assert store.due(now=after(10), limit=5) == [SUBJECT]


def test_a_wake_is_answered_once(store: Store) -> None:
    first = take(store)
    store.wake(SUBJECT, due=after(1))
    store.release(first, due=None)
    store.release(take(store, "two", at=2, until=60), due=None)

    assert store.due(now=after(10**6), limit=5) == []


def test_a_wake_from_before_the_lease_is_answered_by_it(store: Store) -> None:
    store.wake(SUBJECT, due=NOW)
    store.wake(SUBJECT, due=NOW)
    store.release(take(store), due=None)

    assert store.due(now=after(10**6), limit=5) == []


def test_a_wake_while_a_dead_holder_stands_is_answered_by_the_next(store: Store) -> None:
    take(store, "one", until=30)
    store.wake(SUBJECT, due=after(40))

    store.release(take(store, "two", at=31, until=60), due=None)

    assert store.due(now=after(10**6), limit=5) == []


def test_what_was_recorded_is_read_while_somebody_works_on_it(store: Store) -> None:
    assert store.recorded(SUBJECT) == b""
    lease = take(store)
    assert store.recorded(SUBJECT) == b""
    held = store.save(lease, b"one")
    assert store.recorded(SUBJECT) == b"one"
    store.release(held, due=None)
    assert store.recorded(SUBJECT) == b"one"


def test_the_oldest_due_is_what_is_longest_due_and_held_by_nobody(store: Store) -> None:
    assert store.oldest_due(now=NOW) is None
    store.wake("request:r-0000000001", due=NOW + timedelta(seconds=10))
    store.wake("binding:projects/a", due=NOW + timedelta(seconds=5))
    later = NOW + timedelta(seconds=60)
    assert store.oldest_due(now=NOW) is None
    assert store.oldest_due(now=later) == NOW + timedelta(seconds=5)
    assert store.lease("binding:projects/a", owner="a", now=later, until=later + timedelta(seconds=30))

    assert store.oldest_due(now=later) == NOW + timedelta(seconds=10)
