"""What IAM offers, remembered: once for many who look, for so long, and what is served while Google is silent."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from approvals.eligible.bindings import Attached, Binding
from approvals.offers.catalog import IamCatalog
from approvals.people.memberships import Answer
from approvals.ports.catalog import Listing, Project
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW
from tests.support.doubles import Inline
from tests.support.eligible import JIT, sourced
from tests.support.googles import ORGANIZATION, PROJECT

ALICE = "user:alice@example.com"
POLICY = sourced()


class Listed:
    """A catalog with one eligible binding. It counts what it is asked; `silent`, it does not answer."""

    def __init__(self) -> None:
        self.silent = False
        self.asked: list[str] = []
        self.gate: Callable[[], object] = lambda: None

    def effective(self, scope: str, project: str, *, timeout: float) -> tuple[Attached, ...]:
        self._ask("effective")
        self.gate()
        return (self._attached(),)

    def listing(self, scope: str, *, query: str, timeout: float) -> Listing:
        self._ask("listing")
        self.gate()
        projects = (Project(resource=PROJECT, title="Demo", above=(ORGANIZATION,)),)
        return Listing(projects=projects, policies=(self._attached(),))

    def standing(self, scope: str, *, timeout: float) -> Iterator[Attached]:
        self._ask("standing")
        yield self._attached()

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.silent:
            raise Unavailable("Google does not answer")

    def _attached(self) -> Attached:
        binding = Binding(role="roles/run.admin", members=(ALICE,), condition=JIT, place=PROJECT)
        return Attached(resource=PROJECT, bindings=(binding,))


def everybody(_: tuple[str, ...]) -> Answer:
    return "yes"


def count(catalog: IamCatalog, now: datetime) -> int:
    """How much is found; -1 where nothing is known."""
    shelf = catalog.shelf(POLICY, now=now)
    return -1 if shelf is None else len(list(shelf.search("", everybody)))


def test_many_who_look_at_once_have_it_read_once() -> None:
    listed, go = Listed(), threading.Event()
    listed.gate = lambda: go.wait(30)
    with ThreadPoolExecutor(8) as looking, ThreadPoolExecutor(1) as reading:
        catalog = IamCatalog(listed, executor=reading, time_left=lambda _: 30.0)
        found = [looking.submit(count, catalog, NOW) for _ in range(8)]
        go.set()
        assert [each.result(30) for each in found] == [1] * 8

    assert listed.asked == ["listing"]


NAME = "iam.demo-prod.0000000000000000"


def test_many_clicks_on_one_project_at_once_have_iam_asked_once() -> None:
    listed, go = Listed(), threading.Event()
    listed.gate = lambda: go.wait(30)
    with ThreadPoolExecutor(8) as clicking, ThreadPoolExecutor(8) as asking:
        catalog = IamCatalog(listed, executor=asking, time_left=lambda _: 30.0)
        found = [clicking.submit(catalog.joined, POLICY, NAME, now=NOW) for _ in range(8)]
        go.set()
        assert {each.result(30).unasked(NAME) for each in found} == {False}

    assert listed.asked == ["effective"]


def test_a_click_that_cannot_wait_decides_nothing_and_the_answer_serves_the_next_one() -> None:
    listed, go = Listed(), threading.Event()
    listed.gate = lambda: go.wait(30)
    with ThreadPoolExecutor(1) as asking:
        catalog = IamCatalog(listed, executor=asking, time_left=lambda _: 0.0)
        assert catalog.joined(POLICY, NAME, now=NOW).unasked(NAME)
        assert catalog.joined(POLICY, NAME, now=NOW).unasked(NAME)
        go.set()

    assert not catalog.joined(POLICY, NAME, now=NOW).unasked(NAME)
    assert listed.asked == ["effective"]


def test_while_one_policy_is_answered_another_asks_for_itself() -> None:
    listed, go = Listed(), threading.Event()
    listed.gate = lambda: go.wait(30)
    with ThreadPoolExecutor(2) as asking:
        catalog = IamCatalog(listed, executor=asking, time_left=lambda _: 0.0)
        narrower = sourced(("max: 2h", "max: 1h"))
        catalog.joined(POLICY, NAME, now=NOW)
        catalog.joined(narrower, NAME, now=NOW)
        go.set()

    assert listed.asked == ["effective", "effective"]


def test_nobody_waits_longer_than_they_can() -> None:
    listed, go = Listed(), threading.Event()
    listed.gate = lambda: go.wait(30)
    with ThreadPoolExecutor(1) as reading:
        catalog = IamCatalog(listed, executor=reading, time_left=lambda _: 0.01)
        assert count(catalog, NOW) == -1
        go.set()


@pytest.mark.parametrize(("minutes", "found"), [(4, 1), (6, 1), (59, 1), (61, -1)])
def test_what_was_read_last_is_searched_for_an_hour_while_google_is_silent(minutes: int, found: int) -> None:
    listed = Listed()
    catalog = IamCatalog(listed, executor=Inline())
    assert count(catalog, NOW) == 1
    listed.silent = True

    assert count(catalog, NOW + timedelta(minutes=minutes)) == found


def test_a_silent_google_is_asked_again_after_five_seconds_and_not_by_every_key() -> None:
    listed = Listed()
    listed.silent = True
    catalog = IamCatalog(listed, executor=Inline())
    for second in (0, 1, 2, 4, 6, 7):
        count(catalog, NOW + timedelta(seconds=second))
        catalog.joined(POLICY, "iam.demo-prod.0000000000000000", now=NOW + timedelta(seconds=second))

    assert listed.asked.count("listing") == 2
    assert listed.asked.count("effective") == 2


def test_a_new_policy_is_answered_by_its_own_source() -> None:
    listed = Listed()
    catalog = IamCatalog(listed, executor=Inline())
    count(catalog, NOW)
    narrower = sourced((f"scope: {ORGANIZATION}", "scope: folders/999"))
    shelf = catalog.shelf(narrower, now=NOW + timedelta(seconds=6))

    assert shelf is not None
    assert list(shelf.search("", everybody)) == []


def test_an_answer_serves_a_minute_and_no_longer() -> None:
    listed = Listed()
    catalog = IamCatalog(listed, executor=Inline())
    for second in (0, 30, 60, 61):
        catalog.on(POLICY, PROJECT, now=NOW + timedelta(seconds=second))

    assert listed.asked == ["effective", "effective"]


def test_what_one_policy_was_answered_serves_no_other() -> None:
    """The narrower one may let the same binding be asked for by other rules."""
    listed = Listed()
    catalog = IamCatalog(listed, executor=Inline())
    (long,) = catalog.on(POLICY, PROJECT, now=NOW)
    (short,) = catalog.on(sourced(("max: 2h", "max: 1h")), PROJECT, now=NOW)

    assert (long.entitlement.duration.max, short.entitlement.duration.max) == (
        timedelta(hours=2),
        timedelta(hours=1),
    )


def test_without_a_catalog_nothing_is_known_and_nothing_is_denied() -> None:
    catalog = IamCatalog(None, executor=Inline())
    policy = catalog.joined(POLICY, "iam.demo-prod.0000000000000000", now=NOW)

    assert policy.unasked("iam.demo-prod.0000000000000000")
    assert catalog.shelf(POLICY, now=NOW) is None
    with pytest.raises(Unavailable):
        catalog.on(POLICY, PROJECT, now=NOW)
