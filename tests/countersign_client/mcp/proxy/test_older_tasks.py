"""A task that is asked about while another request for the same call is claimed, or runs."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from countersign_client.mcp.proxy.journal import Journal
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import Proxied
from tests.countersign_client.mcp.proxy.test_cancelled_tasks import cancel
from tests.countersign_client.mcp.proxy.test_claims import lose, named, names
from tests.countersign_client.mcp.proxy.test_ends import MODERN, of
from tests.countersign_client.mcp.proxy.test_held import META, trying
from tests.countersign_client.mcp.proxy.test_results_of_tasks import ARGUMENTS, raw, text

UNKNOWN = "whether it ran is not known"


async def twice(connected: Client, desk: Desk, name: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """A task that a plain call has used, and an approved one of the same call."""
    tasks = []
    for used in (True, False):
        made = await raw(connected)("tools/call", {"name": name, "arguments": arguments, "_meta": META})
        tasks.append(str(made["taskId"]))
        desk.decide("approved")
        if used:
            await connected.session.call_tool(name, dict(arguments))
    older, task = tasks
    assert (desk.requests[older].state, desk.requests[task].state) == ("used", "approved")
    return older, task


@pytest.mark.parametrize(("state", "status"), [("used", "completed"), ("approved", "working")])
def test_it_does_not_run_what_is_left_of_the_other_one(tmp_path: Path, state: str, status: str) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        older, task = await twice(connected, desk, "remove", ARGUMENTS)
        desk.meanwhile = lambda: lose(desk, 1)
        await of(connected, task)
        desk.meanwhile = None
        await cancel(connected, task)
        desk.decide(state, older)
        found = await of(connected, older)

        assert (found["status"], found.get("result", {}).get("structuredContent")) == (status, None)
        assert (await of(connected, task))["status"] == "cancelled"
        assert names(proxy) == ["remove"]


def test_one_that_was_used_does_not_wait_for_the_other_ones_run_and_leaves_it_its_answer(tmp_path: Path) -> None:
    slow = {"seconds": 0.5}

    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        older, task = await twice(connected, desk, "slow", slow)
        getting = asyncio.create_task(of(connected, task))
        while len(proxy.ran()) < 2:
            await asyncio.sleep(0.01)

        assert UNKNOWN in text(await of(connected, older))
        assert (await getting)["result"]["structuredContent"] == slow
        assert names(proxy) == ["slow", "slow"]


def test_one_that_was_used_leaves_the_note_that_nobody_knows_what_came_of_the_other_one(tmp_path: Path) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        older, task = await twice(connected, desk, "remove", ARGUMENTS)
        killed, call = Journal(tmp_path / "state"), named(desk.calls[task])
        claim = killed.begin(call, task)
        assert claim is not None
        await desk.consume_tool(task, desk.calls[task], idempotency_key=claim.key)
        killed.sending(call, claim.key)
        killed.close()

        assert task not in text(await of(connected, older))
        told = text(await of(connected, task))
        assert task in told
        assert UNKNOWN in told
        assert names(proxy) == ["remove"]


def test_one_that_is_approved_as_well_runs_by_itself_and_after_the_other_one(tmp_path: Path) -> None:
    slow = {"seconds": 0}

    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        older, task = await twice(connected, desk, "slow", slow)
        desk.decide("approved", older)
        getting, meanwhile = asyncio.create_task(of(connected, task)), list[dict[str, Any]]()

        async def asks() -> None:
            desk.meanwhile = None
            meanwhile.append(await of(connected, older))

        desk.meanwhile = asks
        await getting
        done = await of(connected, older)

        assert [(each["status"], task in each["statusMessage"]) for each in meanwhile] == [("working", True)]
        assert done["result"]["structuredContent"] == slow
        assert names(proxy) == ["slow"] * 3
