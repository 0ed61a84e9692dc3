"""What an upstream wants mirrored in headers (`x-mcp-header`): done where it can be, else no approval is spent."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.posted import Posted
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import proxied
from tests.countersign_client.mcp.proxy.recorded import Recorded, recorded
from tests.countersign_client.mcp.proxy.test_held import META, told

GATED = (Gate(action="crm", server="crm", name="remove"),)
PASSING = (Gate(action="crm", server="crm", name="echo"),)

Does = Callable[[Client, Desk], Awaitable[None]]


def schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def mirrored(header: object, kind: str = "string") -> dict[str, Any]:
    return {"type": kind, "x-mcp-header": header}


MALFORMED: Sequence[dict[str, Any]] = [
    schema(id=mirrored("Two words")),
    schema(id=mirrored("Id\r\nAuthorization: Bearer other")),
    schema(id=mirrored("Kennung-é")),
    schema(id=mirrored("")),
    schema(id=mirrored(5)),
    schema(id=mirrored("Id", "number")),
    schema(id=mirrored("Id"), other=mirrored("ID")),
    schema(ids={"type": "array", "items": mirrored("Id")}),
]


async def before(upstream: Recorded, tmp_path: Path, gates: Sequence[Gate], desk: Desk, does: Does) -> None:
    """Do it with a client of a proxy of its own before this upstream."""

    async def way(catalog: Catalog) -> Connection:
        await asyncio.sleep(0)
        return Posted(upstream.url, lambda: "its own", catalog.stale)

    async with (
        proxied(tmp_path, desk=desk, gates=gates, way=way) as proxy,
        proxy.client("2026-07-28") as client,
    ):
        await does(client, desk)


def wanting(wanted: dict[str, Any], tmp_path: Path, gates: Sequence[Gate], does: Does) -> Recorded:
    """Do it before an upstream of the newest revision whose `remove` has this schema. What came there is kept."""
    with recorded() as upstream:
        upstream.modern, upstream.schema = True, wanted
        asyncio.run(before(upstream, tmp_path, gates, Desk(), does))
    return upstream


@pytest.mark.parametrize("wanted", MALFORMED)
def test_nobody_is_asked_for_what_could_not_be_sent(tmp_path: Path, wanted: dict[str, Any]) -> None:
    async def does(client: Client, desk: Desk) -> None:
        result = await client.session.call_tool("remove", {"id": "4711", "other": "a"})

        assert result.is_error
        assert "x-mcp-header" in told(result)
        assert not desk.requests

    assert wanting(wanted, tmp_path, GATED, does).ran() == []


@pytest.mark.parametrize("wanted", MALFORMED)
def test_of_a_call_that_passes_it_is_said_and_nothing_is_sent(tmp_path: Path, wanted: dict[str, Any]) -> None:
    async def does(client: Client, _: Desk) -> None:
        result = await client.session.call_tool("remove", {"id": "4711"})

        assert result.is_error
        assert "No result of remove" in told(result)
        assert "x-mcp-header" in told(result)

    assert wanting(wanted, tmp_path, PASSING, does).ran() == []


def test_what_was_approved_before_the_upstream_came_to_want_headers_keeps_its_approval(tmp_path: Path) -> None:
    desk = Desk()

    async def asks(client: Client, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        await raw("tools/call", {"name": "remove", "arguments": {"id": "4711"}, "_meta": META})
        desk.decide("approved")

    async def fetches(client: Client, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        (request,) = desk.requests
        done = await raw("tasks/get", {"taskId": request, "_meta": META})

        assert "Nothing has run" in done["result"]["content"][0]["text"]
        assert "x-mcp-header" in done["result"]["content"][0]["text"]
        assert desk.requests[request].state == "approved"

    with recorded() as upstream:
        upstream.schema = schema(id=mirrored("Two words"))
        asyncio.run(before(upstream, tmp_path, GATED, desk, asks))
        upstream.modern = True
        asyncio.run(before(upstream, tmp_path, GATED, desk, fetches))
    assert upstream.ran() == []


def test_what_can_be_mirrored_is_by_the_approved_arguments(tmp_path: Path) -> None:
    async def does(client: Client, desk: Desk) -> None:
        arguments = {"id": "4711 é", "count": 3}
        await client.session.call_tool("remove", arguments)
        desk.decide("approved")
        result = await client.session.call_tool("remove", arguments)

        assert not result.is_error

    upstream = wanting(schema(id=mirrored("Id"), count=mirrored("Count", "integer")), tmp_path, GATED, does)
    (sent,) = [each for each in upstream.headers if each.get("mcp-method") == "tools/call"]
    assert upstream.ran() == ["remove"]
    assert (sent["mcp-param-id"], sent["mcp-param-count"]) == ("=?base64?NDcxMSDDqQ==?=", "3")


def test_sessions_mirror_nothing_and_so_nothing_is_malformed(tmp_path: Path) -> None:
    async def does(client: Client, _: Desk) -> None:
        assert not (await client.session.call_tool("remove", {"id": "4711"})).is_error

    with recorded() as upstream:
        upstream.schema = schema(id=mirrored("Two words"))
        asyncio.run(before(upstream, tmp_path, PASSING, Desk(), does))
    assert upstream.ran() == ["remove"]


def test_over_pipes_there_are_no_headers_and_so_nothing_is_malformed(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            proxied(tmp_path, "modern", "mirrored", gates=PASSING) as proxy,
            proxy.client("2026-07-28") as client,
        ):
            assert not (await client.session.call_tool("mirrored", {"text": "half of \ud83d"})).is_error
            assert [name for name, _, _ in proxy.ran()] == ["mirrored"]

    asyncio.run(main())


def test_half_of_a_character_goes_in_no_header_and_is_said(tmp_path: Path) -> None:
    async def does(client: Client, _: Desk) -> None:
        result = await client.session.call_tool("remove", {"id": "\ud83d"})

        assert result.is_error
        assert "half of a character" in told(result)
        with pytest.raises(MCPError, match="half of a character"):
            await client.session._dispatcher.send_raw_request(
                "resources/read", {"uri": "file:///\ud83d", "_meta": META}
            )

    assert wanting(schema(id=mirrored("Id")), tmp_path, PASSING, does).ran() == []
