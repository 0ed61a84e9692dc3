"""Which proofs count, as the policy file says it: strictly read, and strict where it says nothing."""

from datetime import timedelta

import pytest

from approvals.people.principals import Accept, Externals, Gate, IdentityRules
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from tests.approvals.policy.files import changed

DOMAINS = "  domains: [example.com]"


def read(line: str) -> IdentityRules:
    return parse(changed((DOMAINS, f"{DOMAINS}\n  {line}")), source="policy.yaml").identity


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("accept: web", "wrong-type"),
        ("accept: {decide: linked}", "not-in-this-version"),
        ("accept: {request: Web}", "bad-value"),
        ("accept: {approve: web}", "unknown-key"),
        ("proof_age: 60", "bad-duration"),
        ("proof_age: 59s", "bad-duration"),
        ("proof_age: 13h", "bad-duration"),
        ("proof_age: never", "bad-duration"),
        ("web: {levels: [managed]}", "unknown-key"),
        ("web: {access_levels: [managed]}", "bad-level"),
        ("web: {access_levels: accessPolicies/1/accessLevels/managed}", "wrong-type"),
        ("web: {access_levels: []}", "empty-list"),
        ("web: {attributes: {role: []}}", "empty-list"),
        ("web: {attributes: {role: admin}}", "wrong-type"),
        ("web: {attributes: [role]}", "wrong-type"),
        ("gcip: {}", "missing-key"),
        ("gcip: {tenants: [tenant-1]}", "missing-key"),
        ("gcip: {providers: []}", "empty-list"),
        ("gcip: {providers: [saml.corp], tenants: []}", "empty-list"),
        ("gcip: {providers: saml.corp}", "wrong-type"),
        ("gcip: true", "wrong-type"),
    ],
)
def test_what_cannot_be_meant_is_refused(line: str, code: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(line)

    assert [problem.code for problem in refused.value.problems] == [code]


def test_where_it_says_nothing_a_chat_will_do_and_nobody_from_outside() -> None:
    rules = read("guests: refuse")

    assert rules.accept == Accept(request="chat", decide="chat")
    assert rules.proof_age == timedelta(hours=1)
    assert rules.web == Gate(access_levels=(), attributes={})
    assert rules.gcip == Externals(providers=(), tenants=())


def test_all_of_it_is_read() -> None:
    assert read("accept: {request: chat, decide: web}").accept == Accept(request="chat", decide="web")
    assert read("proof_age: 15m").proof_age == timedelta(minutes=15)
    level = "accessPolicies/1/accessLevels/managed"
    assert read(f"web: {{access_levels: [{level}], attributes: {{role: [admin]}}}}").web == Gate(
        access_levels=(level,), attributes={"role": ("admin",)}
    )
    assert read("gcip: {providers: [saml.corp], tenants: [tenant-1]}").gcip == Externals(
        providers=("saml.corp",), tenants=("tenant-1",)
    )
