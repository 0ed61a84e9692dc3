"""Guardrails over all entitlements: what they refuse, whatever an entitlement says, and what lint says of them."""

from datetime import timedelta

import pytest

from approvals.continuing import longest
from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.evaluate import Ask, Offer, evaluate
from approvals.policy.fences import matches
from approvals.policy.lint import lint
from approvals.policy.load import load
from approvals.policy.model import Policy
from approvals.policy.reading.document import PolicyError
from approvals.refusals.errors import Refused, Unavailable
from approvals.terms.offered import still_offered
from handlers.wording.refusing.refusals import told
from tests.approvals.policy.files import changed, policy, whereabouts
from tests.support.builders import NOW, terms

DENIED = '{who: ["group:security"], what: ["folders/*"], reason: No logs for security}'
LEADS = '{who: ["group:leads@example.com"], what: ["projects/shop-*"], reason: Leads lead}'
BUNDLE = """\
    grants:
      - {resource: projects/shop-data, roles: [roles/bigquery.dataViewer]}
      - {resource: folders/123, roles: [roles/logging.viewer]}
"""


def fenced(guardrails: str, *more: tuple[str, str]) -> Policy:
    return policy(("version: 1\n", f"version: 1\nguardrails: {guardrails}\n"), *more)


def refused(
    found: Policy, entitlement: str, person: str, *, hours: float = 1, known: Memberships = NOTHING_KNOWN
) -> Refused:
    asked = Ask(entitlement=entitlement, duration=timedelta(hours=hours), justification="INC-1")
    with pytest.raises(Refused) as refusal:
        evaluate(found, asked, requester=person, memberships=known, begins=NOW).offer()
    return refusal.value


@pytest.mark.parametrize(
    ("guardrails", "entitlement", "person", "code", "said"),
    [
        (f"{{deny: [{DENIED}]}}", "logs", "carol@example.com", "guardrail.said", "No logs for security"),
        ("{never_roles: [roles/logging.viewer]}", "logs", "bob@example.com", "guardrail.role", "logging.viewer"),
        ("{never_roles: ['roles/compute.*']}", "admin", "bob@example.com", "guardrail.role", "compute.viewer"),
        ("{never_roles: ['*/*/roles/*']}", "led", "bob@example.com", "guardrail.role", "organizations/456"),
        ("{no_self: ['*/*']}", "logs", "bob@example.com", "guardrail.self", "folders/123"),
        ("{max_duration: 59m}", "admin", "bob@example.com", "duration.long", "59 minutes"),
    ],
    ids=["denied", "a role", "one of two roles", "a custom role", "alone", "too long"],
)
def test_what_a_guardrail_refuses_nobody_gets(
    guardrails: str, entitlement: str, person: str, code: str, said: str
) -> None:
    lead = Memberships(answers={("leads@example.com", "bob@example.com"): True})
    refusal = refused(fenced(guardrails), entitlement, person, known=lead)

    assert refusal.code == code
    assert said in told(refusal)


def test_what_a_rule_would_approve_nobody_gets_where_nobody_gets_anything_alone() -> None:
    by_rule = ("    approval: self\n", "    approval: auto\n    auto: {when: 'true'}\n")
    asked = Ask(entitlement="logs", duration=None, justification="INC-1")

    refusal = refused(fenced("{no_self: ['folders/*']}", by_rule), "logs", "bob@example.com")

    assert refusal.code == "guardrail.self"
    elsewhere = fenced("{no_self: ['projects/*']}", by_rule)
    found = evaluate(elsewhere, asked, requester="bob@example.com", memberships=NOTHING_KNOWN, begins=NOW)
    assert found.offer().requirement.kind == "auto"


def test_of_several_refusals_the_denial_is_told_first() -> None:
    found = fenced(f"{{never_roles: ['roles/*'], no_self: ['*/*'], deny: [{DENIED}]}}")

    refusal = refused(found, "logs", "carol@example.com", hours=99)

    assert [each.code for each in refusal.all] == ["guardrail.said", "duration.long"]


