"""Actions in the policy file: every key, parameter and guardrail that cannot work is named at its place."""

from datetime import timedelta

import pytest
import yaml
from jsonschema import Draft202012Validator

from approvals.policy.model import Parameter, Requirement, Stage
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reading.schema import schema
from tests.approvals.policy.actions import FILE, changed, policy
from tests.approvals.policy.files import whereabouts

ALLOW = "params.amount <= 100 && params.amount_currency"
STEP = "then: step_up, acr: [phr], max_age: 300"
ORDER = "{name: order, label: Order, type: string}"
STAGES = '\n      - {approvers: ["group:finance"], sign: typed}'
ENTITLED = """entitlements:
  - id: refund
    title: Read logs
    resource: projects/shop-prod
    roles: [roles/logging.viewer]
    duration: {default: 1h, max: 1h}
    requesters: ["domain:example.com"]
    approval: self"""
GUARDED = "{when: '%s', then: allow}"

REFUSED = [
    ("    risk:", "    data: x\n    risk:", "data: x", "unknown-key"),
    ("    risk:", "    when: 'true'\n    risk:", "when: 'true'", "foreign-key"),
    ("application: payments", "application: payment", "payment\n", "unknown-application"),
    ("    application: payments\n", "", "id: refund", "missing-key"),
    ("entitlements: []", ENTITLED, "refund\n    application", "duplicate-id"),
    ("title: Refund a customer", "title: ''", "''", "bad-text"),
    (f"approval:{STAGES}", "approval: self", "self", "bad-approval"),
    (f"approval:{STAGES}", "approval: auto", "auto", "bad-approval"),
    (f"approval:{STAGES}", "approval: nobody", "nobody", "bad-approval"),
    (f"approval:{STAGES}", "approval: []", "[]\n    pending", "empty-list"),
    (f"    approval:{STAGES}\n", "", "id: refund", "missing-key"),
    ("use_by: 10m", "use_by: 25h", "25h", "bad-duration"),
    ("use_by: 10m", "use_by: 10", "10\n", "bad-duration"),
    ("pending: 30m", "pending: 0m", "0m", "bad-duration"),
    # parameters
    ("name: order", "name: amount", "{name: amount, label: Order", "duplicate-name"),
    ("name: order", "name: amount_currency", "{name: amount_currency, label: Order", "duplicate-name"),
    ("label: Order", "label: Amount", "{name: order, label: Amount", "duplicate-name"),
    ("name: order", "name: order-id", "order-id", "bad-name"),
    ("name: order", "name: 2nd", "2nd", "bad-name"),
    ("name: order", "name: 'in'", "'in'", "bad-name"),
    ("name: order", "name: _order", "_order", "bad-name"),
    ("name: order", f"name: {'o' * 41}", "o" * 41, "bad-name"),
    ("label: Order", f"label: {'o' * 41}", "o" * 41, "bad-text"),
    ("label: Order", "label: \"Or\\u202eder\"", '"Or', "bad-text"),
    ("type: string", "type: text", "text}", "bad-value"),
    ("required: false", "required: 'no'", "'no'", "wrong-type"),
    # guardrails
    (STEP, "then: step_up", "{when: 'now - sub", "bad-step-up"),
    (STEP, "then: refuse, acr: [phr]", "[phr]}", "bad-step-up"),
    (STEP, "then: allow, max_age: 300", "300}", "bad-step-up"),
    ("max_age: 300", "max_age: 0", "0}", "bad-step-up"),
    ("max_age: 300", "max_age: 86401", "86401", "bad-step-up"),
    ("max_age: 300", "max_age: 5m", "5m}", "wrong-type"),
    ("acr: [phr]", "acr: []", "[], max_age", "empty-list"),
    ("then: refuse", "then: deny", "deny", "bad-value"),
    ("then: refuse", "than: refuse", "than", "unknown-key"),
    ("reason: Only employees refund", f"reason: {'r' * 201}", "rrr", "bad-text"),
]  # fmt: skip

UNWORKABLE = [
    ("params.amount", "params.amount"),
    (" ", None),
    ("", ""),
    ("true // yes", "//"),
    ("1 + 1", None),
    ("subject.type", None),
    ('params.amunt <= 100', "params.amunt"),
    ('true && params.order == 1', None),
    ('params.card == "No. 4111"', "params.card"),
    ('has(params.card)', "params.card"),
    ('has(params.cord)', "params.cord"),
    ('subject.typ == "guest"', "subject.typ"),
    ('has(subject.typ)', "subject.typ"),
    ('subject == 1', None),
    ('params.amount + 1 <= 100', "params.amount"),
    ('params.amount <= 1e2', "params.amount"),
    ('params.amount <= params.order', "params.amount"),
    ('params.amount == 100 == true', "params.amount"),
    ('"finance" == subject.groups', None),
    ('subject.auth_time > 5', None),
    ('now.getHours() >= 8 ? "yes" : "no"', None),
    ('other.x == 1', None),
    ('_0', "_0"),
    ('now - subject.auth_time > duration("15 minutes")', "duration"),
    ('false && now > timestamp("2026-13-01T00:00:00Z")', "timestamp"),
    ('params.order == "" || params.order.matches("(")', "matches"),
    ('now.getHours("Mars/Base") >= 8', "getHours"),
    ('1 / 0 == 1', None),
]  # fmt: skip


