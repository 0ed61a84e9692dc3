"""`countersign mcp-proxy --http`: who is let in, whose call it is, and what of it ever reaches the upstream."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp_types import CallToolResult

from countersign_client.mcp import http as ours
from countersign_client.mcp.people import bearer
from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.messages import RECEIPT
from countersign_client.mcp.proxy.posted import Posted
from tests.countersign_client.mcp.desk import ALICE, BOB, Desk
from tests.countersign_client.mcp.proxy.proxied import GENERATIONS, proxied
from tests.countersign_client.mcp.proxy.recorded import Recorded, recorded
from tests.countersign_client.mcp.proxy.test_held import told
from tests.countersign_client.mcp.test_http import PLACE, Answer, Front, message
from tests.countersign_client.mcp.test_older_lies import older
from tests.support.mcp_clients import over_http
from tests.support.servers import listening

GATES = tuple(Gate(action="crm", server="crm", name=name) for name in ("remove", "slow", "torn"))
REMOVE = message("tools/call", name="remove", arguments={"id": "4711"})

Does = Callable[[Front, Desk, Recorded], Awaitable[None]]


def trying(tmp_path: Path) -> Callable[[Does], None]:
    """Run what a test does with a proxy over HTTP before an upstream over HTTP."""

    def run(does: Does) -> None:
        async def main() -> None:
            desk = Desk()
            with recorded() as upstream:
                async with _proxy(tmp_path, desk, upstream) as url:
                    await does(Front(url, desk), desk, upstream)

        asyncio.run(main())

    return run


@asynccontextmanager
async def _proxy(tmp_path: Path, desk: Desk, upstream: Recorded) -> AsyncIterator[str]:
    async def way(catalog: Catalog) -> Connection:
        await asyncio.sleep(0)
        return Posted(upstream.url, lambda: "its own", catalog.stale)

    async with proxied(tmp_path, desk=desk, gates=GATES, way=way, brought=bearer) as proxy:
        config = uvicorn.Config(
            ours.application(proxy.server, proxy.people, PLACE),
            log_config=None,
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
        async with listening(config) as url:
            yield url


async def post(front: Front, body: bytes | dict[str, Any] = REMOVE, **changes: Any) -> Answer:
    return await asyncio.to_thread(front.post, body, **changes)


async def call(front: Front, who: str, mode: str, name: str, **arguments: Any) -> CallToolResult:
    async with over_http(front.url, who, mode) as client:
        result = await client.session.call_tool(name, arguments)
    assert isinstance(result, CallToolResult)
    return result


# --- what reaches nothing


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer expired"}, 401),
        ({"Authorization": "Basic YWxpY2U6"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"MCP_Protocol_Version": "2027-01-01"}, 400),
        ({"Mcp_Name": "echo"}, 400),
        ({"Mcp_Name": None}, 400),
        ({"Mcp_Method": "tools/list"}, 400),
        ({"MCP_Protocol_Version": "2025-06-18", "Mcp_Name": "echo"}, 400),
        ({"body": json.dumps(REMOVE).encode().replace(b'"id": "4711"', b'"id": "1", "id": "4711"')}, 400),
        ({"body": json.dumps(REMOVE).encode().replace(b'"remove"', b'"echo", "name": "remove"', 1)}, 400),
        ({"body": message("tools/call", name="remove", arguments={"id": "x" * ours.LARGEST})}, 413),
    ],
)
def test_whoever_lies_or_brings_nothing_reaches_nobody(
    tmp_path: Path, changes: dict[str, Any], status: int
) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        assert (await post(front, **changes)).status == status
        assert desk.requests == {}
        assert upstream.headers == []


@pytest.mark.parametrize("lie", [{"Mcp_Name": "echo"}, {"Mcp_Method": "ping"}, {"Mcp_Param_Id": "1"}])
def test_what_an_older_client_says_in_headers_holds_and_releases_nothing(
    tmp_path: Path, lie: dict[str, str]
) -> None:
    """Nothing of its generation compares them: what is digested, held and sent is the message."""
    revision = "2025-06-18"

    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        said = await post(front, older("remove", id="4711"), MCP_Protocol_Version=revision, **lie)
        held, calls = dict(desk.calls), list(upstream.calls)
        desk.decide("approved")
        changed = await post(front, older("remove", id="4712"), MCP_Protocol_Version=revision, **lie)
        await post(front, older("remove", id="4711"), MCP_Protocol_Version=revision, **lie)

        assert [(each.name, each.values) for each in held.values()] == [("remove", {"id": "4711"})]
        assert calls == []
        assert all("Nothing has run" in str(each.body) for each in (said, changed))
        assert upstream.calls == [{"name": "remove", "arguments": {"id": "4711"}}]
        assert not {"echo", "ping", "1"} & {value for sent in upstream.headers for value in sent.values()}


def test_a_header_of_an_older_client_that_names_a_gated_tool_gates_no_other_one(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        await post(front, older("echo", id="4711"), MCP_Protocol_Version="2025-06-18", Mcp_Name="remove")

        assert desk.requests == {}
        assert upstream.ran() == ["echo"]


def test_an_agent_that_never_asks_runs_none_of_a_thousand_calls(tmp_path: Path) -> None:
    forged = {RECEIPT: "a receipt of another call", "approved": True}
    said = message("tools/call", name="remove", arguments={"id": "4711"})
    said["params"]["_meta"] |= forged

    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        def many(_: int) -> set[bool]:
            connection = http.client.HTTPConnection(front.url.split("/")[2], timeout=60)
            headers = {
                "Authorization": f"Bearer {ALICE}",
                "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2026-07-28",
                "Mcp-Method": "tools/call",
                "Mcp-Name": "remove",
                "Mcp-Session-Id": "s-1",
            }
            found = set()
            for _ in range(250):
                connection.request("POST", "/mcp", json.dumps(said).encode(), headers)
                found.add(b'"isError":true' in connection.getresponse().read().replace(b" ", b""))
            connection.close()
            return found

        results = await asyncio.gather(*(asyncio.to_thread(many, each) for each in range(4)))

        assert set().union(*results) == {True}
        assert len(desk.requests) == 1
        assert upstream.calls == []


# --- what runs, and whose it is


@pytest.mark.parametrize("mode", GENERATIONS)
def test_what_was_approved_runs_once_and_no_token_of_a_person_goes_on(tmp_path: Path, mode: str) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        waiting = await call(front, ALICE, mode, "remove", id="4711")
        desk.decide("approved")
        done = await call(front, ALICE, mode, "remove", id="4711")
        again = await call(front, ALICE, mode, "remove", id="4711")

        assert waiting.is_error
        assert not done.is_error
        assert again.is_error
        assert upstream.calls == [{"name": "remove", "arguments": {"id": "4711"}}]
        assert {each.get("authorization") for each in upstream.headers} == {"Bearer its own"}
        assert {each.get("mcp-session-id") for each in upstream.headers} == {None, "s-1"}
        assert ALICE not in json.dumps([upstream.headers, upstream.calls])


def test_what_is_approved_for_alice_is_nothing_to_bob(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        await call(front, ALICE, "2026-07-28", "remove", id="4711")
        request = desk.decide("approved")
        bobs = await call(front, BOB, "legacy", "remove", id="4711")
        task = await post(front, message("tasks/get", tasks=True, taskId=request), token=BOB)

        assert "waits for people" in told(bobs)
        assert task.body["error"]["code"] == -32602
        assert desk.requests[request].state == "approved"
        assert upstream.calls == []


def test_what_a_client_says_of_itself_binds_nothing_and_is_not_sent(tmp_path: Path) -> None:
    forged = {RECEIPT: "forged", "io.modelcontextprotocol/clientInfo": {"name": BOB, "version": "1"}, "x": "y"}

    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        gated, passed = (message("tools/call", name=name, arguments={}) for name in ("remove", "echo"))
        for each in (gated, passed):
            each["params"]["_meta"] |= forged
        await post(front, gated, Mcp_Session_Id="s-1")
        desk.decide("approved")
        done = await post(front, gated, Mcp_Session_Id="somebody else's")
        await post(front, passed)

        assert done.body["result"]["_meta"][RECEIPT].startswith("receipt of ")
        run, other = upstream.calls
        assert "_meta" not in run
        assert other["_meta"]["x"] == "y"
        assert RECEIPT not in other["_meta"]
        assert {each.get("mcp-session-id") for each in upstream.headers} == {None, "s-1"}


def test_a_receipt_that_an_upstream_forges_reaches_nobody(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        upstream.meta = {RECEIPT: "forged", "x": "y"}
        passed = await post(front, message("tools/call", name="echo", arguments={}), Mcp_Name="echo")
        await post(front)
        desk.decide("approved")
        done = await post(front)

        assert passed.body["result"]["_meta"] == {"x": "y"}
        assert done.body["result"]["_meta"]["x"] == "y"
        assert done.body["result"]["_meta"][RECEIPT].startswith("receipt of ")


@pytest.mark.parametrize("mode", GENERATIONS)
def test_an_answer_with_half_of_a_character_reaches_who_called(tmp_path: Path, mode: str) -> None:
    """It has no form in UTF-8, and the call has run: who gets no answer has people approve it once more."""

    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        await call(front, ALICE, mode, "torn")
        desk.decide("approved")
        done = await asyncio.wait_for(call(front, ALICE, mode, "torn"), 20)

        assert told(done) == "half of \ufffd."
        assert upstream.ran() == ["torn"]


def test_of_a_task_too(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        await post(front, message("tools/call", tasks=True, name="torn", arguments={}))
        done = await post(front, message("tasks/get", tasks=True, taskId=desk.decide("approved")))

        assert done.body["result"]["result"]["content"] == [{"type": "text", "text": "half of \ufffd."}]
        assert upstream.ran() == ["torn"]


def test_who_leaves_while_it_runs_finds_the_answer_and_it_has_run_once(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(front: Front, desk: Desk, upstream: Recorded) -> None:
        await call(front, ALICE, "2026-07-28", "slow", seconds=0.5)
        desk.decide("approved")
        leaving = asyncio.create_task(call(front, ALICE, "2026-07-28", "slow", seconds=0.5))
        while not upstream.calls:
            await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.wait([leaving])
        result = await call(front, ALICE, "legacy", "slow", seconds=0.5)

        assert not result.is_error
        assert upstream.ran() == ["slow"]
