"""A server before a desk in memory, and whoever calls it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People
from countersign_client.mcp.server import server
from tests.countersign_client.mcp.desk import ALICE, Desk
from tests.support.mcp_clients import MODERN, called, client

WANTED: dict[str, Any] = {"server": "crm", "tool": "delete_account", "arguments": {"id": "4711", "cascade": True}}
Play = Callable[[Client], Awaitable[Any]]


class Office:
    """A server before a desk, and whoever calls it at the moment."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.who = ALICE
        self.restart()

    def restart(self) -> None:
        """Forget all that a process remembers."""
        self.server = server(
            version="1",
            gates=Gates(self.desk),
            holding=Holding(self.desk),
            callers=People(self.desk, lambda _: self.who),
            secret=b"s" * 32,
        )

    def play(self, play: Play, mode: str = MODERN, *, tasks: bool = False) -> Any:
        async def played() -> Any:
            async with client(self.server, mode, tasks=tasks) as connected:
                try:
                    return await play(connected)
                except MCPError as error:  # by itself, and in no group
                    return error

        found = asyncio.run(played())
        if isinstance(found, MCPError):
            raise found
        return found

    def call(self, name: str, mode: str = MODERN, **arguments: Any) -> CallToolResult:
        found = self.play(lambda connected: called(connected, name, **arguments), mode)
        assert isinstance(found, CallToolResult)
        return found

    def asked(self, **changes: Any) -> str:
        """The id of a request that was asked for."""
        return str(self.call("ask_approval", **WANTED | changes).structured_content["request"])


def outcome(result: CallToolResult) -> tuple[str, bool, bool]:
    """What it is, whether it may run, and whether it is an error."""
    said = result.structured_content
    return said["outcome"], said["may_run"], result.is_error
