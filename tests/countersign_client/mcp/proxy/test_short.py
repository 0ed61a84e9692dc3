"""Over standard input and output every call is answered, however what answers it fails."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp_types import JSONRPCNotification, JSONRPCRequest

from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.forwarding import Forwarding
from countersign_client.mcp.proxy.short import Short
from tests.countersign_client.mcp.proxy.proxied import proxied
from tests.countersign_client.mcp.test_http import message


class Unforeseen:
    """A way to an upstream that fails as none should."""

    alive = True
    headed = True

    def untaken(self, _: Mapping[str, str]) -> None:
        """Takes whatever comes."""

    async def request(self, method: str, params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        raise ArithmeticError("with an argument in it: 4711")

    async def notify(self, method: str, params: Mapping[str, Any], **_: Any) -> None:
        """Never comes to it."""

    async def aclose(self) -> None:
        """There is nothing to end."""


def test_a_failure_that_nobody_foresaw_is_told_to_both(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> dict[str, Any]:
        answered = asyncio.get_running_loop().create_future()

        async def write(line: bytes) -> None:
            answered.set_result(json.loads(line))

        async def way(_: Catalog) -> Unforeseen:
            return Unforeseen()

        async with proxied(tmp_path, way=way) as proxy:
            forwarding = proxy.server.middleware[0]
            assert isinstance(forwarding, Forwarding)
            short = Short(forwarding)
            short.took(JSONRPCRequest(**message("server/discover")), write)
            short.took(JSONRPCRequest(**message("tools/call", name="remove", arguments={"id": "4711"})), write)
            found: dict[str, Any] = await asyncio.wait_for(answered, 10)
            return found

    said = asyncio.run(main())

    assert said["id"] == 7
    assert said["error"]["code"] == -32603
    assert "whether it ran is not known" in said["error"]["message"]
    assert "7 was not answered: ArithmeticError" in caplog.text
    assert "4711" not in f"{said}{caplog.text}"


def test_a_call_that_is_cancelled_before_it_begins_leaves_nothing_behind(tmp_path: Path) -> None:
    call = JSONRPCRequest(**message("tools/call", name="echo", arguments={}))
    over = JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params={"requestId": call.id})

    async def main() -> None:
        answers = asyncio.Queue[bytes]()
        async with proxied(tmp_path) as proxy:
            forwarding = proxy.server.middleware[0]
            assert isinstance(forwarding, Forwarding)
            short = Short(forwarding)
            short.took(JSONRPCRequest(**message("server/discover")), answers.put)
            assert short.took(call, answers.put)
            assert short.took(over, answers.put)
            await asyncio.sleep(0.05)

            assert not short.took(over, answers.put)
            assert short.took(call, answers.put)
            assert "result" in json.loads(await asyncio.wait_for(answers.get(), 10))
            assert [name for name, _, _ in proxy.ran()] == ["echo"]

    asyncio.run(main())