@pytest.mark.parametrize("guardrails", [f"{{deny: [{DENIED}]}}", "{never_roles: [roles/logging.viewer]}"])
def test_a_bundle_is_refused_whole_where_one_of_its_grants_is(guardrails: str) -> None:
    one = "    resource: folders/123\n    roles: [roles/logging.viewer]\n"

    assert refused(fenced(guardrails, (one, BUNDLE)), "logs", "carol@example.com").kind == "guardrail"


def test_whom_the_directory_cannot_place_a_denial_keeps_waiting() -> None:
    found = fenced(f"{{deny: [{LEADS}]}}")
    asked = Ask(entitlement="admin", duration=None, justification="INC-1")

    with pytest.raises(Unavailable):
        evaluate(found, asked, requester="bob@example.com", memberships=NOTHING_KNOWN, begins=NOW).offer()
    gone = Memberships(answers={("leads@example.com", "bob@example.com"): None})
    with pytest.raises(Unavailable):
        evaluate(found, asked, requester="bob@example.com", memberships=gone, begins=NOW).offer()
    known = Memberships(answers={("leads@example.com", "bob@example.com"): True})
    assert "Leads lead" in told(refused(found, "admin", "bob@example.com", known=known))
    free = Memberships(answers={("leads@example.com", "bob@example.com"): False})
    offer = evaluate(found, asked, requester="bob@example.com", memberships=free, begins=NOW).offer()
    assert offer.requester == "bob@example.com"


@pytest.mark.parametrize(
    ("guardrails", "code"),
    [
        (f"{{deny: [{DENIED}]}}", "guardrail.said"),
        ("{never_roles: [roles/logging.viewer]}", "guardrail.role"),
        ("{no_self: [folders/123]}", "guardrail.self"),
        ("{max_duration: 20m}", "terms.changed"),
    ],
)
def test_a_guardrail_that_is_newer_than_the_request_refuses_it_as_well(guardrails: str, code: str) -> None:
    old = policy().entitlements["logs"]
    frozen = terms(
        entitlement="logs", targets=old.targets, requirement=old.requirement, duration=timedelta(minutes=30)
    )

    def again(found: Policy) -> Offer:
        return still_offered(found, frozen, requester="carol@example.com", memberships=NOTHING_KNOWN, now=NOW)

    assert again(policy()).entitlement == old
    with pytest.raises(Refused) as refusal:
        again(fenced(guardrails))
    assert refusal.value.code == code


def test_forms_say_how_long_the_guardrails_let_it_be() -> None:
    found = fenced("{max_duration: 45m}").entitlements

    assert (found["admin"].duration.default, found["admin"].duration.max) == (timedelta(minutes=45),) * 2
    assert found["logs"].duration.default == timedelta(minutes=30)


def test_extended_access_lasts_no_longer_in_all_than_the_guardrails_let_any() -> None:
    extended = ("  - id: admin\n", "  - id: admin\n    extend: {max_total: 8h}\n")

    assert longest(policy(extended).entitlements["admin"]) == timedelta(hours=8)
    assert longest(fenced("{max_duration: 5h}", extended).entitlements["admin"]) == timedelta(hours=5)


@pytest.mark.parametrize(
    ("pattern", "name", "does"),
    [
        ("projects/*-prod", "projects/shop-prod", True),
        ("projects/*-prod", "projects/-prod", True),
        ("projects/*-prod", "projects/shop-prod-eu", False),
        ("projects/*-prod", "projects/shop-production", False),
        ("projects/*", "folders/123", False),
        ("*/*", "organizations/456", True),
        ("roles/*", "organizations/456/roles/Led", False),
        ("organizations/*", "organizations/456/roles/Led", False),
        ("organizations/*/roles/*", "organizations/456/roles/Led", True),
        ("roles/iam.*", "roles/iam.securityAdmin", True),
        ("roles/iam.*", "roles/iamX.admin", False),
        ("projects/a*b*c", "projects/axbxc", True),
        ("projects/a*b*c", "projects/axc", False),
    ],
)
def test_a_star_is_any_characters_of_one_segment(pattern: str, name: str, does: bool) -> None:
    assert matches((pattern,), name) is does


