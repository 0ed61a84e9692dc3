"""An action is used once on every store, whoever comes at the same moment, and what is not used lapses."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.stores.copies import copy
from approvals.freezes.freezing import freeze
from approvals.reconcile.leavers import SUBJECT
from approvals.refusals.errors import Conflict, Refused
from approvals.requests import Request
from tests.approvals.reconcile.test_leavers import leaves, looked_at
from tests.contracts.stores.places import Place, sqlite_place
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.meetings import at_once
from tests.support.refunds import ASSERTED, Till
from tests.support.world import ALICE, BOB, CAROL, World, refused

CALLS = 8


@pytest.fixture
def till(place: Place, tmp_path: Path) -> Iterator[Till]:
    with closing(World(tmp_path, granter=direct_iam(google_with()), store=place.open())) as world:
        yield Till(world)


def uses(till: Till, request: Request) -> int:
    return till.world.actions(request).count("request.used")


def holds(till: Till) -> bool:
    return list(Inspection(till.world.store).faults()) == []


def test_of_many_uses_at_once_one_wins(till: Till) -> None:
    """Fails where the commit does not compare the version that was read."""
    request = till.approved()

    def use(key: str) -> Callable[[], Request]:
        return lambda: till.consume(request, key=key)

    results = at_once(*(use(f"use {number}") for number in range(CALLS)))

    (won,) = [each for each in results if isinstance(each, Request)]
    lost = [each for each in results if not isinstance(each, Request)]
    assert all(isinstance(each, Conflict) or getattr(each, "code", "") == "used" for each in lost)
    assert till.world.read(request) == won
    assert uses(till, request) == 1
    assert holds(till)


def test_one_call_that_is_sent_many_times_has_one_use_and_everybody_the_same_answer(till: Till) -> None:
    request = till.approved()
    results = at_once(*[lambda: till.consume(request, key="use 1")] * CALLS)
    answers = [each for each in results if isinstance(each, Request)]

    assert answers
    assert all(each == answers[0] for each in answers)
    assert all(isinstance(each, Conflict) for each in results if each not in answers)
    assert uses(till, request) == 1


def test_one_call_that_asks_and_uses_and_is_sent_many_times_has_one_use(till: Till) -> None:
    till.judged("allow")
    results = at_once(*[lambda: till.ask(key="call", use="use 1")] * CALLS)
    answers = [each for each in results if isinstance(each, Request)]

    assert answers
    assert all(each == answers[0] for each in answers)
    assert till.world.actions(answers[0]) == ["request.filed", "request.approved", "request.used"]
    assert till.world.read(answers[0]) == answers[0]
    assert holds(till)


def test_what_is_asked_for_and_used_by_one_call_is_not_kept_behind_a_freeze(till: Till) -> None:
    till.judged("allow")
    results = at_once(
        *[lambda: till.ask(use="use 1")] * 3,
        lambda: freeze(till.world.store, by="operator", why=None, now=till.world.clock()),
    )
    till.world.freeze.epoch()

    assert all(isinstance(each, Request) or getattr(each, "code", "") == "frozen" for each in results[:-1])
    with refused("frozen"):
        till.ask(use="use 2")
    assert holds(till)


def test_a_use_and_its_taking_back_at_once_are_one_of_the_two(till: Till) -> None:
    request = till.approved()
    at_once(
        lambda: till.consume(request),
        lambda: till.world.end(CAROL, request, why="The customer called"),
    )

    told = till.world.actions(request)
    assert (told.count("request.used"), told.count("request.lapsed")) in [(1, 0), (0, 1)]
    assert holds(till)


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_use_and_a_leaving_at_once_are_one_of_the_two(till: Till, *, confirmed: bool) -> None:
    if confirmed:
        request = till.asserting().ask(person=ASSERTED)
        till.confirm(ALICE, request)
        till.world.press(BOB, request)
    else:
        request = till.approved()
    looked_at(till.world)
    leaves(till.world)
    till.world.clock.advance(60)
    till.world.store.wake(SUBJECT, due=till.world.clock())
    used, _ = at_once(lambda: till.consume(request), lambda: till.world.reconciler.subject(SUBJECT))

    told = till.world.actions(request)
    assert (told.count("request.used"), told.count("request.lapsed")) in [(1, 0), (0, 1)]
    assert isinstance(used, Request) == ("request.used" in told)
    if not isinstance(used, Request):
        with refused("unusable"):
            till.consume(request, key="use 2")
    assert holds(till)


def test_a_use_that_was_read_before_a_freeze_is_not_kept_after_it(till: Till) -> None:
    request = till.approved()
    till.world.freeze.guards("refund")
    freeze(till.world.store, by="operator", why=None, now=till.world.clock())

    with refused("frozen"):
        till.consume(request)
    assert uses(till, request) == 0


def test_of_uses_at_the_moment_of_a_freeze_none_is_kept_behind_it(till: Till) -> None:
    requests = [till.approved() for _ in range(3)]

    def use(request: Request) -> Callable[[], Request]:
        return lambda: till.consume(request)

    results = at_once(
        *map(use, requests),
        lambda: freeze(till.world.store, by="operator", why=None, now=till.world.clock()),
    )

    for request, result in zip(requests, results[:-1], strict=True):
        kept = till.world.read(request).state == "used"
        assert kept == isinstance(result, Request)
    freeze(till.world.store, by="operator", why=None, now=till.world.clock())
    later = next((each for each in requests if till.world.read(each).state != "used"), None)
    if later is not None:
        with refused("frozen"):
            till.consume(later, key="later")
    assert holds(till)


def test_what_is_approved_and_not_used_is_found_as_open_and_is_due_when_its_time_is_over(till: Till) -> None:
    request = till.approved()
    store, clock = till.world.store, till.world.clock
    till.world.pass_()
    assert [each.id for each in store.open_of(ALICE)] == [request.id]
    assert till.world.reconciler.due() == []

    clock.advance(599)
    till.world.pass_()
    assert till.world.read(request).state == "approved"
    clock.advance(2)
    assert till.world.reconciler.due() == [f"request:{request.id}"]
    till.world.pass_()

    assert till.world.read(request).state == "lapsed"
    assert list(store.open_of(ALICE)) == []
    assert holds(till)


def test_an_application_finds_its_requests_page_by_page(till: Till) -> None:
    made = []
    for _ in range(3):
        till.world.clock.advance(1)
        made.append(till.ask().id)
    till.world.file()
    found, before = [], None
    while True:
        page = till.world.uses.acting.listed(till.speaker, before=before, most=1)
        found += [each.id for each in page.requests]
        before = page.older
        if before is None:
            break

    assert found == made[::-1]


def test_every_member_of_an_action_is_kept_and_the_secret_is_not(till: Till, place: Place, tmp_path: Path) -> None:
    """What is read anew, and from a copy on another store, is what was written."""
    used, waiting = till.confirmed_and_used(), till.ask()
    other = sqlite_place(tmp_path / "copy.db")
    with place.contents() as source, other.filling() as target:
        copy(source, target, actor="operator", now=NOW + timedelta(hours=1))

    with closing(other.open()) as copied:
        assert (copied.request(used.id), copied.request(waiting.id)) == (used, waiting)
        assert list(Inspection(copied).faults()) == []
    assert b"No. 4111" not in (tmp_path / "copy.db").read_bytes()


@pytest.mark.parametrize("state", ["pending", "approved", "used"])
def test_a_repeated_ask_finds_what_the_first_one_made(till: Till, state: str) -> None:
    request = till.ask(key="call")
    if state != "pending":
        till.world.press(BOB, request)
    if state == "used":
        till.consume(request)

    again = till.ask(key="call")
    assert (again.id, again.state) == (request.id, state)


def test_a_refused_ask_leaves_nothing(till: Till) -> None:
    with pytest.raises(Refused):
        till.judged("refuse").ask(key="call")

    assert list(till.world.store.open_of(ALICE)) == []
    assert till.judged("require_approval").ask(key="call").state == "pending"
