"""`policy test` of actions: what an application asks for, on whose behalf, and what the gate makes of it."""

import re
from pathlib import Path

import pytest

from tests.approvals.policy.actions import FILE
from tests.bot.commands import run

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
CASES = PAGE.partition("### Cases of a policy")[2].partition("This is about the policy of")[2]
EXAMPLE = CASES.split("```")[1].strip("\n") + "\n"
APPLICATIONS = PAGE.partition("\n## Applications\n")[2]
WHO = "payments asks for refund, on behalf of alice@example.com"
PARAMETERS = "parameters: {amount: 250 EUR, order: A-17}"
LARGE = f"{PARAMETERS}, signed_in: 5m"
SMALL = LARGE.replace("250", "50")
NEEDS = "1 of finance, signed"
ASKED = "It is allowed, and nobody is asked"
ALLOWED = "should be allowed without anybody's approval"
HR = '  - {id: hr, title: Staff, may_assert: true, jwks_uri: "https://hr.example.com/keys"}\nactions:'
CHANGE = "change: {approvers: [bob@example.com, carol@example.com], needed: 2}\nissuers:"
CONTRACTOR = "claims: {type: contractor}"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(FILE.replace("actions:", HR, 1).replace("issuers:", CHANGE, 1))
    return path


def tried(policy: Path, cases: str) -> tuple[int, list[str], str]:
    """The exit code, the differences without the file's name, and what the standard error says of it."""
    file = policy.with_name("cases.yaml")
    file.write_text(cases)
    done = run("policy", "test", file)
    lines = done.stdout.splitlines()
    return done.exit_code, [line.removeprefix(f"{file}:") for line in lines], done.stderr.replace(f"{file}:", "")


def case(what: str) -> str:
    return f"cases:\n  - {{who: alice@example.com, action: refund, {what}}}\n"


@pytest.mark.parametrize(
    ("what", "difference"),
    [
        (f"{LARGE}, then: allow", f"{ALLOWED}. It needs {NEEDS}"),
        (f"{SMALL}, {CONTRACTOR}, then: allow", f"{ALLOWED}. It is refused: guardrail.said"),
        (f"{PARAMETERS}, then: allow", f"{ALLOWED}. It needs another sign-in"),
        (
            f"{SMALL}, then: require_approval",
            f"should need the approval of people. {ASKED}",
        ),
        (f"{SMALL}, then: refuse", f"should be refused. {ASKED}"),
        (f"{LARGE}, then: step_up", f"should need another sign-in. It needs {NEEDS}"),
        (f"{LARGE}, refused: guardrail", f"should be refused: guardrail. It is not: it needs {NEEDS}"),
        (f"{PARAMETERS}, needs: []", "should not be refused, and is: step_up"),
        (
            f"{LARGE}, {CONTRACTOR}, then: refuse, refused: requester",
            "should be refused: requester. It is not: guardrail.said",
        ),
        (f"{LARGE}, needs: [1 of finance]", f"should need 1 of finance. It needs {NEEDS}"),
        (
            f"{LARGE}, can: [[bob@example.com]]",
            "should be approved by bob@example.com. It can be by bob@example.com or carol@example.com",
        ),
    ],
)
def test_what_is_other_than_expected_is_said_in_words(policy: Path, what: str, difference: str) -> None:
    code, lines, said = tried(policy, case(what))

    assert (code, lines) == (1, [f"2: {WHO}: {difference}"])
    assert said == "1 case, 1 other than expected\n"


@pytest.mark.parametrize(
    "what",
    [
        f"{SMALL}, then: allow, can: []",
        f'{LARGE}, then: require_approval, needs: ["{NEEDS}"], can: [[carol@example.com, bob@example.com]]',
        f"{PARAMETERS}, signed_in: 20m, then: step_up, refused: step_up",
        f"{LARGE}, claims: {{type: [employee, guest]}}, refused: guardrail.error",
        f"{LARGE}, {CONTRACTOR}, then: refuse, refused: guardrail",
        "parameters: {order: A-17}, signed_in: 5m, refused: parameters",
        f"application: hr, {LARGE}, refused: action",
    ],
)
def test_what_the_gate_says_as_expected_is_no_difference(policy: Path, what: str) -> None:
    assert tried(policy, case(what)) == (0, [], "1 case, none other than expected\n")


