"""Countersign slow, dripping or down: every answer is in time, and is a no."""

import asyncio
from typing import Any

import pytest
from mcp_types import CallToolResult

from countersign_client.applications import AsyncApplication
from countersign_client.applications.values import Asserted
from countersign_client.call_tokens import new_key
from countersign_client.mcp import holding, people, server
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.outcomes import Unreachable
from countersign_client.mcp.people import People
from demo.ports import free_port
from tests.countersign_client.mcp.desk import ALICE, CALL
from tests.support.drips import Step, dripping
from tests.support.mcp_clients import called, client

STEPS: tuple[Step, ...] = ("reading", "status", "headers", "body", "chunks", "flood")
PERSON = Asserted(email=ALICE)
WANTED: dict[str, Any] = {"server": "crm", "tool": "delete_account", "arguments": {"id": "4711"}}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((holding, "LONGEST"), (server, "LONGEST"), (people, "PATIENCE")):
        monkeypatch.setattr(module, name, 0.3)


def outcomes(url: str) -> list[Any]:
    held = Holding(AsyncApplication(url, "assistant", new_key("ES256")))

    async def all_of_it() -> list[Any]:
        return [
            await held.ask(CALL, PERSON, wait=24.0),
            await held.use("r-0000000000", CALL, key="claim"),
            await held.look("r-0000000000"),
            await held.withdraw("r-0000000000"),
        ]

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("step", STEPS)
def test_an_answer_in_drops_is_a_no_in_time(step: Step) -> None:
    with dripping(step) as server:
        found = outcomes(server.url)

    assert [type(each) for each in found] == [Unreachable] * 4
    assert all("Nothing has run" in each.said for each in found)


def test_a_service_that_is_down_is_a_no_in_time() -> None:
    assert [type(each) for each in outcomes(f"http://127.0.0.1:{free_port()}")] == [Unreachable] * 4


@pytest.mark.parametrize(
    ("name", "more"),
    [("list_gated_tools", {}), ("ask_approval", WANTED), ("check_approval", {"request": "r-0000000000"})],
)
def test_an_agent_is_told_in_time_as_well(name: str, more: dict[str, Any]) -> None:
    async def asked(url: str) -> CallToolResult:
        application = AsyncApplication(url, "assistant", new_key("ES256"))
        made = server.server(
            version="1",
            gates=Gates(application),
            holding=Holding(application),
            callers=People(application, lambda _: PERSON),
            secret=b"s" * 32,
        )
        async with client(made) as agent:
            found = await called(agent, name, **more)
        assert isinstance(found, CallToolResult)
        return found

    with dripping("body") as slow:
        found = asyncio.run(asked(slow.url))

    assert found.is_error
    assert found.structured_content["outcome"] == "unreachable"
