"""Agents ask for calls of tools: what is refused first, then what is bound, and used once."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.policy.model import Guardrail, Requirement
from approvals.refusals.errors import Refused
from countersign_client.tools import LARGEST
from tests.support.agents import ARGUMENTS, DEFINITION, DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Assistant]:
    with closing(World(tmp_path, granter=wire)) as world, closing(Assistant(world)) as made:
        yield made
        assert list(Inspection(world.store).faults()) == []


def tool(**changes: str) -> dict[str, str]:
    return {"server": "crm", "name": "delete_account", "definition": DEFINITION} | changes


@pytest.mark.parametrize(
    ("changes", "status", "code", "fields"),
    [
        ({"action": "refund"}, 422, "action", ["action"]),  # the shop's
        ({"tool": None}, 422, "member", ["tool"]),
        ({"arguments": None}, 422, "member", ["arguments"]),
        ({"arguments": []}, 422, "member", ["arguments"]),
        ({"parameters": {"amount": 250}}, 422, "member", ["parameters"]),
        ({"data": {"a": 1}}, 422, "member", ["data"]),
        ({"tool": {"server": "crm", "name": "delete_account"}}, 422, "member", ["tool"]),
        ({"tool": tool(version="2")}, 422, "member", ["tool"]),
        ({"tool": tool(name="read_account")}, 422, "tool", ["tool.name"]),
        ({"tool": tool(server="erp")}, 422, "tool", ["tool.server"]),
        ({"tool": tool(name="delete_*")}, 422, "member", ["tool.name"]),
        ({"tool": tool(name="delete_\u202eaccount")}, 422, "member", ["tool.name"]),
        ({"tool": tool(definition=f"sha256:{'D' * 64}")}, 422, "member", ["tool.definition"]),
        ({"tool": tool(definition="sha256:")}, 422, "member", ["tool.definition"]),
        ({"arguments": {"amount": "250"}}, 422, "parameter", ["arguments.amount"]),
        ({"arguments": {"amount": True}}, 422, "parameter", ["arguments.amount"]),
        ({"arguments": {"a": {"b": "\ud800"}}}, 422, "member", ["arguments.a"]),
        ({"arguments": {"text": "x" * LARGEST}}, 422, "member", ["arguments"]),
        ({"join": "yes"}, 422, "member", ["join"]),
        ({"reason": "x" * 1_001, "tool": tool(name="x")}, 422, "member", ["reason", "tool.name"]),
        ({"on_behalf_of": {"asserted": {"email": ALICE}}}, 403, "token.asserted", []),
        ({"on_behalf_of": {"token": "a.b.c"}}, 401, "token", []),
    ],
)
def test_what_is_no_call_of_the_tools_is_refused_by_its_name(
    assistant: Assistant, changes: dict[str, Any], status: int, code: str, fields: list[str]
) -> None:
    said = assistant.asks(**changes)

    assert (said.status, said.code, said.fields) == (status, code, fields)
    assert assistant.world.store.pending(limit=9) == []


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ('{"amount":9007199254740993}', "number", "arguments.amount"),
        ('{"a":[{"amount":1e999}]}', "number", "arguments.a.amount"),
        ('{"amount":1,"amount":2}', "duplicate_member", "arguments.amount"),
        ('{"amount":NaN}', "json", None),
    ],
)
def test_arguments_that_canonical_json_would_change_are_refused_by_their_path(
    assistant: Assistant, arguments: str, code: str, field: str | None
) -> None:
    good = msgspec.json.encode({"action": "crm-delete", "on_behalf_of": {"token": "t"}, "tool": tool()})
    said = assistant.post("/v1/requests", good[:-1] + f',"arguments":{arguments}}}'.encode())

    assert (said.status, said.code, said.fields) == (400, code, [field] if field else [])


def test_the_largest_arguments_that_are_refused_are_told_what_to_do(assistant: Assistant) -> None:
    said = assistant.asks(arguments={"text": "x" * LARGEST})

    assert said.json["detail"] == (
        "The arguments are larger than 8,192 bytes, and people are shown all of them. Put what is long where the"
        " tool can read it, and give its address."
    )
    fits = {"text": "x" * (LARGEST - len('{"text":""}'))}
    assert assistant.asks(arguments=fits).status == 201


def test_who_may_not_have_it_asked_for_is_refused_whom_the_agent_names(assistant: Assistant) -> None:
    assistant.ruled(requesters=(f"user:{ALICE}",))

    said = assistant.asks(who=BOB)

    assert (said.status, said.code) == (403, "requester")
    assert assistant.asks().status == 201


def test_an_ordinary_action_takes_no_tool_and_is_not_joined(assistant: Assistant) -> None:
    assistant.put(msgspec.structs.replace(DELETE, tool=None, parameters=()))
    wanted = {"action": "crm-delete", "on_behalf_of": {"token": assistant.staff.token()}}

    said = assistant.post("/v1/requests", wanted | assistant.called() | {"join": True})

    assert (said.status, said.code, said.fields) == (422, "member", ["tool", "arguments", "join"])


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"arguments": ARGUMENTS | {"amount": 251}}, ["arguments.amount"]),
        ({"arguments": ARGUMENTS | {"amount": "250"}}, ["arguments.amount"]),
        ({"arguments": ARGUMENTS | {"options": {"notify": True, "copies": [2, 1]}}}, ["arguments.options"]),
        ({"arguments": {"account": "A-17", "amount": 250}}, ["arguments.options"]),
        ({"arguments": ARGUMENTS | {"force": None}}, ["arguments.force"]),
        ({"tool": tool(definition=f"sha256:{'e' * 64}")}, ["tool.definition"]),
        ({"tool": tool(name="delete_contact")}, ["tool.name"]),
        ({"tool": tool(server="erp")}, ["tool.server"]),
    ],
)
def test_one_changed_argument_is_not_what_was_approved(
    assistant: Assistant, changes: dict[str, Any], fields: list[str]
) -> None:
    request_id = assistant.asks().json["id"]
    assistant.decided(request_id)

    said = assistant.uses(request_id, **changes)

    assert (said.status, said.code, said.fields) == (409, "parameters", fields)
    assert assistant.uses(request_id).status == 200


def test_the_same_arguments_in_another_order_and_spelling_are_the_same(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    assistant.decided(request_id)

    said = assistant.uses(request_id, arguments=dict(reversed(ARGUMENTS.items())) | {"amount": 250.0})

    assert (said.status, said.json["request"]["state"]) == (200, "used")
    assert (assistant.uses(request_id).status, assistant.uses(request_id).code) == (409, "used")


def test_people_are_shown_the_agent_the_tool_and_each_argument_on_a_line_of_its_own(assistant: Assistant) -> None:
    said = assistant.asks(reason="The customer asked").json

    assert said["agent"] is True
    assert said["shown"] == [
        ["Action", "Delete an account in the CRM (crm-delete)"],
        ["Application", "assistant"],
        ["Server", "crm"],
        ["Tool", "delete_account"],
        ["Amount", "250"],
        ["Argument account", "A-17"],
        ["Argument options", '{"copies":[1,2],"notify":true}'],
        ["Definition of the tool", DEFINITION],
        ["Asked by", "an agent, Coding assistant"],
        ["On behalf of", ALICE],
        ["Proven by", f"a token of staff, for its subject {ALICE}"],
        *[line for line in said["shown"] if line[0] in ("Proof ends", "Can be used")],
    ]


def test_an_argument_reads_like_no_other_line_and_like_no_other_value(assistant: Assistant) -> None:
    hostile = {"On behalf of": BOB, "Amount": 1, "amount": 2, "text": "2", "json": '{"a":1}', "object": {"a": 1}}

    shown = [tuple(line) for line in assistant.asks(arguments=hostile).json["shown"]]

    assert len({label for label, _ in shown}) == len(shown)
    assert [line for line in shown if line[0].startswith("Argument ") or line[0] == "Amount"] == [
        ("Amount", "2"),
        ("Argument Amount", "1"),
        ("Argument On behalf of", BOB),
        ("Argument json", '"{\\"a\\":1}"'),
        ("Argument object", '{"a":1}'),
        ("Argument text", '"2"'),
    ]


def test_guardrails_look_at_the_arguments_that_the_policy_names(assistant: Assistant) -> None:
    refuses = Guardrail(when="has(params.amount) && params.amount > 100.5", then="refuse", reason="Too much")
    assistant.ruled(refuses)

    said = assistant.asks(arguments={"amount": 100.75})

    assert (said.status, said.json["detail"]) == (
        403,
        "The policy does not let this be done, whoever approves it: Too much",
    )
    assert assistant.asks(arguments={"amount": 100.5}).status == 201
    assert assistant.asks(arguments={"other": 1_000}).status == 201


def test_what_a_guardrail_lets_agents_do_alone_is_used_by_the_same_call(assistant: Assistant) -> None:
    assistant.ruled(requirement=Requirement(kind="allow"), agents=True)

    said = assistant.asks(consume=True).json

    assert (said["state"], said["approval"], said["agent"]) == ("used", "allow", True)


def test_the_policy_of_the_moment_decides_which_tools_may_still_be_called(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    assistant.decided(request_id)
    assert DELETE.tool is not None
    assistant.ruled(tool=msgspec.structs.replace(DELETE.tool, name="delete_contact"))

    said = assistant.uses(request_id)

    assert (said.status, said.code) == (409, "terms.changed")


def test_an_agent_decides_nothing_by_its_key(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    request = assistant.read(request_id)

    for target in (f"/v1/requests/{request_id}/reviews", f"/v1/requests/{request_id}/confirm"):
        body = {"verdict": "approve", "revision": 1, "digest": request.digest}
        assert assistant.post(target, body).status in (404, 405)

    assert assistant.read(request_id).reviews == ()
    assert assistant.uses(request_id).code == "pending"


def test_whoever_it_is_for_does_not_approve_what_others_have_to(assistant: Assistant) -> None:
    request_id = assistant.asks(who=BOB).json["id"]

    with pytest.raises(Refused) as refused:
        assistant.decided(request_id, by=BOB)

    assert refused.value.code == "self.decide"
    assert assistant.read(request_id).state == "pending"


def test_an_agent_lists_its_tools(assistant: Assistant) -> None:
    (found,) = assistant.get("/v1/actions").json["items"]

    assert found["tool"] == {"server": "crm", "name": "delete_*"}
    assert found["window"] is None
