"""Whatever is added to a policy to keep people out never lets anybody in: a no stays a no."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.fences import Denial, Fences
from approvals.policy.model import Policy, Requirement, Stage
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import Review
from approvals.votes.tally import tally
from tests.approvals.policy.files import policy
from tests.support.builders import NOW, review

LEADS = "leads@example.com"
PEOPLE = [f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve")]
RULES = [
    "true",
    "false",
    "request.weekday < 6",
    "!(request.weekday < 6)",
    '"group:sre" in requester.groups',
    '!("group:leads@example.com" in requester.groups)',
    '"group:leads@example.com" in requester.groups || request.hour < 12',
    'request.duration <= duration("1h")',
    'request.justification.matches("(")',
]
ALWAYS = ("true", 'request.duration <= duration("1h")', '"group:sre" in requester.groups')
NEVER = ("false", 'request.justification.matches("(")')
SELECTORS = ["group:sre", "group:security", f"group:{LEADS}", "user:bob@example.com", "domain:example.com"]
PLACES = ["*/*", "projects/*", "projects/shop-*", "folders/123", "projects/other"]
ROLES = ["roles/*", "roles/compute.*", "roles/owner", "roles/logging.viewer"]

denials = st.builds(
    Denial,
    who=st.lists(st.sampled_from(SELECTORS), min_size=1, max_size=2).map(tuple),
    what=st.lists(st.sampled_from(PLACES), min_size=1, max_size=2).map(tuple),
    reason=st.just("Not here"),
)
fences = st.builds(
    Fences,
    never_roles=st.lists(st.sampled_from(ROLES), max_size=1).map(tuple),
    max_duration=st.sampled_from([None, timedelta(minutes=30), timedelta(hours=2)]),
    no_self=st.lists(st.sampled_from(PLACES), max_size=1).map(tuple),
    deny=st.lists(denials, max_size=2).map(tuple),
)
asks = st.builds(
    Ask,
    entitlement=st.sampled_from(["admin", "logs", "led"]),
    duration=st.sampled_from([None, timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3)]),
    justification=st.just("INC-1"),
)
moments = st.integers(0, 7 * 24).map(lambda hours: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hours))
known = st.sampled_from(
    [NOTHING_KNOWN, *(Memberships(answers={(LEADS, who): who == lead for who in PEOPLE}) for lead in PEOPLE[:2])]
)


class Case(NamedTuple):
    """Who asks for what, when, and what the directory says."""

    ask: Ask
    who: str
    at: datetime
    groups: Memberships


cases = st.builds(Case, ask=asks, who=st.sampled_from(PEOPLE), at=moments, groups=known)


@cache
def base() -> Policy:
    return policy(("version: 1\n", "version: 1\ntimezone: Europe/Berlin\n"))


def ruled(found: Policy, name: str, when: str) -> Policy:
    one = msgspec.structs.replace(found.entitlements[name], when=when)
    return msgspec.structs.replace(found, entitlements={**found.entitlements, name: one})


def fenced(found: Policy, guardrails: Fences) -> Policy:
    return msgspec.structs.replace(found, guardrails=guardrails)


def offers(found: Policy, case: Case) -> bool:
    try:
        evaluate(found, case.ask, requester=case.who, memberships=case.groups, begins=case.at).offer()
    except (Refused, Unavailable):
        return False
    return True


@given(case=cases, one=fences, more=fences)
def test_a_guardrail_more_turns_no_refusal_into_an_offer(case: Case, one: Fences, more: Fences) -> None:
    both = Fences(
        never_roles=one.never_roles + more.never_roles,
        max_duration=min(filter(None, (one.max_duration, more.max_duration)), default=None),
        no_self=one.no_self + more.no_self,
        deny=one.deny + more.deny,
    )
    assert offers(fenced(base(), one), case) or not offers(fenced(base(), both), case)
    assert offers(base(), case) or not offers(fenced(base(), one), case)


@given(case=cases, rule=st.sampled_from(RULES), one=fences)
def test_a_when_more_turns_no_refusal_into_an_offer(case: Case, rule: str, one: Fences) -> None:
    found = fenced(base(), one)

    assert offers(found, case) or not offers(ruled(found, case.ask.entitlement, rule), case)


@given(case=cases, rule=st.sampled_from(RULES))
def test_what_is_offered_while_a_group_cannot_be_asked_is_offered_whatever_it_answers(
    case: Case, rule: str
) -> None:
    found = ruled(base(), case.ask.entitlement, rule)
    answers = [Memberships(answers={(LEADS, case.who): is_lead}) for is_lead in (True, False)]

    if offers(found, case._replace(groups=NOTHING_KNOWN)):
        assert all(offers(found, case._replace(groups=each)) for each in answers)


@given(
    voters=st.lists(st.sampled_from(PEOPLE), unique=True),
    fitting=st.sets(st.sampled_from(PEOPLE)),
    needed=st.integers(1, 3),
)
def test_an_approve_when_more_makes_nothing_met(voters: list[str], fitting: set[str], needed: int) -> None:
    plain = Requirement(kind="stages", stages=(Stage(approvers=("domain:example.com",), needed=needed),))
    reviews = [review(who, at=NOW + timedelta(seconds=place)) for place, who in enumerate(voters)]

    def fits(rule: str, vote: Review) -> bool:
        return vote.person in fitting

    def met(requirement: Requirement) -> bool:
        counted = tally(
            requirement, reviews, requester=PEOPLE[0], policy=base(), memberships=NOTHING_KNOWN, fits=fits
        )
        try:
            counted.met()
        except Refused:
            return False
        return True

    ruled = msgspec.structs.replace(plain, approve_when="true")
    counting = [who for who in voters if who != PEOPLE[0]]
    assert met(plain) == (len(counting) >= needed)
    assert met(ruled) == (len([who for who in counting if who in fitting]) >= needed)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_that_is_tried_here_is_one(rule: str) -> None:
    """Else nothing above would show anything: some hold and some do not."""
    ask = Ask(entitlement="logs", duration=None, justification="x")
    answers = {
        offers(ruled(base(), "logs", rule), Case(ask, who, at, Memberships(answers={(LEADS, who): lead})))
        for who in PEOPLE[:2]
        for at in (NOW, NOW + timedelta(days=1), NOW + timedelta(hours=8))
        for lead in (True, False)
    }
    assert answers == ({True} if rule in ALWAYS else {False} if rule in NEVER else {True, False})
