"""Which accounts of a workspace can ask and decide."""

from typing import Any

import pytest

from approvals.people.accounts import How, Purpose
from approvals.people.principals import IdentityRules
from approvals.refusals.errors import Refused
from handlers.slack.identity import SlackAccount
from tests.support.builders import NOW

RULES = IdentityRules(domains=("example.com",))


def account(**changes: Any) -> SlackAccount:
    good: dict[str, Any] = {
        "ref": "slack:T0123ABCD/U0A11CE00",
        "team": "T0123ABCD",
        "home": "T0123ABCD",
        "email": "alice@example.com",
        "email_confirmed": True,
        "name": "Alice",
        "read_at": NOW,
        "active": True,
        "guest": False,
        "bot": False,
    }
    return SlackAccount(**(good | changes))


def refusal(rules: IdentityRules = RULES, *, purpose: Purpose = "decide", **changes: Any) -> str:
    """The code by which an account is refused; empty where it counts."""
    try:
        account(**changes).require(rules, purpose=purpose, how=How())
    except Refused as refused:
        return refused.kind
    return ""


@pytest.mark.parametrize("purpose", ["request", "decide"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bot": True}, "bot"),
        ({"active": False}, "inactive"),
        ({"team": "T0FOREIGN"}, "foreign_team"),
        ({"team": ""}, "foreign_team"),
        ({"team": "", "home": ""}, "foreign_team"),
        ({"guest": True}, "guest"),
        ({"email": ""}, "no_address"),
        ({"email_confirmed": False}, "unconfirmed"),
    ],
)
def test_who_is_nobody_here_is_refused(purpose: Purpose, changes: dict[str, Any], code: str) -> None:
    assert refusal(purpose=purpose) == ""
    assert refusal(purpose=purpose, **changes) == code


def test_a_guest_may_ask_where_the_policy_says_so_and_never_decide() -> None:
    rules = IdentityRules(domains=("example.com",), guests="request")
    assert refusal(rules, purpose="request", guest=True) == ""
    assert refusal(rules, purpose="decide", guest=True) == "guest"


def test_where_the_policy_names_teams_only_those_count() -> None:
    rules = IdentityRules(domains=("example.com",), slack_teams=("T0OTHER00",))
    assert refusal(rules, team="T0OTHER00") == ""
    assert refusal(rules, team="T0123ABCD") == "foreign_team"


def test_slack_says_when_it_was_asked_and_nothing_of_how_people_signed_in() -> None:
    assert account().how == How(read_at=NOW)
