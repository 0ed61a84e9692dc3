"""Approval by a rule, as the file says it."""

import pytest

from approvals.policy.access import Auto
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from tests.approvals.policy.files import changed

ICAL = 'oncall: {ical: "https://oncall.example.com/sre.ics?key=1"}'


def read(rule: str, kind: str = "auto") -> Auto | None:
    text = changed(("approval: self", f"approval: {kind}\n    auto: {{{rule}}}"))
    return parse(text, source="p.yaml").entitlements["logs"].auto


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "missing-key"),
        ("when: 'requester.oncall'", "missing-key"),
        ("when: 'true', oncall: {group: \"group:sre\"}", "bad-value"),
        ("oncall: {}", "missing-key"),
        ('oncall: {group: "group:sre", ical: "https://oncall.example.com/x.ics"}', "missing-key"),
        ("oncall: {group: bob@example.com}", "bad-value"),
        ('oncall: {group: "group:nobody"}', "unknown-group"),
        ('oncall: {ical: "http://oncall.example.com/x.ics"}', "bad-url"),
        ('oncall: {ical: "file:///etc/passwd"}', "bad-url"),
        ("when: 'requester.oncal'", "bad-rule"),
        ("when: 'request.hour > 8'", "no-timezone"),
    ],
)
def test_what_could_approve_nothing_or_everything_is_refused(rule: str, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(rule)
    assert code in [problem.code for problem in caught.value.problems]


def test_a_rule_beside_another_approval_is_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        read(ICAL, kind="self")
    assert [problem.code for problem in caught.value.problems] == ["bad-approval"]


def test_being_on_call_is_enough_where_nothing_else_is_said() -> None:
    assert read(ICAL) == Auto(when="requester.oncall", ical="https://oncall.example.com/sre.ics?key=1")
    assert read('oncall: {group: "group:sre"}') == Auto(when="requester.oncall", group="group:sre")


def test_a_rule_of_its_own_needs_nobody_on_call() -> None:
    assert read("when: 'request.duration <= duration(\"30m\")'") == Auto(
        when='request.duration <= duration("30m")'
    )