def test_an_approver_for_whom_it_is_asked_cannot_approve_it(policy: Path) -> None:
    cases = case(f"{LARGE}, can: [[carol@example.com]]").replace("alice", "bob")

    assert tried(policy, cases)[:2] == (0, [])


def test_who_is_in_a_group_says_the_file_and_nobody_else(policy: Path) -> None:
    policy.write_text(FILE.replace('requesters: ["domain:example.com"]', 'requesters: ["group:shop@example.com"]'))
    said = {
        "inside": "groups: {shop@example.com: [alice@example.com]}\n" + case(f"{SMALL}, then: allow"),
        "outside": "groups: {shop@example.com: [bob@example.com]}\n" + case(f"{SMALL}, refused: requester"),
        "unsaid": case(f"{SMALL}, refused: unknown"),
        "not refused": case(f"{SMALL}, then: refuse"),
    }
    unknown = "should be refused. It is unknown: a group decides, and the file does not say who is in it"

    assert {name: tried(policy, cases)[1] for name, cases in said.items()} == {
        "inside": [],
        "outside": [],
        "unsaid": [],
        "not refused": [f"2: {WHO}: {unknown}"],
    }


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("refund", "refun", "refun", "unknown-action: the policy has no action “refun”; did you mean “refund”?"),
        ("refund", "policy.change", "policy.", "unknown-action: the policy has no action “policy.change”"),
        ("hr", "payment", "payment", "unknown-application: the policy has no application “payment”; did you mean"),
        ("hr", "Countersign itself", "Countersign", "unknown-application: the policy has no application"),
        ("amount:", "amuont:", "amuont", "unknown-parameter: refund has no parameter “amuont”; did you mean"),
        ("250 EUR", "250", "250", "wrong-type: amount must be a text; put it in quotes"),
        ("250 EUR", "250 eur", "250", "bad-value: amount: Its currency must be three capital letters"),
        ("type:", "tpye:", "tpye", "unknown-claim: no issuer whose tokens payments may bring has a claim “tpye”"),
        ("type:", "acr:", "acr", "unknown-claim: “acr” is no claim"),
        ("5m", "5 moons", "5 moons", "bad-duration: “5 moons” is no duration"),
        ("allow", "alow", "alow", "bad-value: then cannot be “alow”; did you mean “allow”?"),
        (", then: allow", "", "{who", "missing-key: a case of an action expects something: then, refused"),
        ("who", "what", "what", "unknown-key: a case of an action knows no key “what”"),
        ("alice@example.com", "alice", "alice", "bad-address: who is one plain e-mail address"),
        ("action: refund", "what: x", "application", "unknown-key: a case knows no key “application”"),
    ],
)
def test_a_case_that_cannot_be_read_is_exit_code_two_and_said_at_its_place(
    policy: Path, old: str, new: str, at: str, said: str
) -> None:
    whole = case(f"application: hr, {LARGE}, {CONTRACTOR}, then: allow")
    assert tried(policy, whole)[0] == 1
    changed = whole.replace(old, new)
    place = f"2:{changed.splitlines()[1].index(at) + 1}"

    code, lines, stderr = tried(policy, changed)

    assert (code, lines) == (2, [])
    assert f"{place}: {said}" in stderr


def test_an_application_that_says_its_own_word_may_say_any_claim(policy: Path) -> None:
    policy.write_text(FILE.replace("    title: Payments\n", "    title: Payments\n    may_assert: true\n"))

    assert tried(policy, case(f"{SMALL}, claims: {{rank: boss}}, then: allow"))[:2] == (0, [])


def test_the_example_of_the_page_holds_of_the_policy_of_the_page(policy: Path) -> None:
    found = re.search(r"^```yaml\n(.*?)^```$", APPLICATIONS, re.MULTILINE | re.DOTALL)
    assert found is not None
    policy.write_text(found[1])

    assert tried(policy, EXAMPLE) == (0, [], "3 cases, none other than expected\n")
