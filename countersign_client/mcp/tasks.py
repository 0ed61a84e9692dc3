"""Tasks (extension `io.modelcontextprotocol/tasks`, revision 2026-07-28): a call whose answer is fetched later.

A task is a request: its id is the request's, and all that it says is read from there each time. So it is durable
before anybody hears of it, and a restart loses nothing. Whoever does not declare the extension on that very call
gets no task, and nobody hears of anybody else's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp_types import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    RequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from countersign_client.applications.answers import Asked
from countersign_client.applications.errors import NotAllowed
from countersign_client.applications.errors import Unreachable as NotReached
from countersign_client.errors import Unusable
from countersign_client.mcp import people, results, saying
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.kept import Kept
from countersign_client.mcp.outcomes import Refused, Unreachable
from countersign_client.mcp.people import Caller, People

EXTENSION = "io.modelcontextprotocol/tasks"
POLL = 5_000
"""Milliseconds between two questions of a client, as it is told."""

PATIENCE = 20.0
"""Seconds that a question waits for a call that runs."""

LASTING = 3_600.0
"""Seconds for which it is kept here what a call came to; less where later ones need the room."""

_UNKNOWN = "There is no such task, or it is somebody else's."

Finish = Callable[[Caller, Asked], Awaitable[CallToolResult]]
Stop = Callable[[Caller, Asked], None]
Context = ServerRequestContext[Any, Any]


class Unfinished(Exception):
    """Nothing has come of a task yet, and it works on. The text says why."""


class Cancelled(Exception):
    """A task was cancelled before anything of it began, and nothing will. The text says so."""


class TaskParams(RequestParams):
    """What every call about a task names."""

    task_id: str = Field(alias="taskId")


class Tasks:
    """Answers for the tasks of one server.

    `finish` does what is left of a request that is approved or used: it is called for the person whose request it
    is, and goes on though nobody waits. What it returned is kept for a while. Once that is gone it is called anew:
    of a request that it has finished, or whose approval it did not claim itself, it says so and does nothing. It
    may raise `MCPError`, `Unfinished` and `Cancelled`.

    `stop` is told of a task that is decided and was cancelled: what has not begun of it does not any more.
    """

    def __init__(self, people: People, holding: Holding, finish: Finish, stop: Stop = lambda _, __: None) -> None:
        self._people = people
        self._holding = holding
        self._finish = finish
        self._stop = stop
        self._runs: dict[str, asyncio.Task[dict[str, Any]]] = {}
        self._kept = Kept()

    def register(self, server: Server[Any]) -> None:
        """Have a server offer them."""
        server.extensions[EXTENSION] = {}
        server.add_request_handler("tasks/get", TaskParams, self._get)
        server.add_request_handler("tasks/update", TaskParams, self._update)
        server.add_request_handler("tasks/cancel", TaskParams, self._cancel)

    @staticmethod
    def declared(context: Context) -> bool:
        """Whether the client said on this very call that it knows what a task is."""
        said = context.session.client_capabilities
        return context.protocol_version in MODERN_PROTOCOL_VERSIONS and EXTENSION in (
            (said.extensions if said is not None else None) or {}
        )

    @staticmethod
    def created(asked: Asked) -> dict[str, Any]:
        """What a call is answered that became a task (`CreateTaskResult`)."""
        return {"resultType": "task", **_task(asked, "working", saying.pending(asked).said)}

    async def _get(self, context: Context, params: TaskParams) -> dict[str, Any]:
        caller, asked = await self._own(context, params)
        if asked.state == "pending":
            return _task(asked, "working", saying.pending(asked).said)
        if asked.state == "withdrawn":
            return _task(asked, "cancelled", saying.ended(asked).said)
        if asked.state in ("approved", "used"):
            return await self._finished(caller, asked)
        return _completed(asked, results.of(saying.ended(asked)))

    async def _update(self, context: Context, params: TaskParams) -> dict[str, Any]:
        """Nothing is ever asked of a client, so whatever it answers is passed over."""
        await self._own(context, params)
        return {}

    async def _cancel(self, context: Context, params: TaskParams) -> dict[str, Any]:
        """Withdraw what waits, and begin nothing of what is decided. What runs goes on, which may be told."""
        caller, asked = await self._own(context, params)
        if asked.state == "pending":
            asked = await self._withdrawn(asked)
        if asked.state in ("approved", "used"):
            self._stop(caller, asked)
        return {}

    async def _withdrawn(self, asked: Asked) -> Asked:
        """The request, withdrawn, or as somebody has decided it in that moment."""
        found = refused = await self._holding.withdraw(asked.id)
        if isinstance(refused, Refused):
            found = await self._holding.look(asked.id)
            if isinstance(found, Asked) and found.state == "pending":
                found = refused
        if not isinstance(found, Asked):
            raise MCPError(INTERNAL_ERROR, f"It may not be cancelled yet: cancel it again. {found.said}")
        return found

    async def _own(self, context: Context, params: TaskParams) -> tuple[Caller, Asked]:
        """Who calls, and their task. Somebody else's is unknown, as is what was never there."""
        _require_declared(context, self.declared(context))
        _require_named(context, params.task_id)
        try:
            caller = await self._people.of(context.request)
        except NotReached as error:
            raise MCPError(INTERNAL_ERROR, f"Countersign gives no answer: ask again. {error}") from error
        except (NotAllowed, Unusable) as error:
            raise MCPError(INVALID_PARAMS, _UNKNOWN) from error
        asked = await self._holding.look(params.task_id)
        if isinstance(asked, Unreachable):
            raise MCPError(INTERNAL_ERROR, f"Countersign gives no answer: ask again. {asked.said}")
        if isinstance(asked, Refused) or not people.is_for(asked, caller):
            raise MCPError(INVALID_PARAMS, _UNKNOWN)
        return caller, asked

    async def _finished(self, caller: Caller, asked: Asked) -> dict[str, Any]:
        if (kept := self._kept.of(asked.id)) is not None:
            return kept
        run = self._runs.get(asked.id)
        if run is None:
            run = self._runs[asked.id] = asyncio.create_task(self._ended(caller, asked))
            run.add_done_callback(lambda _: self._runs.pop(asked.id))
        # Whoever leaves, or asks no longer, ends no call that runs.
        await asyncio.wait({run}, timeout=PATIENCE)
        return run.result() if run.done() else _task(asked, "working", "It is approved, and runs.")

    async def _ended(self, caller: Caller, asked: Asked) -> dict[str, Any]:
        """What the task says from now on, for as long as it is kept."""
        try:
            said = await self._outcome(caller, asked)
        except (Unfinished, Cancelled) as error:
            return _task(asked, "working" if isinstance(error, Unfinished) else "cancelled", str(error))
        loop, until = asyncio.get_running_loop(), datetime.now(UTC) + timedelta(seconds=LASTING)
        said["ttlMs"] = _between(asked.filed, until.isoformat())
        self._kept.put(asked.id, said)
        loop.call_later(LASTING, self._kept.drop, asked.id)
        return said

    async def _outcome(self, caller: Caller, asked: Asked) -> dict[str, Any]:
        try:
            return _completed(asked, await self._finish(caller, asked))
        except (Unfinished, Cancelled):
            raise
        except MCPError as error:
            failed = error
        except Exception:  # noqa: BLE001 - whatever it is, whoever asks is answered
            failed = MCPError(INTERNAL_ERROR, "What finishes this call failed: whether it ran is not known.")
        said = failed.error.model_dump(by_alias=True, exclude_none=True)
        return _task(asked, "failed", str(failed)) | {"error": said}


