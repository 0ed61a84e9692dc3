"""Clients of the Model Context Protocol, of both generations, and one that knows what a task is (SDK `mcp`)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal

from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult, Request, Result
from pydantic import ConfigDict, Field

TASKS = "io.modelcontextprotocol/tasks"
MODERN, LEGACY = "2026-07-28", "legacy"
GENERATIONS = (MODERN, LEGACY)


class Task(Result):
    """A call that became a task."""

    model_config = ConfigDict(extra="allow")

    result_type: Literal["task"] = Field(alias="resultType")
    task_id: str = Field(alias="taskId")
    status: str


class Whole(Result):
    """A result with all that it says."""

    model_config = ConfigDict(extra="allow")

    @property
    def said(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class AboutTask(Request[dict[str, Any], str]):
    """A call about a task; over HTTP a header names it as well."""

    name_param: ClassVar[str | None] = "taskId"


class KnowsTasks(ClientExtension):
    """Declares the extension, and leaves tasks to whoever made the call."""

    identifier = TASKS

    def claims(self) -> Sequence[ResultClaim[Any]]:
        async def resolve(_: Task, __: ClaimContext) -> CallToolResult:
            raise AssertionError("nobody waits by itself here")

        return (ResultClaim(result_type="task", model=Task, resolve=resolve),)


def client(server: Any, mode: str = MODERN, *, tasks: bool = False) -> Client:
    """A client that is to be entered. `server` is one of ours, an address, or how one is started."""
    return Client(server, mode=mode, extensions=[KnowsTasks()] if tasks else [])


async def about_task(client: Client, method: str, task: str, **more: Any) -> dict[str, Any]:
    """What a call such as `tasks/get` answers. Raises `MCPError`."""
    asked = AboutTask(method=method, params={"taskId": task, **more})
    return (await client.session.send_request(asked, Whole)).said


async def called(client: Client, name: str, **arguments: Any) -> CallToolResult | Task:
    """What a tool answers, or the task that its call became."""
    found = await client.session.call_tool(name, arguments, allow_claimed=True)
    assert isinstance(found, CallToolResult | Task)
    return found


@asynccontextmanager
async def over_http(url: str, token: str, mode: str = MODERN, *, tasks: bool = False) -> AsyncIterator[Client]:
    """A client of a server over HTTP, by somebody's token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        create_mcp_http_client(headers) as calls,
        client(streamable_http_client(url, http_client=calls), mode, tasks=tasks) as connected,
    ):
        yield connected
