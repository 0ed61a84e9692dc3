"""Calls of an agent's tools by AuthZEN: bound with their arguments, and with whoever acts for the person."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.policy.tools import CallWindow, Tool
from tests.handlers.applications.test_call_windows import approves
from tests.support.agents import ARGUMENTS, DEFINITION, DELETE, Assistant
from tests.support.direct import Wire
from tests.support.front import AGENT, Front
from tests.support.world import ALICE, BOB, World


class Runtime(Front, Assistant):
    """A runtime of agents whose gateway speaks AuthZEN."""

    def question(self, **changes: Any) -> dict[str, Any]:
        """Whether it may delete an account, for alice."""
        good = {
            "subject": {"type": "user", "id": ALICE},
            "action": {"name": "invoke", "properties": {"arguments": ARGUMENTS}},
            "resource": {"type": "tool", "id": "crm.delete_account", "properties": {"definition": DEFINITION}},
            "context": {"on_behalf_of": {"token": self.staff.token()}},
        }
        return good | changes


@pytest.fixture
def runtime(tmp_path: Path, wire: Wire) -> Iterator[Runtime]:
    with closing(World(tmp_path, granter=wire)) as world, closing(Runtime(world, tmp_path)) as made:
        yield made
        assert list(Inspection(world.store).faults()) == []


def invoking(name: str = "invoke", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "properties": {"arguments": ARGUMENTS | arguments}}


def tool(name: str = "crm.delete_account", **properties: Any) -> dict[str, Any]:
    return {"type": "tool", "id": name, "properties": {"definition": DEFINITION} | properties}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"action": {"name": "invoke"}}, "action.properties.arguments"),
        ({"action": {"name": "invoke", "properties": {"arguments": []}}}, "action.properties.arguments"),
        ({"action": invoking(amount="250")}, "arguments.amount"),
        ({"resource": {"type": "tool", "id": "crm.delete_account"}}, "resource.properties.definition"),
        ({"resource": tool(definition="sha256:7")}, "tool.definition"),
    ],
)
def test_a_call_that_is_not_said_whole_is_refused_by_its_name(
    runtime: Runtime, changes: dict[str, Any], field: str
) -> None:
    said = runtime.evaluate(**changes)

    assert (said.status, said.fields) == (400, [field])


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": tool("crm.read_account")},
        {"resource": tool("delete_account")},
        {"resource": tool("erp.delete_account")},
        {"resource": tool("delete_account", server="erp")},
        {"action": invoking("tools/list")},
    ],
)
def test_a_tool_that_no_action_is_for_is_denied_for_good(runtime: Runtime, changes: dict[str, Any]) -> None:
    context = runtime.evaluate(**changes).json["context"]

    assert (context["reason"], "access_request" in context) == ("action", False)


def test_a_name_that_two_servers_could_have_has_to_say_which(runtime: Runtime) -> None:
    eu = msgspec.structs.replace(DELETE, id="crm-eu", tool=Tool(server="crm.delete_eu", name="delete_*"))
    runtime.put(eu)
    both = "crm.delete_eu.delete_account"

    said = runtime.evaluate(resource=tool(both))
    one = runtime.evaluate(resource=tool("delete_account", server="crm.delete_eu"))

    assert (said.status, said.fields) == (400, ["resource.id"])
    assert one.json["context"]["access_request"]["template"] == "crm-eu"


@pytest.mark.parametrize(
    "changes", [{}, {"action": invoking("tools/call")}, {"resource": tool("delete_account", server="crm")}]
)
def test_a_call_is_approved_with_its_arguments_and_made_once(runtime: Runtime, changes: dict[str, Any]) -> None:
    question = runtime.question(**changes)
    task = runtime.submit(runtime.submission(question)).json["task"]["id"]
    by_v1 = runtime.asks(join=None).json

    mine, theirs = runtime.read(task), runtime.read(by_v1["id"])
    assert mine.action == theirs.action
    approval = runtime.approval(task)
    said = [runtime.evaluate(runtime.again(approval, **changes)) for _ in range(2)]

    assert [each.json["decision"] for each in said] == [True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"action": invoking(account="A-18")},
        {"action": invoking(more=1)},
        {"action": {"name": "invoke", "properties": {"arguments": {}}}},
        {"resource": tool("crm.delete_everything")},
        {"resource": tool(definition=f"sha256:{'e' * 64}")},
        {"resource": tool(more=1)},
        {"subject": {"type": "user", "id": ALICE, "properties": {"act": AGENT}}},
    ],
)
def test_another_call_is_out_of_scope(runtime: Runtime, changes: dict[str, Any]) -> None:
    approval = runtime.approval()

    said = runtime.evaluate(runtime.again(approval, **changes))

    assert (said.json["decision"], said.json["context"]["reason"]) == (False, "out_of_scope")
    assert runtime.evaluate(runtime.again(approval)).json["decision"] is True


def test_two_agents_of_one_runtime_have_an_approval_each(runtime: Runtime) -> None:
    acted = {"type": "user", "id": ALICE, "properties": {"act": AGENT}}
    other = {"type": "user", "id": ALICE, "properties": {"act": {**AGENT, "sub": "another"}}}
    mine = runtime.question(subject=acted)
    task = runtime.submit(runtime.submission(mine)).json["task"]["id"]
    approval = runtime.approval(task)

    said = [runtime.evaluate(runtime.again(approval, subject=each)) for each in (other, acted)]

    assert [each.json["decision"] for each in said] == [False, True]
    assert "asked by an agent" in runtime.read(task).covered


def test_several_calls_that_were_approved_for_one_agent_are_none_of_another_s(runtime: Runtime) -> None:
    runtime.put(msgspec.structs.replace(DELETE, window=CallWindow(lasts=timedelta(minutes=30), uses=3)))
    mine, other = (
        {"type": "user", "id": ALICE, "properties": {"act": {**AGENT, "sub": name}}} for name in ("one", "another")
    )
    task = runtime.submit(runtime.submission(runtime.question(subject=mine))).json["task"]["id"]
    approves(runtime, task)

    said = [
        runtime.submit(runtime.submission(runtime.question(subject=each, action=invoking(account="B-1"))))
        for each in (other, mine)
    ]

    assert [each.json["task"]["status"] for each in said] == ["pending", "approved"]
    runtime.world.end(BOB, runtime.read(task))
    again = runtime.again(said[1].json["result"]["approval"], subject=mine, action=invoking(account="B-1"))
    context = runtime.evaluate(again).json["context"]
    assert (context["reason"], context["next_action"]) == ("approval_expired", "request")


def test_the_door_is_there_for_tools_alone(runtime: Runtime) -> None:
    runtime.meant("refund", None)

    assert runtime.call("GET", "/.well-known/authzen-configuration", headers=[]).status == 200
