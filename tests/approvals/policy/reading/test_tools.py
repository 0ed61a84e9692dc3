"""Actions of agents in the policy file: which tools they are for, and what lets an agent act alone."""

from datetime import timedelta

import pytest
import yaml
from jsonschema import Draft202012Validator

from approvals.policy.alone import newly_alone
from approvals.policy.lint import lint
from approvals.policy.model import Requirement
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reading.schema import schema
from approvals.policy.tools import CallWindow, Tool
from tests.approvals.policy.actions import FILE
from tests.approvals.policy.files import whereabouts

AGENTS = (
    FILE.replace(
        "    webhook: https",
        """  - id: assistant
    title: Coding assistant
    agent: true
    may_assert: true
    keys:
      - {kid: a1, kty: OKP, crv: Ed25519, x: "U2fByFyMbpzpIzR8VVphgLOM3gxE3duBakPvbnXNKls"}
    webhook: https""",
    ).replace("    webhook_secret: secret:projects/shop-prod/secrets/payments-webhook\n", "")
    + """\
  - id: crm-delete
    application: assistant
    title: Delete in the CRM
    tool: {server: crm, name: "delete_*"}
    show: [{name: amount, label: Amount, type: number}]
    requesters: ["domain:example.com"]
    guardrails:
      - {when: 'params.amount > 100', then: refuse}
    approval: [{approvers: ["group:finance"]}]
    pending: 30m
"""
)
TOOL = 'tool: {server: crm, name: "delete_*"}'
STAGES = 'approval: [{approvers: ["group:finance"]}]'
SECOND = """\
  - id: crm-second
    application: assistant
    title: Another
    tool: {server: %s, name: "%s"}
    requesters: ["domain:example.com"]
    approval: [{approvers: ["group:finance"]}]
"""


def changed(old: str, new: str) -> str:
    assert AGENTS.count(old) == 1, old
    return AGENTS.replace(old, new)


SHOWN = "[{name: amount, label: Amount, type: %s"
ARGUMENT = "label: Argument x, type: number"
ALLOWING = "params.amount < 100', then: allow"
PENDING = "    pending: 30m\n"
REFUSED = [
    ("    agent: true\n", "", '{server: crm, name: "delete_*"}', "not-an-agent"),
    ("    agent: true\n", "    agent: 'yes'\n", "'yes'", "wrong-type"),
    (f"    {TOOL}\n", "", "id: crm-delete", "missing-key"),
    (TOOL, "tool: {server: crm}", "{server: crm}", "missing-key"),
    (TOOL, 'tool: {server: crm, name: "delete", kind: 2}', "kind: 2", "unknown-key"),
    (TOOL, 'tool: {server: "crm*", name: "delete"}', '"crm*"', "bad-tool"),
    (TOOL, 'tool: {server: crm, name: "delete account"}', '"delete account"', "bad-tool"),
    ("type: number", "type: money", SHOWN % "money", "bad-argument"),
    ("type: number", "type: secret", SHOWN % "secret", "bad-argument"),
    ("label: Amount, type: number", ARGUMENT, "[{name: amount, label: Arg", "bad-argument"),
    (STAGES, "approval: auto", "auto\n    pending", "agents-alone"),
    (STAGES, "approval: break_glass", "break_glass", "bad-approval"),
    ("params.amount > 100', then: refuse", ALLOWING, "{when: 'params.amount < 100'", "agents-alone"),
    (f"{STAGES}\n{PENDING}", f"{STAGES}\n    pending: 8d\n", "8d", "bad-duration"),
    (TOOL, f"{TOOL}\n    metadata: {{Asked by: me}}", "{Asked by: me}", "taken-name"),
    (TOOL, f"{TOOL}\n    window: {{for: 8h1m, uses: 20}}", "8h1m", "bad-window"),
    (TOOL, f"{TOOL}\n    window: {{for: 30m, uses: 2000}}", "2000", "bad-window"),
    (TOOL, f"{TOOL}\n    window: {{uses: 0, for: 30m}}", "0, for", "bad-window"),
    # One call is what every approval is for: whoever is offered "several" would choose between twice the same.
    (TOOL, f"{TOOL}\n    window: {{uses: 1, for: 30m}}", "1, for", "bad-window"),
    (TOOL, f"{TOOL}\n    window: {{for: 30m}}", "{for: 30m}", "missing-key"),
    (TOOL, f"{TOOL}\n    window: {{for: 30m, uses: 20, each: 1}}", "each: 1", "unknown-key"),
    (STAGES, "approval: auto\n    window: {for: 30m, uses: 20}", "{for: 30m", "bad-window"),
    ("    use_by: 10m\n", "    window: {for: 30m, uses: 20}\n", "{for: 30m", "not-an-agent"),
    (TOOL, f"{TOOL}\n    authzen: {{action: a, resource: b}}", "{action: a", "bad-tool"),
    ("    use_by: 10m\n", "    agents: true\n", "true\n    metadata", "not-an-agent"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "code"), REFUSED)
def test_what_cannot_work_is_refused_where_it_stands(old: str, new: str, at: str, code: str) -> None:
    text = changed(old, new)

    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    found = [problem for problem in refused.value.problems if problem.code == code]
    assert [(each.line, each.col) for each in found] == [whereabouts(text, at)]


@pytest.mark.parametrize(
    ("server", "name", "meets"),
    [
        ("crm", "delete_account", True),
        ("crm", "*", True),
        ("crm", "*_account", True),
        ("crm", "read_*", False),
        ("erp", "delete_account", False),
        ("crm", "Delete_*", False),
    ],
)
def test_two_actions_of_which_a_tool_could_be_are_named(server: str, name: str, meets: bool) -> None:
    text = AGENTS + SECOND % (server, name)

    if not meets:
        assert parse(text, source="policy.yaml").actions.keys() >= {"crm-delete", "crm-second"}
        return
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    (found,) = refused.value.problems
    assert found.code == "shared-tool"
    assert "crm-delete" in found.text


@pytest.mark.parametrize("uses", [2, 1000])
def test_how_many_calls_may_be_approved_at_once_is_read_and_fits_the_schema(uses: int) -> None:
    text = changed(TOOL, f"{TOOL}\n    window: {{for: 8h, uses: {uses}}}")

    found = parse(text, source="policy.yaml").actions["crm-delete"].window

    assert found == CallWindow(lasts=timedelta(hours=8), uses=uses)
    assert not [*Draft202012Validator(schema()).iter_errors(yaml.safe_load(text))]


def test_what_is_sound_is_read_and_fits_the_schema() -> None:
    policy = parse(AGENTS, source="policy.yaml")

    action = policy.actions["crm-delete"]
    assert policy.applications["assistant"].agent
    assert not policy.applications["payments"].agent
    assert (action.tool, action.agents) == (Tool(server="crm", name="delete_*"), False)
    assert not [each for each in lint(AGENTS, source="policy.yaml") if each.severity == "error"]
    assert not [*Draft202012Validator(schema()).iter_errors(yaml.safe_load(AGENTS))]


def test_an_agent_acts_alone_only_where_that_is_written_and_whoever_changes_it_is_told() -> None:
    was = parse(AGENTS, source="policy.yaml")
    now = parse(changed(STAGES, "approval: auto\n    agents: true"), source="policy.yaml")

    assert now.actions["crm-delete"].requirement == Requirement(kind="allow")
    assert [each.text for each in newly_alone(now, before=was)] == [
        "crm-delete no longer needs anybody else's approval: agents act alone"
    ]
    assert not list(newly_alone(now, before=now))
