"""An agent asks by `countersign mcp`: clients of both generations, and people who see nothing of each other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People
from countersign_client.mcp.server import server
from tests.countersign_client.mcp.desk import ALICE, BOB, CALL, Desk
from tests.support.mcp_clients import GENERATIONS, LEGACY, MODERN, Task, about_task, called, client

WANTED: dict[str, Any] = {"server": "crm", "tool": "delete_account", "arguments": {"id": "4711", "cascade": True}}
Play = Callable[[Client], Awaitable[Any]]


class Office:
    """A server before a desk, and whoever calls it at the moment."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.who = ALICE
        self.restart()

    def restart(self) -> None:
        """Forget all that a process remembers."""
        self.server = server(
            version="1",
            gates=Gates(self.desk),
            holding=Holding(self.desk),
            callers=People(self.desk, lambda _: self.who),
            secret=b"s" * 32,
        )

    def play(self, play: Play, mode: str = MODERN, *, tasks: bool = False) -> Any:
        async def played() -> Any:
            async with client(self.server, mode, tasks=tasks) as connected:
                try:
                    return await play(connected)
                except MCPError as error:  # by itself, and in no group
                    return error

        found = asyncio.run(played())
        if isinstance(found, MCPError):
            raise found
        return found

    def call(self, name: str, mode: str = MODERN, **arguments: Any) -> CallToolResult:
        found = self.play(lambda connected: called(connected, name, **arguments), mode)
        assert isinstance(found, CallToolResult)
        return found

    def asked(self, **changes: Any) -> str:
        """The id of a request that was asked for."""
        return str(self.call("ask_approval", **WANTED | changes).structured_content["request"])


@pytest.fixture
def office() -> Office:
    return Office()


def outcome(result: CallToolResult) -> tuple[str, bool, bool]:
    """What it is, whether it may run, and whether it is an error."""
    said = result.structured_content
    return said["outcome"], said["may_run"], result.is_error


# --- what is refused


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(office: Office, mode: str) -> None:
    with pytest.raises(MCPError, match="no tool 'approve'") as error:
        office.call("approve", mode, **WANTED)
    assert error.value.code == -32602


