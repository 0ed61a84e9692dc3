"""`countersign mcp` over HTTP, and a client of before 2026-07-28 whose headers lie.

Revisions up to 2025-11-25 know no `Mcp-Method` and no `Mcp-Name`, so nothing compares them: what counts is the
message.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from countersign_client.mcp import http as ours
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People, bearer
from countersign_client.mcp.server import server
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.test_http import ASK, PLACE, WANTED, Answer, Front
from tests.support.servers import serve

OLDER = ("2025-03-26", "2025-06-18", "2025-11-25", None)
LIES: tuple[dict[str, str], ...] = (
    {"Mcp_Name": "list_gated_tools"},
    {"Mcp_Method": "tools/list"},
    {"Mcp_Method": "ping", "Mcp_Name": "withdraw_approval"},
    {"Mcp_Param_Tool": "echo", "Mcp_Param_Arguments": '{"id": "1"}'},
)


def older(name: str, **arguments: Any) -> dict[str, Any]:
    """A call as a client of the older generation sends it: nothing in it says which revision it speaks."""
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


def message(said: Answer) -> dict[str, Any]:
    """What was answered, as it is or as the one event of a stream."""
    if isinstance(said.body, dict):
        return said.body
    (event,) = [line for line in said.body.splitlines() if line.startswith("data: {")]
    found: dict[str, Any] = json.loads(event.removeprefix("data: "))
    return found


def outcome(said: Answer) -> dict[str, Any]:
    """What a tool has answered."""
    return dict(message(said)["result"]["structuredContent"])


@pytest.fixture(scope="module")
def running() -> Iterator[Front]:
    desk = Desk()
    people = People(desk, bearer)
    made = server(version="1", gates=Gates(desk), holding=Holding(desk), callers=people, secret=b"s" * 32)
    with serve(ours.application(made, people, PLACE), lifespan="on") as url:
        yield Front(url, desk)


@pytest.fixture
def front(running: Front) -> Front:
    """The server, of which nobody has asked for anything yet."""
    for kept in (running.desk.requests, running.desk.calls, running.desk.uses):
        kept.clear()
    return running


@pytest.mark.parametrize(
    ("revision", "lie"), [*((each, LIES[0]) for each in OLDER), *(("2025-06-18", each) for each in LIES[1:])]
)
def test_what_is_asked_for_is_what_the_message_says(
    front: Front, revision: str | None, lie: dict[str, str]
) -> None:
    said = front.post(older("ask_approval", **WANTED), MCP_Protocol_Version=revision, **lie)

    (call,) = front.desk.calls.values()
    assert (call.server, call.name, call.values) == (WANTED["server"], WANTED["tool"], WANTED["arguments"])
    assert outcome(said)["outcome"] == "pending"


def test_headers_that_say_the_approved_call_claim_no_other_one(front: Front) -> None:
    revision = "2025-06-18"
    front.post(older("ask_approval", **WANTED), MCP_Protocol_Version=revision)
    request = front.desk.decide("approved")
    changed = older("use_approval", request=request, **WANTED | {"arguments": {"id": "4712"}})
    lie = {"Mcp_Param_Arguments": json.dumps(WANTED["arguments"]), "Mcp_Name": "check_approval"}

    refused = outcome(front.post(changed, MCP_Protocol_Version=revision, **lie))
    unused = front.desk.requests[request].state
    used = outcome(front.post(older("use_approval", request=request, **WANTED), MCP_Protocol_Version=revision))

    assert (refused["outcome"], refused["may_run"], unused) == ("refused", False, "approved")
    assert (used["outcome"], used["may_run"]) == ("claimed", True)


@pytest.mark.parametrize("revision", OLDER)
def test_a_message_of_the_new_generation_is_not_excused_by_a_header_of_the_older(
    front: Front, revision: str | None
) -> None:
    said = front.post(ASK, MCP_Protocol_Version=revision, Mcp_Name="list_gated_tools")

    assert (said.status, message(said)["error"]["code"]) == (400, -32020)
    assert front.desk.requests == {}
