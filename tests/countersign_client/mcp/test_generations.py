"""Every revision of the protocol that began with a handshake is served, by a session written by hand."""

import asyncio
from typing import Any

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCRequest

from tests.countersign_client.mcp.offices import WANTED, Office

VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")


async def session(office: Office, version: str) -> list[dict[str, Any]]:
    """What a session of a revision is answered: to its handshake, the list of tools, a call, and a task of it."""
    to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    answers: list[dict[str, Any]] = []

    async def ask(number: int, method: str, **params: Any) -> None:
        asked = JSONRPCRequest(jsonrpc="2.0", id=number, method=method, params=params)
        await to_server.send(SessionMessage(asked))
        answers.append((await from_server.receive()).message.model_dump(by_alias=True, exclude_unset=True))

    async with anyio.create_task_group() as group:
        server = office.server
        group.start_soon(server.run, incoming, outgoing, server.create_initialization_options())
        known: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
        about = {"name": "by hand", "version": "1"}
        await ask(1, "initialize", protocolVersion=version, capabilities=known, clientInfo=about)
        said = JSONRPCNotification(jsonrpc="2.0", method="notifications/initialized")
        await to_server.send(SessionMessage(said))
        await ask(2, "tools/list")
        await ask(3, "tools/call", name="ask_approval", arguments=WANTED)
        await ask(4, "tasks/get", taskId=list(office.desk.requests)[-1])
        await to_server.aclose()
    from_server.close()
    return answers


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_each_revision_asks_and_gets_no_task(version: str) -> None:
    office = Office()

    hello, listed, asked, task = asyncio.run(session(office, version))

    assert hello["result"]["protocolVersion"] == version
    assert len(listed["result"]["tools"]) == 5
    assert "waits for people. Waits for Bob. They decide at " in asked["result"]["content"][0]["text"]
    assert "taskId" not in asked["result"]
    assert task["error"]["code"] == -32021
