"""Reminders, escalation and quiet people: what the policy may say of them, and what it may not."""

from datetime import timedelta

import pytest

from approvals.policy.lint import lint
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reminding import EVERY_DAY, EscalateRule, Hours, RemindRule
from approvals.policy.selectors import is_quiet
from tests.approvals.policy.files import changed, policy, whereabouts

TOP, SELF = "max: 4h}\n", "approval: self\n"
"""After what a key of `defaults`, or of one entitlement, may stand."""


def written_at(place: str, line: str) -> str:
    return f"{place}{'  ' if place == TOP else '    '}{line}\n"


@pytest.mark.parametrize(
    ("written", "wrong", "code"),
    [
        ("remind: sometimes", "sometimes", "bad-value"),
        ("remind: {factor: 2}", "{factor: 2}", "missing-key"),
        ("remind: {first: 10}", "10}", "bad-duration"),
        ("remind: {first: 10m, factor: 0}", "0}", "bad-value"),
        ("remind: {first: 10m, factor: 11}", "11}", "bad-value"),
        ("remind: {first: 10m, factor: 1.5}", "1.5}", "wrong-type"),
        ("remind: {first: 10m, often: 2}", "often", "unknown-key"),
        ('remind: {first: 10m, hours: "9-18"}', '"9-18"', "bad-hours"),
        ('remind: {first: 10m, hours: "18:00-09:00"}', '"18:00-09:00"', "bad-hours"),
        ('remind: {first: 10m, hours: "09:00-09:00"}', '"09:00-09:00"', "bad-hours"),
        ('remind: {first: 10m, hours: "09:00-25:00"}', '"09:00-25:00"', "bad-hours"),
        ('remind: {first: 10m, hours: "Mo-Fr 09:00-18:00"}', '"Mo-Fr 09:00-18:00"', "bad-hours"),
        ("escalate: now", "now", "bad-value"),
        ("escalate: {after: 30m}", "{after: 30m}", "missing-key"),
        ('escalate: {channel: "#oncall"}', '{channel: "#oncall"}', "missing-key"),
        ("escalate: {after: 30m, to: []}", "[]", "empty-list"),
        ('escalate: {after: 30m, to: ["group:nobody"]}', '"group:nobody"', "unknown-group"),
        ("escalate: {after: 30m, to: [eve@elsewhere.org]}", "eve@elsewhere.org", "foreign-domain"),
        ('escalate: {after: 30m, channel: "on call"}', '"on call"', "bad-channel"),
    ],
)
@pytest.mark.parametrize("place", [TOP, SELF])
def test_what_is_no_rule_is_refused_where_it_stands(place: str, written: str, wrong: str, code: str) -> None:
    text = changed((place, written_at(place, written)))
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    found = [(problem.code, problem.line, problem.col) for problem in refused.value.problems]
    line, col = whereabouts(text, written)
    assert found == [(code, line, col + written.index(wrong))]


@pytest.mark.parametrize("who", ["group:leads@example.com", "group:directory"])
def test_nobody_is_quiet_whose_people_only_a_directory_knows(who: str) -> None:
    text = changed((SELF, written_at(SELF, f'quiet: ["{who}"]')))
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    assert [problem.code for problem in refused.value.problems] == ["bad-quiet"]


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("never", RemindRule()),
        ("{first: 10m}", RemindRule(first=timedelta(minutes=10), factor=2)),
        ("{first: 1h, factor: 1}", RemindRule(first=timedelta(hours=1), factor=1)),
        (
            '{first: 1h, hours: "09:00-18:30"}',
            RemindRule(first=timedelta(hours=1), hours=Hours(begin=540, end=1110, days=EVERY_DAY)),
        ),
        (
            '{first: 1h, hours: "Sun-Tue 00:00-24:00"}',
            RemindRule(first=timedelta(hours=1), hours=Hours(begin=0, end=1440, days=frozenset({7, 1, 2}))),
        ),
    ],
)
def test_reminders_are_read_for_all_and_for_one_entitlement(written: str, rule: RemindRule) -> None:
    everywhere = policy((TOP, written_at(TOP, f"remind: {written}")))
    for_one = policy((SELF, written_at(SELF, f"remind: {written}")))

    assert {everywhere.remind_for(name) for name in (*everywhere.entitlements, "gone")} == {rule}
    assert for_one.remind_for("logs") == rule
    assert for_one.remind_for("admin") == RemindRule()


def test_one_entitlement_may_have_nobody_else_told() -> None:
    rule = 'escalate: {after: 30m, to: ["group:security"], channel: "#oncall"}'
    found = policy((TOP, written_at(TOP, rule)), (SELF, written_at(SELF, "escalate: never")))

    told = EscalateRule(after=timedelta(minutes=30), to=("group:security",), channel="#oncall")
    assert found.escalate_for("admin") == found.escalate_for("gone") == told
    assert found.escalate_for("logs").after is None


def test_who_is_quiet_is_known_by_address_group_and_domain() -> None:
    found = policy((SELF, written_at(SELF, 'quiet: ["group:security", bob@example.com]')))

    quiet = [who for who in ("alice", "bob", "carol") if is_quiet(found, "logs", f"{who}@example.com")]
    assert quiet == ["bob", "carol"]
    assert not is_quiet(found, "admin", "carol@example.com")


def test_lint_names_a_stage_of_which_nobody_is_told() -> None:
    second = '- {approvers: ["group:security"], sign: typed}\n'
    loud = changed((second, f"{second}    quiet: [bob@example.com]\n"))
    silent = changed((second, f"{second}    quiet: [carol@example.com]\n"))

    assert "nobody-told" not in {problem.code for problem in lint(loud, source="policy.yaml")}
    (found,) = [each for each in lint(silent, source="policy.yaml") if each.code == "nobody-told"]
    assert (found.line, found.severity) == (whereabouts(silent, "quiet:")[0], "warning")
    assert "stage 2" in found.text
