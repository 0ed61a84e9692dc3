"""When mail goes: what `email` may say, and what it may not."""

from datetime import timedelta

import pytest

from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reminding import EmailRule
from tests.approvals.policy.files import changed, policy, whereabouts


@pytest.mark.parametrize(
    ("old", "new", "wrong", "code"),
    [
        ("max: 4h}\n  ", "max: 4h}\n  email: sometimes\n  ", "sometimes", "bad-value"),
        ("max: 4h}\n  ", "max: 4h}\n  email: {after: 10}\n  ", "10}", "bad-duration"),
        ("max: 4h}\n  ", "max: 4h}\n  email: {after: 0m}\n  ", "0m", "bad-duration"),
        ("max: 4h}\n  ", "max: 4h}\n  email: {copy: everybody}\n  ", "everybody", "bad-value"),
        ("max: 4h}\n  ", "max: 4h}\n  email: {when: 10m}\n  ", "when", "unknown-key"),
        ("max: 4h}\n  ", "max: 4h}\n  email: [always]\n  ", "[always]", "wrong-type"),
        ("approval: self", "approval: self\n    email: {after: now}", "now}", "bad-duration"),
    ],
)
def test_what_is_no_rule_is_refused_where_it_stands(old: str, new: str, wrong: str, code: str) -> None:
    text = changed((old, new))
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    found = [(problem.code, problem.line, problem.col) for problem in refused.value.problems]
    assert found == [(code, *whereabouts(text, wrong))]


@pytest.mark.parametrize(
    ("written", "after", "copy"),
    [
        ("always", timedelta(0), False),
        ("never", None, False),
        ("{after: 3m}", timedelta(minutes=3), False),
        ("{after: 3m, copy: requester}", timedelta(minutes=3), True),
        ("{copy: requester}", timedelta(0), True),
    ],
)
def test_when_mail_goes_is_read_for_all_and_for_one_entitlement(
    written: str, after: timedelta | None, copy: bool
) -> None:
    rule = EmailRule(after=after, copy=copy)
    everywhere = policy(("max: 4h}\n  ", f"max: 4h}}\n  email: {written}\n  "))
    for_one = policy(("approval: self", f"approval: self\n    email: {written}"))

    assert {everywhere.email_for(name) for name in (*everywhere.entitlements, "gone")} == {rule}
    assert rule in {for_one.email_for(name) for name in for_one.entitlements}
    assert for_one.email_for("gone") == EmailRule(after=timedelta(minutes=10))
