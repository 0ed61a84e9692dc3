"""`policy explain` and `policy test` of an agent's actions: a call of a tool, judged as by the gate."""

import re
from pathlib import Path

import pytest

from tests.approvals.policy.actions import FILE
from tests.bot.commands import run

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
AGENTS = PAGE.partition("\n### Agents\n")[2]
CASES = PAGE.partition("An action of an [agent](#agents) is tried by")[2].split("```")[1].strip("\n") + "\n"
MORE = """
  - id: crm-merge
    application: assistant
    title: Merge in the CRM
    tool: {server: crm, name: "merge_*"}
    requesters: ["domain:example.com"]
    approval: self
  - id: crm-read
    application: assistant
    title: Read in the CRM
    tool: {server: crm, name: "read_*"}
    requesters: ["domain:example.com"]
    agents: true
    approval: auto
  - id: crm-led
    application: assistant
    title: Lead in the CRM
    tool: {server: crm, name: "lead_*"}
    requesters: ["group:leads@example.com"]
    show: [{name: amount, label: Amount, type: number}]
    guardrails: [{when: params.amount > 100, then: refuse, reason: Too much}]
    approval: [{approvers: ["user:bob@example.com"]}]
"""
CALL = ("--tool", "crm/delete_account", "--arguments")
WHO = ("bob@example.com", "carol@example.com")
SMALL = '{"account":"A-17","amount":250}'


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(AGENTS.split("```yaml\n")[1].split("```")[0].rstrip("\n") + MORE)
    return file


def explained(policy: Path, action: str, *options: str) -> tuple[int, list[str], str]:
    done = run("policy", "explain", action, "--who", "alice@example.com", *options, policy)
    return done.exit_code, done.stdout.splitlines(), done.stderr


BOTH = "As delete_account of crm is called here with the arguments amount and account"
ONE = "As {} of crm is called here with the argument amount"
NONE = "As {} of crm is called here with no arguments"
TOO_MUCH = "refused. The policy does not let this be done, whoever approves it: Too much"
UNFIT = "refused. These parameters do not fit the action as the policy has it now:"
LED = "only for a member of group:leads@example.com; this command does not look into directory groups. For one:"
OWN = "it waits until alice@example.com approves it by a press of their own, and nobody else is asked."


@pytest.mark.parametrize(
    ("action", "options", "call", "said"),
    [
        ("crm-delete", (*CALL, '{"amount":20000,"account":"A-17"}'), BOTH, f"{TOO_MUCH} for an agent"),
        ("crm-delete", (*CALL, SMALL), BOTH, "it needs the approval above."),
        ("crm-delete", ("--parameter", "amount=20000.50"), ONE.format("delete_some"), f"{TOO_MUCH} for an agent"),
        ("crm-delete", ("--tool", "crm/read_it"), NONE.format("read_it"), f"{UNFIT} tool.name."),
        ("crm-delete", (*CALL, '{"amount":"x"}'), ONE.format("delete_account"), f"{UNFIT} arguments.amount."),
        ("crm-merge", (), NONE.format("merge_some"), OWN),
        ("crm-read", (), NONE.format("read_some"), "nobody is asked: the policy lets agents do it alone."),
        ("crm-led", ("--arguments", '{"amount":101}'), ONE.format("lead_some"), f"{LED} {TOO_MUCH}"),
    ],
)
def test_the_last_line_is_what_the_gate_makes_of_the_call(
    policy: Path, action: str, options: tuple[str, ...], call: str, said: str
) -> None:
    code, lines, _ = explained(policy, action, *options)

    assert (code, lines[-1]) == (0, f"{call}, for alice@example.com: {said}")


