"""What a rule about approvals knows of whoever votes, by what was kept with the vote."""

from datetime import timedelta

import msgspec
import pytest

from approvals.judging.fitting import Fitting, Manner
from approvals.people.accounts import How
from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.model import Policy
from approvals.refusals.errors import Refused, Unavailable
from tests.approvals.policy.files import policy
from tests.support.builders import NOW, filed, review, terms

LEVEL = "accessPolicies/1/accessLevels/managed"
HOW = How(acr="phr", amr=("hwk", "pin"), levels=(LEVEL,), auth_within=600, read_at=NOW - timedelta(minutes=5))
BOB = Manner(person="bob@example.com", means="web", how=HOW, at=NOW)
UNKNOWN = Manner(person="bob@example.com", means="", how=How(), at=NOW)


def held(rule: str, manner: Manner = BOB, *, by: Policy | None = None, requester: str = "", hours: int = 0) -> str:
    """`yes`, or why a vote that is given so does not count."""
    start = NOW + timedelta(hours=hours) if hours else None
    asked = terms(start=start)
    request = filed(terms=asked, **({"requester": requester} if requester else {})).request
    try:
        Fitting(request, by or policy(), NOTHING_KNOWN).require(rule, manner)
    except Refused as refusal:
        return refusal.code
    except Unavailable:
        return "unknown"
    return "yes"


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        ('approver.principal == "bob@example.com"', {"person": "dan@example.com"}),
        ('approver.domain == "example.com"', {"person": "bob@example.org"}),
        ('approver.channel == "web"', {"means": "chat"}),
        ('approver.acr == "phr"', {"how": msgspec.structs.replace(HOW, acr="pwd")}),
        ('"hwk" in approver.amr', {"how": msgspec.structs.replace(HOW, amr=("pwd",))}),
        (f'"{LEVEL}" in approver.levels', {"how": msgspec.structs.replace(HOW, levels=())}),
        # Signed in at most ten minutes before it was read, five minutes ago.
        ('approver.auth_age <= duration("15m")', {"at": NOW + timedelta(seconds=1)}),
        ('approver.auth_age <= duration("15m")', {"how": How(auth_time=NOW - timedelta(minutes=16))}),
    ],
)
def test_a_rule_about_approvals_decides_by_what_was_kept_of_the_vote(rule: str, other: dict[str, object]) -> None:
    assert held(rule) == "yes"
    assert held(rule, msgspec.structs.replace(BOB, **other)) == "approve_when"


@pytest.mark.parametrize("rule", ['approver.channel == "chat"', 'approver.auth_age < duration("999h")'])
def test_what_nobody_kept_is_never_taken_for_something(rule: str) -> None:
    assert held(rule, UNKNOWN) == "approve_when.error"


def test_the_hour_of_a_rule_is_that_at_which_access_would_begin() -> None:
    zone = policy(("version: 1\n", "version: 1\ntimezone: UTC\n"))
    rule = f"request.hour == {NOW.hour}"
    assert held(rule, by=zone) == "yes"
    assert held(rule, by=zone, hours=3) == "approve_when"
    assert held(f"request.hour == {NOW.hour + 3}", by=zone, hours=3) == "yes"


def test_people_are_known_by_their_first_address_whichever_they_came_by() -> None:
    """In the policy alice is a.smith as well."""
    both = 'requester.principal == "alice@example.com" && approver.principal == "alice@example.com"'
    manner = msgspec.structs.replace(BOB, person="a.smith@example.com")
    assert held(both, manner, requester="a.smith@example.com") == "yes"


def test_a_vote_whose_group_cannot_be_asked_now_is_not_taken_and_not_lost() -> None:
    rule = '"group:leads@example.com" in approver.groups'
    assert held(rule) == "unknown"
    request = filed().request
    vote = review("bob@example.com")
    fitting = Fitting(request, policy(), NOTHING_KNOWN)
    assert not fitting.takes(rule, vote)
    assert fitting.unsure
    assert fitting.may_take((rule, "true"), vote)
    for other in ("false", 'approver.auth_age < duration("1h")'):
        assert not fitting.may_take((rule, other), vote)
    assert not Fitting(request, policy(), NOTHING_KNOWN).unsure