@pytest.mark.parametrize("mode", GENERATIONS)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tool": "read_account"}, "no rule for the tool read_account"),
        ({"server": "mail"}, "no rule for the tool delete_account of mail"),
        ({"arguments": {"n": 2**53}}, "arguments.n has no canonical JSON"),
        ({"arguments": {"n": "x" * 9_000}}, "larger than 8,192 bytes"),
        ({"arguments": "all"}, "arguments"),
        ({"approve": True}, "approve"),
        ({"tool": None}, "tool"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nobody_is_asked(
    office: Office, mode: str, changes: dict[str, Any], said: str
) -> None:
    found = office.call("ask_approval", mode, **WANTED | changes)

    assert outcome(found) == ("refused", False, True)
    assert said in found.structured_content["message"]
    assert office.desk.requests == {}


@pytest.mark.parametrize("mode", GENERATIONS)
@pytest.mark.parametrize("tool", ["check_approval", "use_approval", "withdraw_approval"])
def test_a_request_of_somebody_else_is_not_there(office: Office, mode: str, tool: str) -> None:
    request = office.asked()
    office.desk.decide("approved")
    office.who = BOB
    more = WANTED if tool == "use_approval" else {}

    theirs, none = (office.call(tool, mode, request=each, **more) for each in (request, "r-9999999999"))

    assert outcome(theirs) == outcome(none) == ("refused", False, True)
    assert theirs.structured_content["code"] == none.structured_content["code"] == "not_found"
    assert office.desk.uses == {}
    assert office.desk.requests[request].state == "approved"


def test_one_changed_argument_claims_nothing(office: Office) -> None:
    request = office.asked()
    office.desk.decide("approved")

    found = office.call("use_approval", request=request, **WANTED | {"arguments": {"id": "4712", "cascade": True}})

    assert outcome(found) == ("refused", False, True)
    assert office.desk.uses == {}


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired", "lapsed"])
def test_what_was_not_approved_is_never_a_yes(office: Office, state: str) -> None:
    request = office.asked()
    office.desk.decide(state)

    checked = office.call("check_approval", request=request)

    assert outcome(checked) == ("refused", False, True)
    assert checked.structured_content["code"] == state


def test_a_silence_is_an_error_and_no_yes(office: Office) -> None:
    office.desk.lost = 1

    assert outcome(office.call("ask_approval", **WANTED)) == ("unreachable", False, True)
    assert outcome(office.call("ask_approval", **WANTED)) == ("pending", False, False)
    assert len(office.desk.requests) == 1


# --- asking and using


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_call_waits_joins_and_is_claimed_once(office: Office, mode: str) -> None:
    first, again = (office.call("ask_approval", mode, **WANTED) for _ in range(2))
    request = first.structured_content["request"]
    early = office.call("use_approval", mode, request=request, **WANTED)
    office.desk.decide("approved")
    approved = office.call("ask_approval", mode, **WANTED)
    claimed = office.call("use_approval", mode, request=request, **WANTED)

    assert outcome(first) == outcome(again) == outcome(early) == ("pending", False, False)
    assert again.structured_content["request"] == request
    assert outcome(approved) == ("approved", False, False)
    assert outcome(claimed) == ("claimed", True, False)
    assert claimed.structured_content["arguments"] == CALL.values
    assert claimed.structured_content["receipt"].startswith(f"receipt of {request} by ")


def test_who_lost_the_answer_gets_the_same_receipt_after_a_restart_and_no_second_use(office: Office) -> None:
    request = office.asked()
    office.desk.decide("approved")
    office.desk.lost = 0
    first = office.call("use_approval", request=request, **WANTED)
    uses = dict(office.desk.uses)
    office.restart()

    again, checked = (
        office.call("use_approval", request=request, **WANTED),
        office.call("check_approval", request=request),
    )

    assert again.structured_content["receipt"] == first.structured_content["receipt"]
    assert office.desk.uses == uses
    assert outcome(checked) == ("used", False, False)
    assert "do not run it a second time" in checked.structured_content["message"]


def test_the_key_of_a_claim_is_nobody_else_s_to_guess(office: Office) -> None:
    request = office.asked()
    office.desk.decide("approved")
    office.call("use_approval", request=request, **WANTED)

    (key,) = office.desk.uses.values()
    assert len(key) == 43
    assert request not in key


def test_what_waits_can_be_taken_back(office: Office) -> None:
    request = office.asked()

    assert outcome(office.call("withdraw_approval", request=request)) == ("withdrawn", False, False)
    assert office.desk.requests[request].state == "withdrawn"


def test_the_gated_tools_are_listed(office: Office) -> None:
    assert office.call("list_gated_tools").structured_content == {
        "tools": [
            {"server": "crm", "tool": "delete_*", "action": "crm-delete", "title": "Delete an account in the CRM"}
        ]
    }


def test_an_older_client_reads_all_of_it_as_text(office: Office) -> None:
    found = office.call("ask_approval", LEGACY, **WANTED)

    sentence, whole = (each.text for each in found.content if each.type == "text")
    assert sentence == found.structured_content["message"]
    assert f'"request": "{found.structured_content["request"]}"' in whole


# --- tasks


def tasked(office: Office) -> str:
    """The id of a task that a call became."""
    found = office.play(lambda connected: called(connected, "ask_approval", **WANTED), tasks=True)
    assert isinstance(found, Task)
    return found.task_id


def about(office: Office, method: str, task: str, mode: str = MODERN, *, tasks: bool = True, **more: Any) -> Any:
    return office.play(lambda connected: about_task(connected, method, task, **more), mode, tasks=tasks)


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
@pytest.mark.parametrize("mode", GENERATIONS)
def test_who_declares_no_tasks_gets_none_and_hears_of_none(office: Office, method: str, mode: str) -> None:
    request = office.asked()
    more: dict[str, Any] = {"inputResponses": {}} if method == "tasks/update" else {}
    with pytest.raises(MCPError) as error:
        about(office, method, request, mode, tasks=False, **more)
    assert error.value.code == -32021
    assert error.value.data == {"requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
def test_a_task_of_somebody_else_is_as_unknown_as_none(office: Office, method: str) -> None:
    task = tasked(office)
    office.who = BOB
    more: dict[str, Any] = {"inputResponses": {}} if method == "tasks/update" else {}

    said = []
    for each in (task, "r-9999999999", "../actions"):
        with pytest.raises(MCPError) as error:
            about(office, method, each, **more)
        said.append((error.value.code, error.value.message))
    assert set(said) == {(-32602, "There is no such task, or it is somebody else's.")}
    assert office.desk.requests[task].state == "pending"


def test_a_task_is_its_request_and_outlives_the_process(office: Office) -> None:
    task = tasked(office)
    waiting = about(office, "tasks/get", task)
    office.desk.decide("approved")
    office.restart()
    done = about(office, "tasks/get", task)

    assert task in office.desk.requests
    assert (waiting["status"], waiting["ttlMs"], waiting["pollIntervalMs"]) == ("working", 3_600_000, 5_000)
    assert waiting["createdAt"] == "2026-11-28T10:00:00Z"
    assert task in waiting["statusMessage"]
    assert done["status"] == "completed"
    assert done["result"]["structuredContent"]["outcome"] == "approved"


def test_a_refusal_completes_a_task_with_an_error_of_the_tool(office: Office) -> None:
    task = tasked(office)
    office.desk.decide("denied")

    done = about(office, "tasks/get", task)

    assert (done["status"], done["result"]["isError"]) == ("completed", True)


def test_a_task_that_is_cancelled_withdraws_its_request(office: Office) -> None:
    task = tasked(office)

    assert about(office, "tasks/cancel", task) == {"resultType": "complete"}

    assert office.desk.requests[task].state == "withdrawn"
    assert about(office, "tasks/get", task)["status"] == "cancelled"


def test_what_is_approved_at_once_is_no_task(office: Office) -> None:
    office.desk.allows = True

    found = office.play(lambda connected: called(connected, "ask_approval", **WANTED), tasks=True)

    assert isinstance(found, CallToolResult)
    assert outcome(found) == ("approved", False, False)


def test_countersign_down_fails_no_task(office: Office) -> None:
    task = tasked(office)
    office.desk.lost = 1
    with pytest.raises(MCPError) as error:
        about(office, "tasks/get", task)
    assert error.value.code == -32603

    assert about(office, "tasks/get", task)["status"] == "working"