def _require_declared(context: Context, declared: bool) -> None:  # noqa: FBT001 - one fact, one place
    if not declared:
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "Missing required client capability",
            data={"requiredCapabilities": {"extensions": {EXTENSION: {}}}},
        )


def _require_named(context: Context, task: str) -> None:
    """Over HTTP a header names the task as well, and the two agree."""
    if context.request is None:
        return
    if decode_header_value(context.request.headers.get(MCP_NAME_HEADER)) != task:
        raise MCPError(HEADER_MISMATCH, "Mcp-Name header does not match the request body's 'taskId' parameter")


def _completed(asked: Asked, result: CallToolResult) -> dict[str, Any]:
    said = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    return _task(asked, "completed", "") | {"result": said}


def _task(asked: Asked, status: str, said: str) -> dict[str, Any]:
    decided = str((asked.decision or {}).get("at") or asked.filed)
    last = asked.use_by or asked.expires
    return {
        "taskId": asked.id,
        "status": status,
        **({"statusMessage": said} if said else {}),
        "createdAt": asked.filed,
        "lastUpdatedAt": decided,
        "ttlMs": _between(asked.filed, last),
        "pollIntervalMs": POLL,
    }


def _between(begin: str, end: str) -> int | None:
    """Milliseconds; None where a time is missing."""
    try:
        return int((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() * 1000)
    except ValueError:
        return None
