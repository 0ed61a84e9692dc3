"""Which calls are one and the same, and which are another one that people are asked for by itself."""

from pathlib import Path
from typing import Any

from mcp import Client

from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import Proxied
from tests.countersign_client.mcp.proxy.test_held import told, trying


def test_one_call_however_its_numbers_and_members_are_written_and_no_other_one(tmp_path: Path) -> None:
    same = [
        {"n": 1, "in": {"x": 2, "y": [1.0]}, "k": "\u00e9"},
        {"k": "\u00e9", "in": {"y": [1], "x": 2.0}, "n": 1.0},
    ]
    others: list[dict[str, Any]] = [{"n": "1"}, {"n": True}, {"k": "e\u0301"}, {"in": {"x": 2, "y": 1}}, {"N": 1}]

    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        for each in same:
            await client.session.call_tool("remove", each)
        (request,) = desk.requests
        for change in others:
            await client.session.call_tool("remove", same[0] | change)
        desk.decide("approved", request)
        others_still = [await client.session.call_tool("remove", same[0] | change) for change in others]
        done = await client.session.call_tool("remove", same[1])
        again = await client.session.call_tool("remove", same[0])

        assert all("waits for people" in told(each) for each in others_still)
        assert not done.is_error
        assert again.is_error
        assert [given for _, given, _ in proxy.ran()] == [same[0]]
        assert len(desk.requests) == 2 + len(others)
