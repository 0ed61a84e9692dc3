"""A bad upstream, over pipes or over HTTP, is named to the agent and to the operator, and other calls go on."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from mcp import Client

from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.posted import Posted
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import proxied
from tests.countersign_client.mcp.proxy.recorded import recorded
from tests.countersign_client.mcp.proxy.test_held import told

SILENCE = 3.0
"""Seconds after which an upstream that says nothing is given up; others of its calls have to come within them."""

Does = Callable[[Client, Desk, Callable[[], list[str]]], Awaitable[None]]


def before(transport: str, tmp_path: Path, gated: str, does: Does, *, timeout: float = 20.0) -> None:
    """Do it with a client of a proxy before such an upstream, of which one tool is gated."""

    async def main() -> None:
        desk = Desk()
        with recorded() as upstream:

            async def posted(catalog: Catalog) -> Connection:
                await asyncio.sleep(0)
                return Posted(upstream.url, lambda: "its own", catalog.stale)

            way = posted if transport == "http" else None
            gates = [Gate(action="crm", server="crm", name=gated)]
            async with (
                proxied(tmp_path, "silently", desk=desk, gates=gates, timeout=timeout, way=way) as proxy,
                proxy.client("legacy") as client,
            ):
                ran = upstream.ran if way else lambda: [name for name, _, _ in proxy.ran()]
                await does(client, desk, ran)

    asyncio.run(main())


BAD = [
    ("double", 'the member "\\w+" stands twice'),
    ("huge", "a message of more than 4 MiB"),
    ("deep", "nested too deeply"),
    ("silent", f"did not answer within {SILENCE:g} seconds"),
    ("die", "ended before it answered|broke off"),
]


@pytest.mark.parametrize(("name", "why"), BAD)
@pytest.mark.parametrize("transport", ["pipes", "http"])
def test_of_a_gated_call_the_outcome_is_not_known_and_nothing_is_repeated(
    tmp_path: Path, transport: str, name: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "countersign_client")

    async def does(client: Client, desk: Desk, ran: Callable[[], list[str]]) -> None:
        await client.session.call_tool(name, {})
        request = desk.decide("approved")
        result = await client.session.call_tool(name, {})
        again = await client.session.call_tool(name, {})
        other = await client.session.call_tool("echo", {})

        assert result.is_error
        assert re.search(why, told(result))
        assert "Whether it ran is not known" in told(result)
        assert "waits for people" in told(again)
        assert not other.is_error
        assert ran() == [name, "echo"]
        assert re.search(f"{request}: the outcome of {name} is not known: .*({why})", caplog.text)

    before(transport, tmp_path, name, does, timeout=SILENCE if name == "silent" else 60.0)


@pytest.mark.parametrize(("name", "why"), BAD)
@pytest.mark.parametrize("transport", ["pipes", "http"])
def test_of_a_call_that_passes_both_are_told_why_there_is_no_result(
    tmp_path: Path, transport: str, name: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def does(client: Client, desk: Desk, ran: Callable[[], list[str]]) -> None:
        result = await client.session.call_tool(name, {"secret": "of nobody's"})
        other = await client.session.call_tool("echo", {})

        assert result.is_error
        assert re.search(f"No result of {name}: .*({why})", told(result))
        assert not other.is_error
        assert ran() == [name, "echo"]
        assert re.search(f"No result of {name}: .*({why})", caplog.text)
        assert "of nobody's" not in caplog.text

    before(transport, tmp_path, "remove", does, timeout=SILENCE if name == "silent" else 60.0)


@pytest.mark.parametrize("transport", ["pipes", "http"])
def test_a_tool_that_has_changed_is_named_to_both(
    tmp_path: Path, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def does(client: Client, desk: Desk, ran: Callable[[], list[str]]) -> None:
        await client.session.call_tool("remove", {})
        desk.decide("approved")
        await client.session.call_tool("change", {})
        result = await client.session.call_tool("remove", {})

        assert "has changed what remove is" in told(result)
        assert "has changed what remove is" in caplog.text
        assert ran() == ["change"]

    before(transport, tmp_path, "remove", does)
