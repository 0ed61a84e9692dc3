"""Before servers that nobody here wrote: they answer through the proxy as without it, but for what is gated.

Runs where `MCP_SERVERS` names a folder with these in it: `npm install @modelcontextprotocol/server-everything
@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-memory`, and `mcp-server-time` in its `venv`.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mcp import Client, StdioServerParameters

from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.messages import RECEIPT
from countersign_client.mcp.proxy.piped import Piped, environment
from countersign_client.mcp.proxy.posted import Posted
from demo.ports import free_port
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import GENERATIONS, proxied

INSTALLED = os.environ.get("MCP_SERVERS", "")
pytestmark = pytest.mark.skipif(not INSTALLED, reason="MCP_SERVERS names no folder with published servers in it")

MODULES = Path(INSTALLED) / "node_modules" / "@modelcontextprotocol"


class Published(NamedTuple):
    """A server, a tool of it that passes with arguments, and one that is gated with arguments."""

    command: Sequence[str]
    passing: tuple[str, Mapping[str, Any]]
    gated: tuple[str, Mapping[str, Any]]


def published(name: str, folder: Path) -> Published:
    """The server of a name. What it may touch is in the folder."""
    script = str(MODULES / f"server-{name}" / "dist" / "index.js")
    kept = str(folder / "kept.json")
    entity = {"name": "Bob", "entityType": "person", "observations": ["is asked"]}
    return {
        "everything": Published(
            ["node", script, "stdio"], ("echo", {"message": "hello"}), ("get-sum", {"a": 2, "b": 3})
        ),
        "filesystem": Published(
            ["node", script, str(folder)],
            ("list_directory", {"path": str(folder)}),
            ("write_file", {"path": str(folder / "written"), "content": "approved"}),
        ),
        "memory": Published(
            ["env", f"MEMORY_FILE_PATH={kept}", "node", script],
            ("read_graph", {}),
            ("create_entities", {"entities": [entity]}),
        ),
        "time": Published(
            [str(Path(INSTALLED) / "venv" / "bin" / "mcp-server-time")],
            ("convert_time", {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}),
            ("get_current_time", {"timezone": "UTC"}),
        ),
    }[name]


async def looked_at(client: Client, name: str, arguments: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """What a client sees: the tools, a call's content, and what the call answers beside it."""
    tools = (await client.session.list_tools()).tools
    result = await client.session.call_tool(name, dict(arguments))
    return tools, result.content, result.structured_content


async def is_held(client: Client, desk: Desk, name: str, arguments: Mapping[str, Any], effect: Path) -> None:
    """A gated call has no effect until it is approved, and one then."""
    waiting = await client.session.call_tool(name, dict(arguments))
    before = effect.exists()
    desk.decide("approved")
    done = await client.session.call_tool(name, dict(arguments))
    again = await client.session.call_tool(name, dict(arguments))

    assert waiting.is_error
    assert not before
    assert not done.is_error
    assert RECEIPT in (done.meta or {})
    assert again.is_error


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", ["everything", "filesystem", "memory", "time"])
def test_a_published_program_answers_as_without_the_proxy_but_for_what_is_gated(
    tmp_path: Path, name: str, generation: str
) -> None:
    server, desk = published(name, tmp_path / "touched"), Desk()
    (tmp_path / "touched").mkdir()
    effect = {"filesystem": tmp_path / "touched" / "written", "memory": tmp_path / "touched" / "kept.json"}
    env = environment(os.environ, {})

    async def started(catalog: Catalog) -> Connection:
        return await Piped.started(server.command, env, catalog.stale)

    async def main() -> None:
        program = StdioServerParameters(command=server.command[0], args=list(server.command[1:]))
        async with Client(program, cache=None) as direct:
            plain = await looked_at(direct, *server.passing)
        gates = (Gate(action="gated", server="crm", name=server.gated[0]),)
        async with (
            proxied(tmp_path, gates=gates, desk=desk, way=started) as proxy,
            proxy.client(generation) as client,
        ):
            assert await looked_at(client, *server.passing) == plain
            await is_held(client, desk, *server.gated, effect.get(name, tmp_path / "nothing"))

    asyncio.run(main())

    assert name not in effect or effect[name].exists()


@contextlib.asynccontextmanager
async def everything_over_http() -> AsyncIterator[str]:
    """The server that shows everything, at an address."""
    port = free_port()
    script = str(MODULES / "server-everything" / "dist" / "index.js")
    process = await asyncio.create_subprocess_exec(
        "node", script, "streamableHttp", env={**os.environ, "PORT": str(port)}, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            while b"listening" not in (line := await process.stderr.readline()):
                sys.stderr.write(line.decode())
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_published_server_over_http_answers_as_without_the_proxy_but_for_what_is_gated(
    tmp_path: Path, generation: str
) -> None:
    server, desk = published("everything", tmp_path), Desk()

    async def main() -> None:
        async with everything_over_http() as address:

            async def reached(catalog: Catalog) -> Connection:
                return Posted(address, lambda: "", catalog.stale)

            async with Client(address, cache=None) as direct:
                plain = await looked_at(direct, *server.passing)
            gates = (Gate(action="gated", server="crm", name=server.gated[0]),)
            async with (
                proxied(tmp_path, gates=gates, desk=desk, way=reached) as proxy,
                proxy.client(generation) as client,
            ):
                assert await looked_at(client, *server.passing) == plain
                await is_held(client, desk, *server.gated, tmp_path / "nothing")

    asyncio.run(main())
