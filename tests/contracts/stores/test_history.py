"""All requests, newest first, a stretch at a time: of one person, for some entitlements, in a span of time."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import msgspec
import pytest

from approvals.ports.store import Position, Sought, Span, Store, Stretch
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following, terms
from tests.support.damage import spoil
from tests.support.firsts import FIRSTS, firestore_of_first_release, sqlite_of_first_release

ALICE, BOB = "alice@example.com", "bob@example.com"
WHO, WHAT = (ALICE, BOB), ("admin", "logs", "pair")
EVER, NOTHING = Span(), Stretch(requests=[], damaged=[])


@pytest.fixture
def made(store: Store) -> list[tuple[str, str, str]]:
    """Twelve requests, newest first: id, who asked, for what. Two at a time have the same moment."""
    rows = [(f"r-{number:010}", *both) for number, both in enumerate(list(product(WHO, WHAT)) * 2)]
    for number, (request, who, what) in enumerate(rows):
        at = NOW + timedelta(seconds=number // 2)
        change = filed(request, requester=who, terms=terms(entitlement=what), filed=at)
        record = store.create(change, key=request)
        if number % 3 == 0:
            store.commit(following(record, state="denied"))
    return rows[::-1]


def walked(store: Store, *sought: Sought, limit: int, span: Span = EVER) -> list[str]:
    """Everything that is sought, a stretch after the other."""
    found: list[str] = []
    while True:
        stretch = store.history(sought, span=span, limit=limit)
        assert len(stretch.requests) <= limit
        found += [each.id for each in stretch.requests]
        if stretch.last is None:
            return found
        span = msgspec.structs.replace(span, before=stretch.last)


def test_nothing_is_found_that_was_not_sought(store: Store, made: list[tuple[str, str, str]]) -> None:
    assert made
    for sought in (
        Sought(requester="nobody@example.com"),
        Sought(requester="ALICE@example.com"),
        Sought(entitlements=()),
        Sought(entitlements=("none",)),
        Sought(requester=ALICE, entitlements=()),
        Sought(requester=ALICE, entitlements=("none",)),
    ):
        assert store.history([sought], span=EVER, limit=10) == NOTHING
    assert store.history([], span=EVER, limit=10) == NOTHING
    for span in (
        Span(since=NOW + timedelta(seconds=6)),
        Span(until=NOW),
        Span(before=Position(NOW, "r-0000000000")),
    ):
        assert store.history([Sought(requester=ALICE)], span=span, limit=10) == NOTHING


@pytest.mark.parametrize("limit", [1, 2, 5, 12, 13])
def test_each_is_found_once_newest_first_however_long_the_stretches(
    store: Store, made: list[tuple[str, str, str]], limit: int
) -> None:
    for sought in (Sought(entitlements=WHAT), Sought(everything=True)):
        assert walked(store, sought, limit=limit) == [request for request, _, _ in made]


def test_by_person_by_entitlement_and_by_both(store: Store, made: list[tuple[str, str, str]]) -> None:
    of = [(("", WHAT[:1]), 4), (("", WHAT[1:]), 8), ((ALICE, None), 6), ((BOB, WHAT[:2]), 4)]
    for (who, what), count in of:
        found = walked(store, Sought(requester=who, entitlements=what), limit=3)
        wanted = [each for each, asker, of in made if (not who or asker == who) and (not what or of in what)]
        assert (found, len(found)) == (wanted, count)


def test_what_is_one_or_another_of_several_is_found_once(store: Store, made: list[tuple[str, str, str]]) -> None:
    found = walked(store, Sought(requester=ALICE), Sought(entitlements=WHAT[:1]), Sought(requester=ALICE), limit=2)

    assert found == [each for each, who, what in made if who == ALICE or what == WHAT[0]]


def test_a_span_begins_with_its_first_moment_and_ends_before_its_last(
    store: Store, made: list[tuple[str, str, str]]
) -> None:
    since, until = NOW + timedelta(seconds=2), NOW + timedelta(seconds=4)

    for sought in (Sought(entitlements=WHAT), Sought(everything=True)):
        found = walked(store, sought, span=Span(since=since, until=until), limit=3)
        assert found == [request for request, _, _ in made[4:8]]


def test_of_more_entitlements_than_one_query_takes_all_are_found(
    store: Store, made: list[tuple[str, str, str]]
) -> None:
    many = (*(f"none-{number}" for number in range(40)), *WHAT, *(f"some-{number}" for number in range(40)))

    assert walked(store, Sought(entitlements=many), limit=5) == [request for request, _, _ in made]


def test_one_that_cannot_be_read_is_told_and_hides_no_other(
    store: Store, made: list[tuple[str, str, str]]
) -> None:
    spoilt, _, _ = made[2]
    at = store.request(spoilt).filed
    spoil(store, store.request(spoilt))

    stretch = store.history([Sought(entitlements=WHAT)], span=EVER, limit=3)

    assert [each.id for each in stretch.requests] == [made[0][0], made[1][0]]
    assert list(stretch.damaged) == [Position(at, spoilt)]
    assert walked(store, Sought(entitlements=WHAT), limit=3) == [each for each, _, _ in made if each != spoilt]


@pytest.mark.parametrize("kind", ["sqlite", "firestore"])
def test_what_0_1_0_filed_is_found_as_well(
    kind: str, new_place: Callable[[str], Place], tmp_path: object, request: pytest.FixtureRequest
) -> None:
    place = new_place(kind)
    url = place.url  # type: ignore[attr-defined]
    if kind == "sqlite":
        sqlite_of_first_release(url.path)
    else:
        firestore_of_first_release(request.getfixturevalue("firestore_host"), url.project)
    store = place.open()
    store.installation()
    requests = [store.request(first.request) for first in FIRSTS.values()]
    what = tuple({each.terms.entitlement for each in requests})

    found = walked(store, Sought(entitlements=what), limit=3)

    newest = sorted(requests, key=lambda each: (each.filed, each.id), reverse=True)
    assert found == [each.id for each in newest]
    store.close()
