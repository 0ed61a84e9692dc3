"""What an action is called in AuthZEN: every mapping that cannot work is named at its place."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from approvals.policy.parties import AuthZen
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reading.schema import schema
from tests.approvals.policy.actions import changed, policy
from tests.approvals.policy.files import whereabouts

AT = "    risk:"
GOOD = "{action: pay_back, resource: order, id: order, context: [channel]}"
SECOND = """  - id: payout
    application: payments
    title: Pay out
    requesters: ["domain:example.com"]
    approval: [{approvers: ["group:finance"]}]
    authzen: {action: pay_back, resource: order}
  - id: refund
"""


def mapped(text: str) -> tuple[str, str]:
    return AT, f"    authzen: {text}\n{AT}"


REFUSED = [
    ("{action: pay_back}", "{action: pay", "missing-key"),
    ("{resource: order}", "{resource: or", "missing-key"),
    ("pay_back", "pay_back\n", "wrong-type"),
    ("{action: pay_back, resource: order, subject: user}", "subject: user", "unknown-key"),
    ("{action: pay back, resource: order}", "pay back", "bad-value"),
    ("{action: '', resource: order}", "'', res", "bad-value"),
    (f"{{action: {'a' * 101}, resource: order}}", "a" * 101, "bad-value"),
    ("{action: pay_back, resource: order, id: orders}", "orders}", "bad-value"),
    ("{action: pay_back, resource: order, id: amount}", "amount}\n", "bad-value"),
    ("{action: pay_back, resource: order, id: card}", "card}\n", "bad-value"),
    ("{action: pay_back, resource: order, context: []}", "[]}", "empty-list"),
    ("{action: pay_back, resource: order, context: [approval]}", "[approval]", "bad-value"),
    ("{action: pay_back, resource: order, context: [on_behalf_of]}", "[on_behalf_of]", "bad-value"),
    (
        f"{{action: pay_back, resource: order, context: [{', '.join(f'c{n}' for n in range(11))}]}}",
        "[c0",
        "too-many",
    ),
]


@pytest.mark.parametrize(("text", "where", "code"), REFUSED)
def test_a_mapping_that_cannot_work_is_refused_at_its_place(text: str, where: str, code: str) -> None:
    written = changed(mapped(text))

    with pytest.raises(PolicyError) as refusal:
        parse(written, source="policy.yaml")

    (problem,) = refusal.value.problems
    assert problem.code == code
    assert (problem.line, problem.col) == whereabouts(written, where)


def test_one_question_means_one_action_of_an_application() -> None:
    written = changed(mapped(GOOD), ("  - id: refund\n", SECOND))

    with pytest.raises(PolicyError) as refusal:
        parse(written, source="policy.yaml")

    assert [each.code for each in refusal.value.problems] == ["authzen-twice"]
    assert "the action of line" in refusal.value.problems[0].text


def test_a_mapping_is_read_and_fits_the_schema() -> None:
    found = policy(mapped(GOOD)).actions["refund"].authzen

    assert found == AuthZen(action="pay_back", resource="order", id="order", context=("channel",))
    Draft202012Validator(schema()).validate(yaml.safe_load(changed(mapped(GOOD))))
    assert policy().actions["refund"].authzen is None
