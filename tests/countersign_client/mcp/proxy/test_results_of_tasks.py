"""What a task came to is kept for a while and within bounds; whose result is gone is told so, and nothing runs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.server.lowlevel import Server
from mcp_types import CallToolResult, TextContent

from countersign_client.applications.answers import Asked
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import Caller, People
from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.posted import Posted
from countersign_client.mcp.tasks import LASTING, Tasks
from tests.countersign_client.mcp.desk import ALICE, Desk, changed
from tests.countersign_client.mcp.later import pass_
from tests.countersign_client.mcp.proxy.proxied import Proxied
from tests.countersign_client.mcp.proxy.recorded import recorded
from tests.countersign_client.mcp.proxy.test_claims import lose
from tests.countersign_client.mcp.proxy.test_held import META, trying
from tests.support.mcp_clients import about_task, client

ARGUMENTS = {"id": "4711"}
REMOVE = {"name": "remove", "arguments": ARGUMENTS, "_meta": META}
LARGE = 4 * 1024 * 1024

Get = Callable[[str], Awaitable[Mapping[str, Any]]]


def raw(connected: Client) -> Callable[[str, Mapping[str, Any]], Awaitable[Any]]:
    return connected.session._dispatcher.send_raw_request


async def approved(connected: Client, desk: Desk) -> tuple[str, Get]:
    """A task of an approved call of `remove`, and what asks for it."""

    async def get(task: str) -> Mapping[str, Any]:
        return dict(await raw(connected)("tasks/get", {"taskId": task, "_meta": META}))

    made = await raw(connected)("tools/call", REMOVE)
    desk.decide("approved")
    return str(made["taskId"]), get


def text(done: Mapping[str, Any]) -> str:
    assert (done["status"], done["result"]["isError"]) == ("completed", True)
    return str(done["result"]["content"][0]["text"])


def test_whose_result_is_gone_is_told_so_and_nothing_runs_again(tmp_path: Path) -> None:
    @trying(tmp_path, "2026-07-28")
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        first = await get(task)
        await pass_(LASTING - 1)
        kept = await get(task)
        await pass_(1)
        gone = [text(await get(task)) for _ in range(2)]
        await pass_(LASTING)
        gone.append(text(await get(task)))

        assert kept == first
        assert not first["result"].get("isError")
        assert all("not kept" in each and "Look first what it did" in each for each in gone)
        assert len(proxy.ran()) == 1


def test_a_task_says_for_how_long_its_result_is_kept(tmp_path: Path) -> None:
    @trying(tmp_path, "2026-07-28")
    async def _(connected: Client, _: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        before = datetime.now(UTC)
        done = await get(task)
        until = datetime.fromisoformat(done["createdAt"]) + timedelta(milliseconds=done["ttlMs"])

        lasting = timedelta(seconds=LASTING)
        assert before + lasting - timedelta(milliseconds=1) <= until <= datetime.now(UTC) + lasting


def test_a_task_that_ended_without_a_run_runs_nothing_later(tmp_path: Path) -> None:
    with recorded() as upstream:

        async def way(catalog: Catalog) -> Connection:
            await asyncio.sleep(0)
            return Posted(upstream.url, lambda: "its own", catalog.stale)

        @trying(tmp_path, "2026-07-28", way=way)
        async def _(connected: Client, _: Proxied, desk: Desk) -> None:
            task, get = await approved(connected, desk)
            before, upstream.description = upstream.description, "Removes everything."
            refused = text(await get(task))
            upstream.description = before
            await pass_(LASTING)
            gone = text(await get(task))

            assert "has changed what remove is" in refused
            assert "Nothing has run" in gone
            assert "call again with the same arguments" in gone
            assert upstream.ran() == []
            assert desk.requests[task].state == "approved"


def test_a_task_whose_claim_lost_its_answer_works_on_and_runs_once(tmp_path: Path) -> None:
    @trying(tmp_path, "2026-07-28")
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        desk.meanwhile = lambda: lose(desk, 1)
        working = [await get(task) for _ in range(2)]
        ran = proxy.ran()
        desk.meanwhile = None
        done = [await get(task) for _ in range(2)]

        assert {each["status"] for each in working} == {"working"}
        assert all("Countersign gives no answer" in each["statusMessage"] for each in working)
        assert ran == []
        assert done[0] == done[1]
        assert not done[0]["result"].get("isError")
        assert len(proxy.ran()) == 1


class Finished:
    """What finishes calls at a desk by four mebibytes each, and how often it had to."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.tasks: list[str] = []

    async def __call__(self, _: Caller, asked: Asked) -> CallToolResult:
        self.tasks.append(asked.id)
        return CallToolResult(content=[TextContent(type="text", text="x" * LARGE)])

    async def approved(self, number: int) -> str:
        asked = await self.desk.ask_tool(changed(number=number), on_behalf_of=ALICE)
        return self.desk.decide("approved", asked.id)


def test_large_results_are_kept_up_to_64_mebibytes_of_all(tmp_path: Path) -> None:
    finish = Finished()
    server: Server[Any] = Server("large")
    Tasks(People(finish.desk, lambda _: ALICE), Holding(finish.desk), finish).register(server)

    async def main() -> None:
        async with client(server, tasks=True) as connected:
            made = [await finish.approved(number) for number in range(17)]
            for each in (*made, made[-1], made[2], made[0]):
                done = await about_task(connected, "tasks/get", each)
                assert len(done["result"]["content"][0]["text"]) == LARGE

            assert finish.tasks == [*made, made[0]]

    asyncio.run(main())
