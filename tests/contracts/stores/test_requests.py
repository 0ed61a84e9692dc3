"""What every store does with requests: refusals first."""

from datetime import datetime, timedelta

import msgspec
import pytest

from approvals.backends.stores.errors import StoreError
from approvals.grants import Grant
from approvals.ports.store import AlreadyReviewed, Store
from approvals.refusals.errors import Conflict, NotFound
from approvals.requests import Request
from countersign_client.chain import START, verify
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, RESOURCE, filed, following, grant, review, review_key, terms


def _file(store: Store, request_id: str = "r-0123456789", **changes: object) -> Request:
    return store.create(filed(request_id, **changes), key=f"key of {request_id}")


def test_an_unknown_request_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.request("r-0000000000")


def test_a_request_that_was_never_filed_cannot_be_changed(store: Store) -> None:
    with pytest.raises(NotFound):
        store.commit(following(filed().request))

    assert list(store.chains()) == [""]


@pytest.mark.parametrize("version", [1, 3])
def test_a_change_of_another_version_conflicts_and_writes_nothing(store: Store, version: int) -> None:
    record = _file(store)

    with pytest.raises(Conflict):
        store.commit(following(record, version=version, state="denied", wake=("request:x",)))

    assert store.request(record.id) == record
    assert len(store.entries(record.id)) == 1
    assert store.due(now=NOW, limit=10) == []


def test_who_asked_is_known_of_those_that_are_there(store: Store) -> None:
    alices, bobs = _file(store), _file(store, "r-0000000001", requester="bob@example.com")

    found = store.requesters([alices.id, bobs.id, "r-0000000002"])

    assert found == {alices.id: "alice@example.com", bobs.id: "bob@example.com"}
    assert store.requesters([]) == {}


def test_the_second_of_two_changes_from_one_version_conflicts(store: Store) -> None:
    record = _file(store)
    first = following(record, state="denied")
    store.commit(first)

    with pytest.raises(Conflict):
        store.commit(following(record, state="withdrawn"))

    assert store.request(record.id) == first.request


def test_a_change_that_continues_another_chain_conflicts(store: Store) -> None:
    record = _file(store)
    elsewhere = msgspec.structs.replace(record, head="sha256:" + "1" * 64)

    with pytest.raises(Conflict):
        store.commit(following(elsewhere, state="denied"))

    assert store.request(record.id) == record


def test_a_change_that_leaves_an_entry_out_conflicts(store: Store) -> None:
    record = _file(store)
    ahead = msgspec.structs.replace(record, seq=2)

    with pytest.raises(Conflict):
        store.commit(following(ahead))


def test_a_record_that_does_not_name_its_last_entry_is_refused(store: Store) -> None:
    record = _file(store)

    with pytest.raises(StoreError, match="last audit entry"):
        store.commit(following(record, head=START))
    with pytest.raises(StoreError, match="does not follow"):
        store.commit(following(record, seq=3))


def test_a_person_reviews_a_revision_once(store: Store) -> None:
    record = _file(store)
    once = following(record, key=review_key(record, jti="first"), reviews=(review(),))
    store.commit(once)

    with pytest.raises(AlreadyReviewed):
        store.commit(following(once.request, key=review_key(record, jti="second"), state="approved", wake=("x",)))

    assert store.request(record.id) == once.request
    assert len(store.entries(record.id)) == 2
    assert store.due(now=NOW, limit=10) == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_vote_of_a_number_is_cast_once(store: Store, number: int) -> None:
    record = _file(store)
    for each in range(1, number + 1):
        change = following(record, key=review_key(record, number=each))
        store.commit(change)
        record = change.request

    with pytest.raises(AlreadyReviewed):
        store.commit(following(record, key=review_key(record, jti="another", number=number)))
    store.commit(following(record, key=review_key(record, number=number + 1)))


def test_another_person_or_revision_or_request_is_another_review(store: Store) -> None:
    record, other = _file(store), _file(store, "r-1111111111")
    for number, key in enumerate(
        [
            review_key(record),
            review_key(record, "carol@example.com"),
            review_key(msgspec.structs.replace(record, revision=2)),
        ],
        start=2,
    ):
        change = following(record, key=key)
        store.commit(change)
        record = change.request
        assert record.version == number
    store.commit(following(other, key=review_key(other)))


def test_an_idempotency_key_finds_the_request_that_it_made_first(store: Store) -> None:
    first = store.create(filed("r-1111111111"), key="view V1")

    again = store.create(filed("r-2222222222", requester="mallory@example.com"), key="view V1")

    assert again == first
    with pytest.raises(NotFound):
        store.request("r-2222222222")
    assert list(store.chains()) == ["", "r-1111111111"]


def test_a_key_that_made_nothing_finds_nothing(store: Store) -> None:
    _file(store)

    assert store.filed("key of nothing") is None


def test_what_a_key_made_is_found_by_it(store: Store) -> None:
    change = following(_file(store), state="withdrawn")
    store.commit(change)

    assert store.filed("key of r-0123456789") == change.request


def test_an_idempotency_key_finds_its_request_as_it_stands_now(store: Store) -> None:
    change = following(_file(store), state="withdrawn")
    store.commit(change)

    assert store.create(filed(), key="key of r-0123456789") == change.request