def test_what_the_policy_says_of_it_stands_above(policy: Path) -> None:
    _, lines, _ = explained(policy, "crm-delete", *CALL, SMALL)

    assert lines[0] == "Delete something in the CRM (crm-delete)"
    assert lines[1].startswith(
        "Coding assistant (assistant), an agent, asks for it: calls of delete_* of crm. 1 hour"
    )
    assert lines[2:-1] == [
        "With Amount (amount): a number; it may be left out.",
        "With every other argument of the call, by its own name.",
        "With the server, the tool, and the digest of the tool's definition.",
        "For whom: anyone at example.com.",
        f"Approval, stage 1 of 1: 1 of {' or '.join(WHO)}. Who can: {', '.join(WHO)}.",
        "Refused where has(params.amount) && params.amount > 10000: Too much for an agent.",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((*CALL, "{"), "--arguments: these are no arguments in JSON"),
        ((*CALL, "[1]"), "--arguments: arguments are a JSON object"),
        ((*CALL, '{"a":1,"a":2}'), "--arguments: these are no arguments in JSON (a member stands there twice)"),
        ((*CALL, '{"a":9007199254740993}'), "--arguments: there is a number that no program reads alike"),
        ((*CALL, '{"a":NaN}'), "--arguments: there is a number that no program reads alike"),
        ((*CALL, SMALL, "--parameter", "amount=1"), "by --arguments or by --parameter, and not by both"),
        (("--tool", "delete_account"), "--tool is SERVER/NAME, such as crm/delete_some"),
        (("--parameter", "account=A-17"), "crm-delete has the parameters amount"),
    ],
)
def test_what_cannot_be_a_call_is_said_and_nothing_explained(
    policy: Path, options: tuple[str, ...], said: str
) -> None:
    code, lines, error = explained(policy, "crm-delete", *options)

    assert (code, lines) == (2, [])
    assert said in error


def tried(policy: Path, cases: str) -> tuple[int, str, str]:
    policy.with_name("cases.yaml").write_text(cases)
    done = run("policy", "test", policy.with_name("cases.yaml"))
    return done.exit_code, re.sub(r"(?m)^.*cases\.yaml:", "", done.stdout), done.stderr


def test_the_documented_cases_of_calls_are_as_they_say(policy: Path) -> None:
    assert tried(policy, CASES)[0] == 0


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("arguments: '{\"amount\": 20000}', then: require_approval", "is refused: guardrail.said"),
        ("arguments: '{\"amount\": 200}', refused: guardrail", "should be refused: guardrail. It is not"),
        ("tool: {server: erp, name: delete_x}, then: require_approval", "is refused: parameters"),
    ],
)
def test_what_is_other_than_expected_of_a_call_is_said(policy: Path, what: str, said: str) -> None:
    code, out, _ = tried(policy, f"cases:\n  - {{who: alice@example.com, action: crm-delete, {what}}}\n")

    assert (code, said in out) == (1, True)


NO_MORE = "no more than the one call"
OFFERED = {"crm-merge": "{for: 30m, uses: 20}", "crm-led": "{for: 1h, uses: 2}"}
THEN_ALLOW = "guardrails: [{when: params.amount < 10, then: allow}, "


@pytest.fixture
def windows(policy: Path) -> Path:
    """The policy, of which some actions let several calls be approved at once."""
    text = policy.read_text().replace('"group:leads@example.com"', '"user:alice@example.com"')
    for action, window in OFFERED.items():
        text = text.replace(f"- id: {action}\n", f"- id: {action}\n    agents: true\n    window: {window}\n")
    policy.write_text(
        text.replace("guardrails: [{when: params.amount > 100,", f"{THEN_ALLOW}{{when: params.amount > 100,")
    )
    return policy


def of_several(action: str, said: str, *, amount: int = 50) -> str:
    arguments = f"arguments: '{{\"amount\": {amount}}}', " if action == "crm-led" else ""
    return f"cases:\n  - {{who: alice@example.com, action: {action}, {arguments}several: {said}}}\n"


