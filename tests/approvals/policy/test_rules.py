"""The rules of an entitlement in CEL: what they refuse, what they know, and the hours of a time zone."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.cel import CelError
from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.lint import lint
from approvals.policy.model import Policy
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.rules import Occasion, allowed, compiled
from approvals.refusals.errors import Refused, Unavailable
from handlers.wording.refusing.refusals import told
from tests.approvals.policy.files import changed, policy, whereabouts
from tests.support.builders import NOW

BERLIN = "Europe/Berlin"
LEAD = Memberships(answers={("leads@example.com", "bob@example.com"): True})
OTHER = Memberships(answers={("leads@example.com", "bob@example.com"): False})


@cache
def ruled(when: str, *, zone: str = BERLIN) -> Policy:
    quoted = when.replace("'", "''")
    return policy(
        ("version: 1\n", f"version: 1\ntimezone: {zone}\n"),
        ("    title: Compute admin\n", f"    title: Compute admin\n    when: '{quoted}'\n"),
    )


def answered(
    when: str, *, at: datetime = NOW, known: Memberships = NOTHING_KNOWN, zone: str = BERLIN, hours: int = 1
) -> str:
    """`yes`, or the code by which the ask is refused; `unknown` where it cannot be known."""
    asked = Ask(entitlement="admin", duration=timedelta(hours=hours), justification="INC-1 disk full")
    found = evaluate(ruled(when, zone=zone), asked, requester="bob@example.com", memberships=known, begins=at)
    try:
        found.offer()
    except Refused as refusal:
        return refusal.code
    except Unavailable:
        return "unknown"
    return "yes"


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        ("false", "when"),
        ("request.weekday < 6", "when"),  # a Sunday
        ("request.weekday == 7 && request.hour == 11", "yes"),
        ("request.hour == 10", "when"),  # what it is in UTC
        ("request.minute == 0 && request.date == '2026-11-22'", "yes"),
        ('request.duration <= duration("59m")', "when"),
        ('request.duration <= duration("1h")', "yes"),
        ('request.justification.startsWith("CHG")', "when"),
        ('request.justification.matches("INC-[0-9]+.*")', "yes"),
        ('request.entitlement == "admin" && "projects/shop-prod" in request.resources', "yes"),
        ('requester.principal == "bob@example.com" && requester.domain == "example.com"', "yes"),
        ('requester.domain == "example.org"', "when"),
        ('request.start < timestamp("2026-11-22T10:00:00Z")', "when"),
        ('request.justification.matches("(")', "when.error"),
        ("1 / (request.minute - request.minute) == 1", "when.error"),
        ('"group:security" in requester.groups', "when"),
        ('!("group:security" in requester.groups)', "yes"),
        ('"group:sre" in requester.groups && request.weekday == 7', "yes"),
        ('"group:leads@example.com" in requester.groups', "unknown"),
        ('!("group:leads@example.com" in requester.groups)', "unknown"),
        ('"group:leads@example.com" in requester.groups || request.weekday == 7', "yes"),
        ('"group:leads@example.com" in requester.groups && request.weekday == 1', "when"),
    ],
)
def test_a_rule_decides_by_what_it_looks_at(when: str, answer: str) -> None:
    assert answered(when) == answer


def test_a_rule_knows_the_minute_and_the_day_on_the_clocks_of_the_policy() -> None:
    late = datetime(2026, 11, 22, 23, 45, tzinfo=UTC)  # in Berlin the next day, a Monday

    assert answered("request.minute == 45 && request.hour == 0 && request.weekday == 1", at=late) == "yes"
    assert answered("request.date == '2026-11-23'", at=late) == "yes"
    assert answered("request.date == '2026-11-22'", at=late, zone="UTC") == "yes"


def test_a_rule_knows_every_resource_of_a_bundle() -> None:
    where = ("projects/shop-prod", "folders/123")
    occasion = Occasion(
        entitlement="admin",
        resources=where,
        duration=timedelta(hours=1),
        justification="INC-1",
        requester="bob@example.com",
        begins=NOW,
    )
    for each in where:
        rule = f'!("{each}" in request.resources)'
        assert allowed(ruled("true"), rule, occasion, memberships=NOTHING_KNOWN) == "no"


def test_a_rule_decides_by_what_the_directory_says() -> None:
    within, outside = '"group:leads@example.com" in requester.groups', '!("group:directory" in requester.groups)'

    assert [answered(within, known=known) for known in (LEAD, OTHER)] == ["yes", "when"]
    assert [answered(outside, known=known) for known in (LEAD, OTHER)] == ["when", "yes"]


def test_whoever_is_refused_reads_the_rule_and_its_time_zone() -> None:
    asked = Ask(entitlement="admin", duration=None, justification="INC-1")
    with pytest.raises(Refused) as refusal:
        evaluate(
            ruled("request.weekday < 6"), asked, requester="bob@example.com", memberships=LEAD, begins=NOW
        ).offer()

    assert "`request.weekday < 6` (times are of Europe/Berlin)" in told(refusal.value)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("request.wekday < 6", "did you mean request.weekday?"),
        ("approver.channel == 'web'", "there is no approver.channel here"),
        ("request.hour == '8'", "no matching overload"),
        ("request.hour + 1", "must be true or false"),
        ("request.hour ==", ""),
        ('"group:srx" in requester.groups', "there is no local group srx"),
        ('requester.groups.exists(g, g == "group:sre")', "ask for a group by its name"),
        ('!"group:sre" in requester.groups', "ask for a group by its name"),
        ('"group:sre" + "x" in requester.groups', "ask for a group by its name"),
        ('"sre" in requester.groups', "ask for a group by its name"),
        ("_0 || true", "there is no _0"),
        ("true // always", "without comments"),
        ("", "write it on one line"),
    ],
)
def test_what_is_no_rule_is_refused_where_it_stands(when: str, said: str) -> None:
    quoted = when.replace("'", "''")
    text = changed(
        ("version: 1\n", "version: 1\ntimezone: Europe/Berlin\n"),
        ("    title: Compute admin\n", f"    title: Compute admin\n    when: '{quoted}'\n"),
    )
    with pytest.raises(PolicyError) as refusal:
        parse(text, source="p.yaml")

    (problem,) = refusal.value.problems
    assert problem.code == "bad-rule"
    assert problem.line == whereabouts(text, "    when:")[0]
    assert said in problem.text


def test_a_rule_about_hours_needs_the_policys_time_zone() -> None:
    text = changed(("    title: Compute admin\n", "    title: Compute admin\n    when: request.hour < 18\n"))
    plain = text.replace("request.hour < 18", "'request.duration < duration(\"2h\")'")

    assert next(problem.code for problem in lint(text, source="p.yaml")) == "no-timezone"
    assert "no-timezone" not in [problem.code for problem in lint(plain, source="p.yaml")]


def test_a_rule_is_compiled_once() -> None:
    assert compiled("request.hour < 18", "when") is compiled("request.hour < 18", "when")
    with pytest.raises(CelError):
        compiled("approver.channel == 'web'", "when")


MOMENTS = st.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ZONES = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])


def holds(when: str, *, at: datetime, zone: str) -> bool:
    occasion = Occasion(
        entitlement="admin",
        resources=("projects/shop-prod",),
        duration=timedelta(hours=1),
        justification="INC-1",
        requester="bob@example.com",
        begins=at,
    )
    return allowed(ruled("true", zone=zone), when, occasion, memberships=NOTHING_KNOWN) == "yes"


@given(at=MOMENTS, zone=ZONES)
def test_every_moment_has_one_weekday_and_one_hour_and_a_window_holds_exactly_within(
    at: datetime, zone: str
) -> None:
    local = at.astimezone(ZoneInfo(zone))
    within = local.isoweekday() < 6 and 8 <= local.hour < 18

    assert holds("request.weekday < 6 && request.hour >= 8 && request.hour < 18", at=at, zone=zone) == within
    assert holds(f"request.hour == {local.hour} && request.weekday == {local.isoweekday()}", at=at, zone=zone)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2026-03-29", {2: 0, 3: 60}),  # clocks go forward at 2:00
        ("2026-10-25", {2: 120, 3: 60}),  # and back at 3:00
        ("2026-11-22", {2: 60, 3: 60}),
    ],
)
def test_an_hour_that_is_left_out_never_is_and_one_that_comes_twice_counts_twice(
    day: str, hours: dict[int, int]
) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=3)
    moments = [start + timedelta(minutes=10 * step) for step in range(30 * 6)]
    rules = {hour: f"request.date == '{day}' && request.hour == {hour}" for hour in hours}

    found = {hour: 10 * sum(holds(rule, at=at, zone=BERLIN) for at in moments) for hour, rule in rules.items()}
    assert found == hours
