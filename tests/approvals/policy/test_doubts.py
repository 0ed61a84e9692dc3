"""What lint says of actions that can be asked for: who could never get one, and what nobody is asked about."""

import pytest

from approvals.policy.lint import lint
from tests.approvals.policy.actions import FILE, changed
from tests.approvals.policy.files import whereabouts

ALLOW = """'params.amount <= 100 && params.amount_currency == "EUR"'"""
HERE = "{when: 'params.amount <= 100 &&"
STAGE = '{approvers: ["group:finance"], sign: typed}'
BRINGS = '    brings:\n      - {issuer: okta, audience: "api://payments", azp: [0oa1, 0oa2]}\n'


def problems(text: str) -> list[tuple[str, str, int, int]]:
    return [(each.severity, each.code, each.line, each.col) for each in lint(text, source="p.yaml")]


def said(text: str, code: str) -> list[str]:
    return [each.text for each in lint(text, source="p.yaml") if each.code == code]


def at(text: str, piece: str) -> tuple[int, int]:
    return whereabouts(text, piece)


def test_whatever_needs_nobody_s_approval_is_warned_of() -> None:
    assert problems(FILE) == [("warning", code, *at(FILE, HERE)) for code in ("allow-alone", "below-zero")]
    assert said(FILE, "allow-alone") == ["what this lets through needs nobody else's approval"]


def test_of_whom_an_application_names_itself_the_warning_says_what_they_have_to_do() -> None:
    text = changed(("    brings:", "    may_assert: true\n    brings:"))

    (found,) = said(text, "allow-alone")
    assert found.endswith("; whom payments names by its own word alone has to confirm it first")


@pytest.mark.parametrize(
    ("approval", "who"),
    [
        ("{approvers: [bob@example.com]}", "bob@example.com"),
        ('{approvers: ["group:finance"], needed: 2}', "bob@example.com, carol@example.com"),
        ('{approvers: ["group:finance"], needed: 3}', "anyone, bob@example.com, carol@example.com"),
    ],
)
def test_an_action_that_somebody_could_never_get_approved_is_an_error(approval: str, who: str) -> None:
    text = changed((STAGE, approval))
    (found,) = (each for each in lint(text, source="p.yaml") if each.code == "unreachable-quorum")

    assert (found.severity, found.line, found.col) == ("error", *at(text, approval))
    assert found.text.endswith(f"when it is asked for by {who}")


def test_stages_of_an_action_are_judged_as_those_of_entitlements() -> None:
    wide = changed((STAGE, '{approvers: ["domain:example.com"]}'))
    unsigned = changed(
        ("domains: [example.com]}", "domains: [example.com], sign_name: match, accept: {decide: web}}")
    )
    lost = lint(FILE, source="p.yaml", unreachable=lambda who: f"no mail for {who}" if "bob" in who else "")

    assert ("warning", "domain-approves", *at(wide, '{approvers: ["domain')) in problems(wide)
    assert ("error", "unsignable", *at(unsigned, STAGE)) in problems(unsigned)
    assert "no mail for bob@example.com" in [each.text for each in lost]


@pytest.mark.parametrize(
    ("when", "warned"),
    [
        ("'params.amount <= 100'", True),
        ("'100 > params.amount'", True),
        ('\'params.amount_currency in ["EUR", "USD"] && params.amount < 100\'', False),
        ("'params.order == \"A-17\"'", False),
    ],
)
def test_an_amount_of_any_currency_that_is_allowed_is_warned_of(when: str, warned: bool) -> None:
    text = changed((ALLOW, when))

    assert bool(said(text, "any-currency")) is warned
    assert said(text.replace("then: allow", "then: require_approval"), "any-currency") == []


@pytest.mark.parametrize(
    ("when", "warned"),
    [
        ("'params.amount <= 100'", True),
        ("'100 > params.amount && params.amount_currency == \"EUR\"'", True),
        ("'params.amount > -5 && params.amount <= 100'", True),
        ("'params.amount > 0 && params.amount <= 100'", False),
        ("'params.amount <= 100 && 0 <= params.amount'", False),
        ("'params.amount == 100'", False),
        ("'params.amount >= 100'", False),
        ("'params.order == \"A-17\"'", False),
    ],
)
def test_an_amount_below_zero_that_is_allowed_is_warned_of(when: str, warned: bool) -> None:
    text = changed((ALLOW, when))

    assert bool(said(text, "below-zero")) is warned
    assert said(text.replace("then: allow", "then: refuse"), "below-zero") == []


def test_a_claim_that_an_issuer_never_says_is_warned_of() -> None:
    entra = (
        "issuers:\n  - {id: entra, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',"
        " claims: {department: department}}"
    )
    both = changed(
        ("issuers:", entra),
        ("    brings:\n", '    brings:\n      - {issuer: entra, audience: "api://payments"}\n'),
        (ALLOW, '\'subject.department == "night" && "x" in subject.amr\''),
    )

    (found,) = said(both, "absent-claim")
    assert found.startswith("okta never says department: for whoever it vouches for, subject.department is empty")
    assert said(FILE.replace(", type: employee_type", ""), "absent-claim")[0].startswith("okta never says type")


def test_a_domain_of_an_issuer_whose_people_cannot_sign_in_is_warned_of() -> None:
    text = changed(("domains: [example.com]\n    claims", "domains: [example.com, partner.example]\n    claims"))

    assert ("warning", "domain-of-nobody", *at(text, "partner.example")) in problems(text)


def test_an_application_that_can_ask_for_nobody_is_warned_of() -> None:
    text = changed((BRINGS, ""))

    assert ("warning", "speaks-for-nobody", *at(text, "id: payments")) in problems(text)
    asserting = changed((BRINGS, "    may_assert: true\n"))
    assert "speaks-for-nobody" not in [code for _, code, *_ in problems(asserting)]
