"""Stages that stand side by side, and those that keep the requester's own team out, as the file says them."""

import pytest

from approvals.policy.lint import lint
from approvals.policy.model import Policy, Stage
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from tests.approvals.policy.actions import FILE as ACTIONS
from tests.approvals.policy.files import changed

LED = '- {approvers: ["group:leads@example.com"], needed: 2}'
LOGS = "approval: self"


def read(*stages: str) -> Policy:
    return parse(changed((LED, "\n      ".join(f"- {{{stage}}}" for stage in stages))), source="p.yaml")


def said(text: str, code: str) -> list[str]:
    return [problem.text for problem in lint(text, source="p.yaml") if problem.code == code]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("order: all", "bad-value"),
        ("order: [any]", "wrong-type"),
        ('not_same: ["group:sre"]', "wrong-type"),
        ("not_same: bob@example.com", "bad-value"),
        ('not_same: "domain:example.com"', "bad-value"),
        ('not_same: "group:sr"', "unknown-group"),
    ],
)
def test_what_no_stage_can_say_is_refused_where_it_stands(key: str, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(f'approvers: ["group:security"], {key}')
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("key", ["order: any", 'not_same: "group:finance"'])
def test_no_action_has_them(key: str) -> None:
    stage = 'approvers: ["group:finance"]'
    assert stage in ACTIONS
    (text,) = said(ACTIONS.replace(stage, f"{stage}, {key}", 1), "not-for-actions")
    assert text == f"{key.partition(':')[0]} is not for actions, only for entitlements"


def test_they_are_read() -> None:
    found = read('approvers: ["group:sre"]', 'approvers: ["group:security"], order: any, not_same: "group:sre"')
    assert found.entitlements["led"].requirement.stages[1] == Stage(
        approvers=("group:security",), order="any", not_same="group:sre"
    )


@pytest.mark.parametrize(
    ("stages", "short"),
    [
        # Whoever of sre asks, nobody else of sre may approve.
        ('[{approvers: ["group:sre"], not_same: "group:sre"}]', True),
        ('[{approvers: ["bob@example.com"], not_same: "group:sre"}]', True),
        ('[{approvers: ["group:sre", "group:security"], not_same: "group:sre"}]', False),
        # Three places side by side, and two people besides the requester.
        ('[{approvers: ["group:sre"]}, {approvers: ["group:sre"], order: any, needed: 2}]', True),
        ('[{approvers: ["group:sre"]}, {approvers: ["group:sre"], order: any}]', False),
    ],
)
def test_a_quorum_that_they_put_out_of_reach_is_an_error(stages: str, short: bool) -> None:
    text = changed((LOGS, f"approval: {stages}"))
    assert bool(said(text, "unreachable-quorum")) is short


def test_a_team_that_only_the_directory_knows_is_named_where_it_could_leave_nobody() -> None:
    apart = 'not_same: "group:team@example.com"'
    (text,) = said(changed((LOGS, f'approval: [{{approvers: ["group:sre"], {apart}}}]')), "unknowable-quorum")[:1]
    assert "who is in group:team@example.com is not known here" in text