def test_an_id_that_is_taken_conflicts(store: Store) -> None:
    record = _file(store)

    with pytest.raises(Conflict):
        store.create(filed(record.id, requester="mallory@example.com"), key="another key")

    assert store.request(record.id) == record


def test_a_request_begins_at_version_one_with_a_chain_of_its_own(store: Store) -> None:
    late = following(filed().request)

    with pytest.raises(Conflict):
        store.create(late, key="k")


def test_what_is_stored_comes_back_whole_after_reopening(place: Place) -> None:
    store = place.open()
    moment = NOW + timedelta(microseconds=123456)
    change = following(
        _file(store),
        detail={"text": "é “quoted” \u202e", "n": [1, 2.5, None, True]},
        reviews=(review(at=moment),),
        grant=grant(),
    )
    store.commit(change)
    store.close()

    again = place.open()

    assert again.request(change.request.id) == change.request
    assert list(again.entries(change.request.id))[1:] == list(change.entries)
    assert verify(again.entries(change.request.id), request=change.request.id, head=change.request.head) == 2
    again.close()


def test_a_change_wakes_its_subjects(store: Store) -> None:
    record = store.create(filed(wake=("request:a",), due=NOW), key="k")
    store.commit(following(record, wake=("request:b", "request:c"), due=NOW + timedelta(minutes=1)))

    assert store.due(now=NOW, limit=10) == ["request:a"]
    longest, *others = store.due(now=NOW + timedelta(minutes=1), limit=10)
    assert (longest, sorted(others)) == ("request:a", ["request:b", "request:c"])


def test_a_person_sees_their_own_open_requests_newest_first(store: Store) -> None:
    def at(seconds: int) -> datetime:
        return NOW + timedelta(seconds=seconds)

    _file(store, "r-waits00000", filed=at(1))
    _file(store, "r-holds00000", filed=at(3), state="approved", grant=grant("active"))
    _file(store, "r-closed0000", filed=at(2), state="approved", grant=grant("ended"))
    _file(store, "r-removed000", filed=at(4), state="approved", grant=grant("ended", removed=True))
    _file(store, "r-denied0000", filed=at(5), state="denied")
    _file(store, "r-gwens00000", filed=at(6), requester="gwen@example.com")

    mine = [record.id for record in store.open_of("alice@example.com")]

    assert mine == ["r-holds00000", "r-closed0000", "r-waits00000"]
    assert store.open_of("nobody@example.com") == []


def test_an_account_finds_its_open_requests_whatever_its_address_was(store: Store) -> None:
    own, later = filed().request.account, NOW + timedelta(seconds=1)
    _file(store, "r-before0000", state="approved", grant=grant("active"))
    _file(store, "r-after00000", requester="alice.new@example.com", filed=later)
    _file(store, "r-removed000", state="approved", grant=grant("ended", removed=True))
    _file(store, "r-denied0000", state="denied")
    _file(store, "r-anothers00", account="slack:T0123ABCD/U0OTHER")

    assert [record.id for record in store.open_by(own)] == ["r-after00000", "r-before0000"]
    assert store.open_by("slack:T0123ABCD/U0NOBODY") == []
    store.commit(following(store.request("r-after00000"), state="withdrawn"))
    assert [record.id for record in store.open_by(own)] == ["r-before0000"]


def test_pending_requests_come_oldest_first_and_leave_when_decided(store: Store) -> None:
    late = _file(store, "r-1111111111", filed=NOW + timedelta(hours=1))
    early = _file(store, "r-2222222222", filed=NOW)
    done = _file(store, "r-3333333333", filed=NOW - timedelta(hours=1))
    store.commit(following(done, state="denied"))

    assert store.pending(limit=10) == [early, late]
    assert store.pending(limit=1) == [early]


@pytest.mark.parametrize(
    "held",
    [
        grant("activating"),
        grant("active"),
        grant("ended", removed=False),
        grant("revoked", removed=False),
        grant("failed", removed=False),
    ],
)
def test_a_grant_that_may_still_stand_is_a_holding(store: Store, held: Grant) -> None:
    change = following(_file(store), state="approved", grant=held)
    store.commit(change)

    assert store.holdings(resource=RESOURCE, person="alice@example.com") == [change.request]


@pytest.mark.parametrize(
    "gone", [None, grant("ended", removed=True), grant("revoked", removed=True), grant("failed", removed=True)]
)
def test_what_is_confirmed_gone_is_no_holding(store: Store, gone: Grant | None) -> None:
    active = following(_file(store), state="approved", grant=grant("active"))
    store.commit(active)
    store.commit(following(active.request, grant=gone))

    assert store.holdings(resource=RESOURCE, person="alice@example.com") == []


def test_holdings_are_of_one_person_on_one_resource_oldest_first(store: Store) -> None:
    other = {"terms": terms(resource="projects/other")}
    later = _file(store, "r-1111111111", grant=grant(), filed=NOW + timedelta(hours=1))
    earlier = _file(store, "r-2222222222", grant=grant(), filed=NOW)
    _file(store, "r-3333333333", grant=grant(), requester="gwen@example.com")
    _file(store, "r-4444444444", grant=grant(), **other)

    assert store.holdings(resource=RESOURCE, person="alice@example.com") == [earlier, later]
