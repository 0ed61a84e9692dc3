"""How long Google takes is said of roles in minutes, and of a membership in hours too."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.grants import Kept
from approvals.requests import Request
from approvals.targets import ApprovalOnly, GroupMember, Target
from handlers.wording.propagation import applied, begins, stops
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from tests.support.builders import NOW, filed, grant, terms

MINUTES, HOURS = "within about two minutes, at most seven or so", "some minutes, and at times hours"
OF_GROUP: tuple[Target, ...] = (GroupMember(group="ops@example.com"),)


def access(*targets: Target, state: Any = "active", **changes: Any) -> Request:
    asked = terms(targets=targets) if targets else terms()
    return filed(terms=asked, state="approved", grant=grant(state, **changes)).request


def said(request: Request) -> str:
    return " ".join(plain(line) for line in (*begins(request), stops(request)))


@pytest.mark.parametrize(("targets", "right", "wrong"), [((), MINUTES, HOURS), (OF_GROUP, HOURS, MINUTES)])
def test_access_says_how_long_its_beginning_and_its_early_end_take(
    targets: tuple[Target, ...], right: str, wrong: str
) -> None:
    live, ended = access(*targets), access(*targets, state="ended", cause="requester")
    for text in (said(live), said(ended), applied(live)):
        assert right in text
        assert wrong not in text


def test_nothing_is_said_where_nothing_has_to_be_applied() -> None:
    assert said(access(state="ended", cause="time")).strip() == ""
    assert said(access(ApprovalOnly())).strip() == ""


def test_what_other_requests_keep_is_not_said_to_stop() -> None:
    ended = access(state="ended", cause="requester")
    keeps = Kept(request="r-2222222222", roles=("roles/run.admin",), until=NOW + timedelta(hours=1), whole=True)

    assert MINUTES in plain(standing(ended).meaning)
    assert MINUTES not in plain(standing(ended, kept=(keeps,)).meaning)