def problems(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")
    return [(each.code, each.line, each.col) for each in refused.value.problems]


@pytest.mark.parametrize(("old", "new", "at", "code"), REFUSED)
def test_what_is_wrong_is_refused_where_it_stands(old: str, new: str, at: str, code: str) -> None:
    text = changed((old, new))

    assert (code, *whereabouts(text, at)) in problems(text)


@pytest.mark.parametrize(("when", "at"), UNWORKABLE)
def test_a_guardrail_that_cannot_work_is_refused(when: str, at: str | None) -> None:
    text = changed((f'{ALLOW} == "EUR"', when))
    line, col = whereabouts(text, f"'{when}', then: allow")

    (found,) = problems(text)
    assert found[:2] == ("bad-guardrail", line)
    if at:
        assert found[2] == col + 1 + when.index(at)


@pytest.mark.parametrize(
    "when",
    [
        "timestamp(params.order) < now && int(params.order) > 3",
        'subject.groups[2] == "x"',
        'params.order.matches("A-[0-9]+") && now.getHours("Europe/Berlin") < 18',
        'params.amount > 3 ? subject.type == "x" : false',
    ],
)
def test_a_guardrail_that_fails_for_some_alone_is_taken(when: str) -> None:
    parse(changed((f'{ALLOW} == "EUR"', when)), source="policy.yaml")


def test_more_parameters_than_an_approver_reads_are_refused() -> None:
    more = "".join(f"\n      - {{name: p{number}, label: P{number}, type: string}}" for number in range(28))
    text = changed((ORDER, ORDER + more))

    assert problems(text) == [("too-many", *whereabouts(text, "{name: card"))]


def test_more_guardrails_than_fifty_are_refused() -> None:
    text = changed(("    guardrails:\n", "    guardrails:\n" + f"      - {GUARDED % 'true'}\n" * 48))

    assert problems(text) == [("too-many", *whereabouts(text, "{when: 'params.amount"))]


def test_a_claim_that_the_application_can_bring_is_known_and_one_of_another_issuer_is_not() -> None:
    other = (
        "issuers:\n  - {id: other, issuer: 'https://sign.example.com', claims: {site: site}}\n  - id: okta\n"
        "    claims: {desk: desk}"
    )
    known = changed(("issuers:\n  - id: okta", other), ("    claims: {groups: groups, type: employee_type}\n", ""))

    for name, sound in (("desk", True), ("department", True), ("amr", True), ("site", False)):
        rule = f'"x" in subject.{name}' if name == "amr" else f'subject.{name} == "x"'
        text = known.replace(f'{ALLOW} == "EUR"', rule)
        assert sound or problems(text)[0][0] == "bad-guardrail"
        if sound:
            parse(text, source="policy.yaml")


def test_claims_of_whom_the_application_names_itself_are_the_application_s_to_name() -> None:
    text = changed(
        (f'{ALLOW} == "EUR"', 'subject.shop == "x"'), ("    brings:", "    may_assert: true\n    brings:")
    )

    parse(text, source="policy.yaml")


def test_what_is_wrong_with_an_application_is_not_said_of_its_actions_as_well() -> None:
    text = changed(("webhook: https:", "webhook: http:"))

    assert [code for code, *_ in problems(text)] == ["bad-url"]


def test_an_action_has_all_that_is_written() -> None:
    found = policy().actions["refund"]

    assert (found.application, found.title) == ("payments", "Refund a customer")
    assert found.parameters == (
        Parameter(name="amount", label="Amount", type="money"),
        Parameter(name="order", label="Order", type="string"),
        Parameter(name="card", label="Card", type="secret", required=False),
    )
    assert found.requesters == ("domain:example.com",)
    assert found.requirement == Requirement(
        kind="stages", stages=(Stage(approvers=("group:finance",), sign="typed"),)
    )
    assert [each.then for each in found.guardrails] == ["refuse", "step_up", "allow"]
    assert (found.guardrails[0].reason, found.guardrails[1].acr, found.guardrails[1].max_age) == (
        "Only employees refund",
        ("phr",),
        300,
    )
    assert (found.risk, found.metadata) == ("Money leaves the company at once", {"cost centre": "4711"})
    assert (found.pending, found.use_by) == (timedelta(minutes=30), timedelta(minutes=10))


def test_an_action_that_says_nothing_of_times_waits_as_all_requests_do_and_is_used_within_ten_minutes() -> None:
    found = policy(
        ("    pending: 30m\n    use_by: 10m\n", ""),
        ("entitlements: []", "entitlements: []\ndefaults: {pending: 2h}"),
    ).actions["refund"]

    assert (found.pending, found.use_by) == (timedelta(hours=2), timedelta(minutes=10))


def test_administrators_are_selectors() -> None:
    written = 'administrators: ["group:finance", alice@example.com]\nentitlements: []'

    assert policy(("entitlements: []", written)).administrators == ("group:finance", "user:alice@example.com")
    text = changed(("entitlements: []", written.replace("finance", "finances")))
    assert problems(text) == [("unknown-group", *whereabouts(text, '"group:finances"'))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("use_by:", "used_by:"),
        ("name: order", "name: order-id"),
        ("then: refuse", "then: deny"),
        ("max_age: 300", "max_age: 0"),
        (f"approval:{STAGES}", "approval: self"),
        ("webhook: https:", "webhook: http:"),
        ("secret:projects", "whsec_projects"),
        ("keys:", "jwks_uri: https://x.example/\n    keys:"),
        ("{groups: groups", "{'a b': groups"),
    ],
)
def test_the_editor_knows_actions(old: str, new: str) -> None:
    check = Draft202012Validator(schema())

    assert check.is_valid(yaml.safe_load(FILE))
    assert not check.is_valid(yaml.safe_load(changed((old, new))))
