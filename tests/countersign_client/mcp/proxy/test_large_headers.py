"""Arguments that an upstream wants in headers, and what servers take: nobody approves what cannot arrive."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.posted import Posted
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import proxied
from tests.countersign_client.mcp.proxy.recorded import recorded
from tests.countersign_client.mcp.proxy.test_held import told
from tests.countersign_client.mcp.proxy.test_mirrored import GATED, PASSING, mirrored, schema, wanting

ID = schema(id=mirrored("Id"))
MANY = schema(**{f"n{number}": mirrored(f"N{number}", "integer") for number in range(120)})
LARGE: dict[str, Any] = {"id": "é" * 3_900}
TOO_MANY: dict[str, Any] = {f"n{number}": number for number in range(120)}


@pytest.mark.parametrize(("wanted", "arguments"), [(ID, LARGE), (MANY, TOO_MANY)])
def test_nobody_is_asked_for_a_call_whose_headers_are_more_than_servers_take(
    tmp_path: Path, wanted: dict[str, Any], arguments: dict[str, Any]
) -> None:
    async def does(client: Any, desk: Desk) -> None:
        result = await client.session.call_tool("remove", arguments)

        assert result.is_error
        assert "wants of these arguments in headers is too much" in told(result)
        assert not desk.requests

    assert wanting(wanted, tmp_path, GATED, does).ran() == []


def test_what_fits_runs_and_what_needs_no_approval_is_for_the_server_to_judge(tmp_path: Path) -> None:
    async def gated(client: Any, desk: Desk) -> None:
        fits = {"id": "x" * 7_400}
        await client.session.call_tool("remove", fits)
        desk.decide("approved")
        assert not (await client.session.call_tool("remove", fits)).is_error

    async def passing(client: Any, _: Desk) -> None:
        assert not (await client.session.call_tool("remove", LARGE)).is_error

    assert wanting(ID, tmp_path, GATED, gated).ran() == ["remove"]
    assert wanting(ID, tmp_path, PASSING, passing).ran() == ["remove"]


@pytest.mark.parametrize("modern", [False, True])
def test_what_makes_no_header_of_its_arguments_is_for_the_server_to_judge_whatever_its_token(
    tmp_path: Path, *, modern: bool
) -> None:
    """The server has taken that very token for its lists."""
    desk = Desk()

    async def way(catalog: Catalog) -> Connection:
        await asyncio.sleep(0)
        return Posted(upstream.url, lambda: "x" * 9_000, catalog.stale)

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=GATED, way=way) as proxy,
            proxy.client("2026-07-28") as client,
        ):
            await client.session.call_tool("remove", {"id": "4711"})
            desk.decide("approved")
            assert not (await client.session.call_tool("remove", {"id": "4711"})).is_error

    with recorded() as upstream:
        upstream.modern = modern
        asyncio.run(main())
    assert upstream.ran() == ["remove"]


def test_what_has_grown_too_large_since_keeps_its_approval(tmp_path: Path) -> None:
    """The upstream's own token is one of the headers, and is written anew by whoever signs in there."""
    desk, tokens = Desk(), ["short"]

    async def way(catalog: Catalog) -> Connection:
        await asyncio.sleep(0)
        return Posted(upstream.url, lambda: tokens[-1], catalog.stale)

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=GATED, way=way) as proxy,
            proxy.client("2026-07-28") as client,
        ):
            await client.session.call_tool("remove", {"id": "4711"})
            request = desk.decide("approved")
            tokens.append("x" * 9_000)
            refused = await client.session.call_tool("remove", {"id": "4711"})
            tokens.append("no line\n of text")
            unread = await client.session.call_tool("remove", {"id": "4711"})
            state = desk.requests[request].state
            tokens.append("short")
            done = await client.session.call_tool("remove", {"id": "4711"})

            assert "in headers is too much" in told(refused)
            assert "token cannot be read" in told(unread)
            assert state == "approved"
            assert not done.is_error

    with recorded() as upstream:
        upstream.modern, upstream.schema = True, ID
        asyncio.run(main())
    assert upstream.ran() == ["remove"]


SERVER = """
const ran = []
const said = {
  "server/discover": () => ({ supportedVersions: ["2026-07-28"], capabilities: { tools: {} } }),
  "tools/list": () => ({ tools: [{ name: "remove", inputSchema: JSON.parse(process.argv[1]) }] }),
  "tools/call": (params) => { ran.push(params.arguments); return { content: [], structuredContent: { ran } } },
}
const server = require("http").createServer(async (request, answer) => {
  let text = ""
  for await (const piece of request) text += piece
  const { id, method, params } = JSON.parse(text)
  answer.setHeader("content-type", "application/json")
  const outcome = said[method]
    ? { result: { resultType: "complete", ...said[method](params) } }
    : { error: { code: -32601, message: "Method not found" } }
  answer.end(JSON.stringify({ jsonrpc: "2.0", id, ...outcome }))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
"""
"""A server of HTTP that nobody here wrote, with a tool that says what it has run."""


@contextmanager
def taking(octets: int) -> Iterator[str]:
    """Such a server, which takes heads of so many octets."""
    command = ["node", f"--max-http-header-size={octets}", "-e", SERVER, json.dumps(ID)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        finally:
            process.kill()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_server_that_takes_less_is_told_of_as_unknown_and_not_asked_again(tmp_path: Path) -> None:
    desk, long, short = Desk(), {"id": "x" * 5_000}, {"id": "4711"}

    async def way(catalog: Catalog) -> Connection:
        await asyncio.sleep(0)
        return Posted(url, lambda: "its own", catalog.stale)

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=GATED, way=way) as proxy,
            proxy.client("2026-07-28") as client,
        ):
            await client.session.call_tool("remove", long)
            desk.decide("approved")
            unknown = await client.session.call_tool("remove", long)
            again = await client.session.call_tool("remove", long)
            await client.session.call_tool("remove", short)
            desk.decide("approved")
            done = await client.session.call_tool("remove", short)

            # It answers 431, and closes so soon that not everybody gets to read it.
            assert "Whether it ran is not known. It is not repeated by itself" in told(unknown)
            assert "waits for people" in told(again)
            assert done.structured_content == {"ran": [short]}
            assert [each.state for each in desk.requests.values()] == ["used", "pending", "used"]

    with taking(3_000) as url:
        asyncio.run(main())
