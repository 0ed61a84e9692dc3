"""One agent may stand behind several proxies, and an approval is for the server that it was asked for."""

import asyncio
from pathlib import Path

import pytest

from countersign_client.applications.toolcalls import tool_call
from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.tasks import EXTENSION
from tests.countersign_client.mcp.desk import ALICE, Desk
from tests.countersign_client.mcp.proxy.proxied import proxied

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}},
}


@pytest.mark.parametrize("server", ["crm-staging", "CRM"])
def test_what_was_approved_for_another_server_does_not_run_on_this_one(tmp_path: Path, server: str) -> None:
    async def main() -> None:
        gates, desk = (Gate(action="crm", server="crm", name="*"),), Desk()
        async with proxied(tmp_path, gates=gates, desk=desk) as proxy, proxy.client("2026-07-28") as client:
            raw = client.session._dispatcher.send_raw_request
            listed = await raw("tools/list", {"_meta": META})
            remove = next(each for each in listed["tools"] if each["name"] == "remove")
            elsewhere = tool_call("crm", server=server, name="remove", definition=remove, arguments={"id": "4711"})
            asked = await desk.ask_tool(elsewhere, on_behalf_of=ALICE)
            desk.decide("approved")
            done = await raw("tasks/get", {"taskId": asked.id, "_meta": META})

            assert done["result"]["isError"]
            assert f"is for a tool of {server}, and this is crm" in done["result"]["content"][0]["text"]
            assert proxy.ran() == []
            assert desk.requests[asked.id].state == "approved"

    asyncio.run(main())
