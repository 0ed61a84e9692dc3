"""A runtime of agents asks the running service by its client, and people decide in chat about each call."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from countersign_client.applications import Application, Asserted, AsyncApplication, errors, tool_call
from countersign_client.applications.toolcalls import ToolCall
from countersign_client.call_tokens import SigningKey, new_key
from countersign_client.errors import Unusable
from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser

ALICE = Asserted(email="alice@example.com")
DEFINITION = {"name": "delete_account", "description": "Deletes.", "inputSchema": {"type": "object"}}
ARGUMENTS = {"account": "A-17", "amount": 250, "options": {"notify": True, "copies": [1, 2]}}


def policy(key: SigningKey) -> str:
    return f"""{POLICY}
applications:
  - id: assistant
    title: Coding assistant
    agent: true
    may_assert: true
    keys: [{json.dumps(key.public())}]
actions:
  - id: crm-delete
    application: assistant
    title: Delete something in the CRM
    tool: {{server: crm, name: "delete_*"}}
    show: [{{name: amount, label: Amount, type: number, required: false}}]
    risk: What is deleted is gone
    requesters: ["domain:example.com"]
    approval: self
  - id: crm-merge
    application: assistant
    title: Merge in the CRM
    tool: {{server: crm, name: "merge_*"}}
    requesters: ["domain:example.com"]
    approval: [{{approvers: ["user:bob@example.com", "user:carol@example.com"]}}]
"""


class Runtime:
    """Either client of a runtime, of which each method is waited for."""

    def __init__(self, kind: str, office: Running, key: SigningKey) -> None:
        made: Any = Application if kind == "sync" else AsyncApplication
        self.kind, self.office, self._client = kind, office, made(office.url, "assistant", key)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            came = getattr(self._client, name)(*args, **kwargs)
            return came if isinstance(self._client, Application) else asyncio.run(came)

        return call


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, SigningKey]]:
    folder, key = tmp_path_factory.mktemp("agents"), new_key("ES256")
    signer = {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
    with running(folder, policy=policy(key), environ=signer, iap_port=0) as found:
        yield found, key


@pytest.fixture(params=["sync", "async"])
def runtime(request: pytest.FixtureRequest, office: tuple[Running, SigningKey]) -> Runtime:
    return Runtime(request.param, *office)


def deletes(**changes: Any) -> ToolCall:
    good = {"server": "crm", "name": "delete_account", "definition": DEFINITION, "arguments": ARGUMENTS}
    return tool_call("crm-delete", **(good | changes))


@pytest.mark.parametrize(
    ("value", "named"),
    [(2**53, "arguments.n"), (float("nan"), "arguments.n"), ("\ud800", "arguments.n"), (b"x", "arguments.n")],
)
def test_what_nobody_can_be_asked_for_is_refused_before_it_is_sent(value: Any, named: str) -> None:
    with pytest.raises(Unusable, match=named):
        deletes(arguments={"fine": 1, "n": value})
    with pytest.raises(Unusable, match="8,192 bytes"):
        deletes(arguments={"n": "x" * 8_200})


def test_one_changed_argument_is_refused_and_the_approved_copy_comes_with_its_receipt(runtime: Runtime) -> None:
    given = {**ARGUMENTS, "by": runtime.kind}
    call = deletes(arguments=given)
    asked = runtime.ask_tool(call, on_behalf_of=ALICE)
    given["amount"] = 251
    assert (asked.state, asked.approval, asked.agent) == ("pending", "self", True)
    runtime.office.press("alice", "confirm", asked.id)

    with pytest.raises(errors.Refused) as refused:
        runtime.consume_tool(asked.id, deletes(arguments=given))
    with pytest.raises(errors.Refused) as other:
        runtime.consume_tool(asked.id, deletes(arguments=call.values, definition={**DEFINITION, "title": "New"}))
    allowed = runtime.require_tool(call, on_behalf_of=ALICE, timeout=60)

    assert set(refused.value.fields) == {"arguments.amount"}
    assert set(other.value.fields) == {"tool.definition"}
    assert allowed.request_id == asked.id
    assert allowed.parameters == {**given, "amount": 250}
    assert allowed.receipt.terms["v"] == 8
    with pytest.raises(errors.Used):
        runtime.consume_tool(asked.id, call)


def test_whoever_gave_up_waiting_comes_back_to_the_same_request(runtime: Runtime) -> None:
    merges = tool_call(
        "crm-merge", server="crm", name="merge_accounts", definition=DEFINITION, arguments={"by": runtime.kind}
    )
    with pytest.raises(errors.Pending) as first:
        runtime.require_tool(merges, on_behalf_of=ALICE, timeout=0)
    with pytest.raises(errors.Pending) as again:
        runtime.require_tool(merges, on_behalf_of=ALICE, timeout=0)
    assert again.value.request_id == first.value.request_id
    runtime.office.press("alice", "confirm", first.value.request_id)
    runtime.office.approve("bob", first.value.request_id)

    allowed = runtime.require_tool(merges, on_behalf_of=ALICE, timeout=60)

    assert (allowed.request_id, allowed.receipt.terms["v"]) == (first.value.request_id, 6)


def test_a_denied_call_is_denied_again_and_nobody_is_asked_twice(runtime: Runtime) -> None:
    merges = tool_call(
        "crm-merge", server="crm", name="merge_no", definition=DEFINITION, arguments={"by": runtime.kind}
    )
    asked = runtime.ask_tool(merges, on_behalf_of=ALICE)
    runtime.office.press("alice", "confirm", asked.id)
    runtime.office.press("bob", "deny", asked.id)
    assert runtime.office.box.slack.submit("bob", {"reason": "Not this one"}).ok

    with pytest.raises(errors.Denied, match="Not this one") as denied:
        runtime.require_tool(merges, on_behalf_of=ALICE, timeout=60)

    assert denied.value.request_id == asked.id


def test_what_is_too_long_for_a_card_is_approved_on_its_page(runtime: Runtime) -> None:
    asked = runtime.ask_tool(deletes(arguments={"text": "line " * 1_400, "by": runtime.kind}), on_behalf_of=ALICE)
    alice = Browser(runtime.office, "alice@example.com")
    page = alice.get(f"/request/{asked.id}")

    assert "Argument text" in page.words
    assert "Approve it only if you want exactly this to be done." in page.words
    assert alice.press(page, "confirm").status == 303

    assert runtime.look(asked.id).state == "approved"


def test_the_runtime_learns_which_tools_are_gated(runtime: Runtime) -> None:
    found = runtime.tools()

    assert [each.action for each in found if each.fits("crm", "delete_account")] == ["crm-delete"]
    assert not [each for each in found if each.fits("crm", "read_account") or each.fits("erp", "delete_account")]


def test_the_person_reads_in_chat_that_an_agent_asks_and_every_argument(runtime: Runtime) -> None:
    asked = runtime.ask_tool(deletes(arguments={**ARGUMENTS, "note": runtime.kind}), on_behalf_of=ALICE)

    text = runtime.office.told("alice", asked.id)

    assert "Waits for you to approve it" in text
    assert "Nothing is done until you approve it yourself." in text
    assert text.count("an agent, Coding assistant") == text.count("On behalf of") == 1
    for line in (
        "Asked by",
        "Argument account",
        "A-17",
        "Amount",
        "Argument options",
        '{"copies":[1,2],"notify":true}',
    ):
        assert line in text