@pytest.mark.parametrize(
    ("action", "said", "amount", "difference"),
    [
        (
            "crm-delete",
            "{for: 30m, uses: 20}",
            0,
            f"20 calls in 30 minutes be approved at once. It lets {NO_MORE}",
        ),
        ("crm-read", "{for: 30m, uses: 20}", 0, f"20 calls in 30 minutes be approved at once. It lets {NO_MORE}"),
        (
            "crm-merge",
            "{for: 30m, uses: 2}",
            0,
            "2 calls in 30 minutes be approved at once. It lets 20 calls in 30 minutes",
        ),
        (
            "crm-merge",
            "{for: 31m, uses: 20}",
            0,
            "20 calls in 31 minutes be approved at once. It lets 20 calls in 30 minutes",
        ),
        ("crm-merge", "false", 0, f"{NO_MORE} be approved at once. It lets 20 calls in 30 minutes"),
        ("crm-led", "{for: 2h, uses: 2}", 50, "2 calls in 2 hours be approved at once. It lets 2 calls in 1 hour"),
        ("crm-led", "{for: 1h, uses: 2}", 5, f"2 calls in 1 hour be approved at once. It lets {NO_MORE}"),
    ],
)
def test_several_calls_that_are_offered_otherwise_or_not_are_said(
    windows: Path, action: str, said: str, amount: int, difference: str
) -> None:
    code, out, _ = tried(windows, of_several(action, said, amount=amount))

    who = f"assistant asks for {action}, on behalf of alice@example.com"
    assert (code, out) == (1, f"2: {who}: should let {difference}\n")


@pytest.mark.parametrize(
    ("action", "said", "amount"),
    [
        ("crm-delete", "false", 0),
        ("crm-read", "false", 0),
        ("crm-merge", "{for: 1800s, uses: 20}", 0),
        ("crm-led", "{for: 60m, uses: 2}", 50),
        ("crm-led", "false", 5),
    ],
)
def test_several_calls_as_expected_are_no_difference(windows: Path, action: str, said: str, amount: int) -> None:
    assert tried(windows, of_several(action, said, amount=amount))[:2] == (0, "")


def test_what_is_refused_is_not_expected_to_let_several_be_approved(windows: Path) -> None:
    code, out, _ = tried(windows, of_several("crm-led", "{for: 1h, uses: 2}", amount=101))

    assert (code, "should not be refused, and is: guardrail.said" in out) == (1, True)


def test_what_is_explained_of_a_call_says_what_may_be_approved_at_once(windows: Path) -> None:
    calls = "20 calls of the same tool with any arguments, for the same person, within 30 minutes"

    assert f"Whoever approves a call may approve {calls}." in explained(windows, "crm-merge")[1]
    assert "at once" not in " ".join(explained(windows, "crm-delete")[1])
    assert "may approve" not in " ".join(explained(windows, "crm-delete")[1])


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ('arguments: \'{"a": 1, "a": 2}\'', "bad-value"),
        ("arguments: 'A-17'", "bad-value"),
        ("tool: {server: crm}", "missing-key"),
        ("tool: {server: crm, name: delete_x, more: 1}", "unknown-key"),
        ("several: true", "bad-value: several says for how long and for how many calls"),
        ("several: 20", "wrong-type: several, where it is not for and uses, must be true or false"),
        ("several: {for: 30m}", "missing-key"),
        ("several: {for: 30m, uses: 20, more: 1}", "unknown-key"),
        ("several: {for: 9h, uses: 20}", "bad-window"),
        ("several: {for: 30m, uses: 0}", "bad-window"),
    ],
)
def test_what_a_case_of_a_call_cannot_say_is_named_at_its_place(policy: Path, what: str, code: str) -> None:
    case = f"cases:\n  - {{who: alice@example.com, action: crm-delete, {what}, then: refuse}}\n"

    ended, _, error = tried(policy, case)

    assert (ended, code in error) == (2, True)


def test_another_applications_action_is_called_by_no_tool(policy: Path) -> None:

    policy.write_text(FILE)
    call = "parameters: {amount: 9 EUR, order: A-1}"
    for key in ("tool: {server: crm, name: x}", "several: false"):
        case = f"cases:\n  - {{who: alice@example.com, action: refund, {call}, {key}, then: allow}}\n"
        ended, _, error = tried(policy, case)

        assert (ended, "not-an-agent" in error) == (2, True)
    done = run("policy", "explain", "refund", "--who", "alice@example.com", "--tool", "crm/x", policy)
    assert done.exit_code == 2