@pytest.mark.parametrize(
    ("guardrails", "wrong", "code"),
    [
        ("{never_roles: [owner]}", "owner", "bad-match"),
        ("{never_roles: []}", "[]", "empty-list"),
        ("{no_self: [project/*-prod]}", "project/*-prod", "bad-match"),
        ("{no_self: ['projects/shop/prod']}", "'projects/shop/prod'", "bad-match"),
        ("{max_duration: 12}", "12}", "bad-duration"),
        ("{deny: [{who: ['group:sre'], what: ['*/*']}]}", "{who", "missing-key"),
        ("{deny: [{who: [], what: ['*/*'], reason: Never}]}", "[], what", "empty-list"),
        ("{deny: [{who: ['group:srx'], what: ['*/*'], reason: Never}]}", "'group:srx'", "unknown-group"),
        ("{deny: [{who: ['group:sre'], what: [everything], reason: Never}]}", "everything", "bad-match"),
        ("{allow: []}", "allow", "unknown-key"),
    ],
)
def test_what_is_no_guardrail_is_refused_where_it_stands(guardrails: str, wrong: str, code: str) -> None:
    text = changed(("version: 1\n", f"version: 1\nguardrails: {guardrails}\n"))
    with pytest.raises(PolicyError) as refusal:
        load(text, source="p.yaml")

    (problem,) = refusal.value.problems
    assert (problem.code, problem.line, problem.col) == (code, *whereabouts(text, wrong))


@pytest.mark.parametrize(
    ("guardrails", "where", "code"),
    [
        ("{never_roles: [roles/logging.viewer]}", "roles/logging.viewer]\n    req", "never-given"),
        ("{no_self: ['folders/*']}", "self\n", "never-alone"),
        (
            "{deny: [{who: ['domain:example.com'], what: ['folders/*'], reason: Nobody}]}",
            '["domain:example.com"]\n',
            "all-denied",
        ),
        ("{deny: [{who: ['group:sre'], what: ['projects/*'], reason: Nobody}]}", '["group:sre"]\n', "all-denied"),
    ],
)
def test_what_nobody_could_ever_get_keeps_a_policy_from_being_used(guardrails: str, where: str, code: str) -> None:
    text = changed(("version: 1\n", f"version: 1\nguardrails: {guardrails}\n"))
    with pytest.raises(PolicyError) as refusal:
        load(text, source="p.yaml")

    (problem,) = refusal.value.problems
    assert (problem.code, problem.line, problem.col) == (code, *whereabouts(text, where))


def test_a_denial_of_some_keeps_nothing_from_the_others() -> None:
    text = changed(("version: 1\n", f"version: 1\nguardrails: {{deny: [{DENIED}]}}\n"))

    assert [problem.code for problem in lint(text, source="p.yaml") if problem.severity == "error"] == []


def test_what_lies_above_the_projects_of_a_guardrail_is_warned_of() -> None:
    above = changed(("version: 1\n", "version: 1\nguardrails: {no_self: ['projects/*-prod']}\n"))
    named = changed(("version: 1\n", "version: 1\nguardrails: {no_self: ['projects/*-prod', '*/456']}\n"))

    found = [problem for problem in lint(above, source="p.yaml") if problem.code == "above-guardrail"]
    assert ["folders/123" in each.text for each in found] == [True, False]
    assert {each.severity for each in found} == {"warning"}
    assert "folders/123" in lint(named, source="p.yaml")[0].text
    assert len([each for each in lint(named, source="p.yaml") if each.code == "above-guardrail"]) == 1
