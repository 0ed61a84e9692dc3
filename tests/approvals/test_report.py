"""A row says how an access stands at this moment, whatever the service last wrote of it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.report import Row, Wanted, report
from approvals.requests import Decision, Use
from tests.support.builders import NOW, action_terms, approval_terms, filed, grant

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def rows(state: Any, *, after: timedelta, **closed: Any) -> list[Row]:
    request = filed(state="approved", grant=grant(state, **closed)).request
    return list(report([request], Wanted(), reasons=False, now=NOW + after))


@pytest.mark.parametrize("after", [HOUR, HOUR + SECOND, timedelta(days=30)])
def test_nothing_is_called_active_whose_time_is_over(after: timedelta) -> None:
    """The service was stopped: nobody recorded the end, which the binding's own condition made."""
    (row,) = rows("active", after=after)

    assert (row.state, row.until, row.ended_by) == ("ended", NOW + HOUR, "")


@pytest.mark.parametrize("after", [HOUR, timedelta(days=30)])
def test_what_was_never_seen_in_its_time_is_called_so(after: timedelta) -> None:
    (row,) = rows("activating", after=after)

    assert (row.state, row.until) == ("unconfirmed", NOW + HOUR)


@pytest.mark.parametrize("state", ["active", "activating"])
def test_while_its_time_lasts_it_is_what_was_written(state: str) -> None:
    assert [row.state for row in rows(state, after=HOUR - SECOND)] == [state]


def test_what_was_ended_early_keeps_its_end() -> None:
    early = NOW + timedelta(minutes=5)

    (row,) = rows("revoked", after=2 * HOUR, closed_at=early, closed_by="bob@example.com")

    assert (row.state, row.until, row.ended_by) == ("revoked", early, "bob@example.com")


def test_the_use_of_an_action_is_a_row_and_an_approval_that_was_not_used_is_none() -> None:
    at = NOW + timedelta(minutes=3)
    decision = Decision(outcome="approved", at=NOW, by=("bob@example.com",))
    approved = filed(terms=action_terms(), state="approved", decision=decision).request
    used = msgspec.structs.replace(approved, state="used", used=Use(at=at, by="shop", key="use 1"))

    assert list(report([approved], Wanted(), reasons=False, now=at)) == []
    (row,) = report([used], Wanted(resource="application:shop"), reasons=True, now=at)
    assert (row.person, row.roles, row.state) == ("alice@example.com", ("refund",), "used")
    assert (row.since, row.until, row.approved_by, row.reason) == (at, at, ("bob@example.com",), "INC-42")


def test_an_approval_alone_is_a_row_that_says_so_and_names_what_it_was_for() -> None:
    request = filed(state="approved", terms=approval_terms(), grant=grant("active")).request

    (row,) = report([request], Wanted(), reasons=False, now=NOW)

    assert (row.grant, row.resource, row.roles, row.state) == ("none", "entitlements/friday", (), "active")
