"""A call that became a task: whose it is, what it says, and how it ends."""

from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from tests.countersign_client.mcp.desk import BOB
from tests.countersign_client.mcp.offices import WANTED, Office, outcome
from tests.support.mcp_clients import GENERATIONS, MODERN, Task, about_task, called


@pytest.fixture
def office() -> Office:
    return Office()


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
