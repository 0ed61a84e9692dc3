"""Service accounts in a policy file: who owns them must be people, and nothing makes one of them decide."""

import pytest

from approvals.policy.lint import lint
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from tests.approvals.policy.files import changed
from tests.support.world import POLICY

DOMAINS = "  domains: [example.com]"
ROBOT = "deployer@shop-prod.iam.gserviceaccount.com"


def codes(text: str) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")
    return [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("[deployer]", "wrong-type"),
        (f"{{{ROBOT}: [alice@example.com]}}", "wrong-type"),
        (f"{{{ROBOT}: {{}}}}", "missing-key"),
        (f"{{{ROBOT}: {{owners: []}}}}", "empty-list"),
        (f"{{{ROBOT}: {{owners: alice@example.com}}}}", "wrong-type"),
        (f'{{{ROBOT}: {{owners: ["group:sre@example.com"]}}}}', "bad-owner"),
        (f'{{{ROBOT}: {{owners: ["domain:example.com"]}}}}', "bad-owner"),
        (f"{{{ROBOT}: {{owners: [alice@elsewhere.example]}}}}", "foreign-domain"),
        (f"{{{ROBOT}: {{owners: [{ROBOT}]}}}}", "service-account"),
        (f"{{{ROBOT}: {{owner: [alice@example.com]}}}}", "unknown-key"),
        ("{alice@example.com: {owners: [alice@example.com]}}", "bad-address"),
        ("{bot@evilgserviceaccount.com: {owners: [alice@example.com]}}", "bad-address"),
        ("{deployer: {owners: [alice@example.com]}}", "bad-address"),
        (
            f"{{{ROBOT}: {{owners: [bob@example.com]}}, {ROBOT.upper()}: {{owners: [bob@example.com]}}}}",
            "duplicate-key",
        ),
    ],
)
def test_what_names_no_people_for_a_robot_is_refused(said: str, code: str) -> None:
    assert code in codes(changed((DOMAINS, f"{DOMAINS}\n  service_accounts: {said}")))


def test_an_alias_of_a_person_is_no_service_account() -> None:
    said = f"{DOMAINS}\n  service_accounts: {{{ROBOT}: {{owners: [bob@example.com]}}}}"
    aliased = POLICY.replace("[a.smith@example.com]", f"[a.smith@example.com, {ROBOT}]").replace(DOMAINS, said)

    assert codes(aliased) == ["alias-twice"]


@pytest.mark.parametrize("where", ["approvers", "requesters"])
def test_one_without_owners_is_named_nowhere(where: str) -> None:
    old = '["group:approvers@example.com"]' if where == "approvers" else '["domain:example.com"]'

    assert codes(POLICY.replace(old, f"[{ROBOT}]", 1)) == ["service-account"]


def test_one_with_owners_asks_and_is_no_approver() -> None:
    owned = POLICY.replace(
        DOMAINS, f"{DOMAINS}\n  service_accounts: {{{ROBOT}: {{owners: [bob@example.com]}}}}", 1
    )
    may_ask = owned.replace('["domain:example.com"]', f"[{ROBOT}]", 1)

    found = parse(may_ask, source="policy.yaml")
    assert found.identity.service_accounts == {ROBOT: ("bob@example.com",)}
    assert found.entitlements["pair"].requesters == (f"user:{ROBOT}",)
    assert codes(owned.replace('["group:approvers@example.com"]', f"[{ROBOT}]", 1)) == ["service-account"]


def test_a_quorum_is_counted_without_the_owners() -> None:
    owned = POLICY.replace(
        DOMAINS, f"{DOMAINS}\n  service_accounts: {{{ROBOT}: {{owners: [bob@example.com, dan@example.com]}}}}", 1
    )
    named = "{approvers: [bob@example.com, carol@example.com, dan@example.com], needed: 2}"
    text = owned.replace('{approvers: ["group:approvers@example.com"], needed: 2}', named)

    people = [problem.code for problem in lint(text, source="policy.yaml") if problem.severity == "error"]
    robot = [
        problem.code
        for problem in lint(text.replace('["domain:example.com"]', f"[{ROBOT}]", 1), source="policy.yaml")
        if problem.severity == "error"
    ]
    assert people == []
    assert robot == ["unreachable-quorum"]
