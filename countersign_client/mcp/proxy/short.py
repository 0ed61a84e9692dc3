"""The short way over standard input and output: a call that passes goes by no session of the SDK."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    INTERNAL_ERROR,
    PROTOCOL_VERSION_META_KEY,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    RequestId,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from countersign_client.mcp.proxy import strict
from countersign_client.mcp.proxy.asking import asking
from countersign_client.mcp.proxy.forwarding import Forwarding

_log = logging.getLogger(__name__)

Write = Callable[[bytes], Awaitable[None]]

_FAILED = "What answers this call failed: whether it ran is not known."


class Short:
    """Answers calls of tools once a connection has begun. The SDK does everything else, and decides what it is."""

    def __init__(self, forwarding: Forwarding) -> None:
        self._forwarding = forwarding
        self._modern: bool | None = None
        self._begun = False
        self._running: dict[RequestId, asyncio.Task[None]] = {}

    def took(self, message: JSONRPCMessage, write: Write) -> bool:
        """Return whether a message is answered here, or was one about what is."""
        if isinstance(message, JSONRPCNotification):
            return self._noticed(message)
        if not isinstance(message, JSONRPCRequest):
            return False
        if not self._begun:
            self._begin(message)
            return False
        if message.method != "tools/call" or message.id in self._running:
            return False
        if _is_modern(message.params) != self._modern:
            return False
        task = asyncio.create_task(self._answer(message, write))
        self._running[message.id] = task
        # One that is cancelled before it begins comes to no `finally`.
        task.add_done_callback(lambda _: self._running.pop(message.id))
        return True

    def over(self) -> None:
        """End what is under way: the client has left."""
        for task in self._running.values():
            task.cancel()

    def _begin(self, request: JSONRPCRequest) -> None:
        # The first request decides for the whole connection, as it does for the SDK.
        if self._modern is None:
            self._modern = request.method != "initialize" and _is_modern(request.params)
            self._begun = self._modern

    def _noticed(self, told: JSONRPCNotification) -> bool:
        if told.method == "notifications/initialized" and self._modern is False:
            self._begun = True
        if told.method != "notifications/cancelled":
            return False
        number = (told.params or {}).get("requestId")
        task = self._running.get(number) if isinstance(number, int | str) else None
        if task is None:
            return False
        task.cancel()
        return True

    async def _answer(self, request: JSONRPCRequest, write: Write) -> None:
        async def report(progress: float, total: float | None, message: str | None) -> None:
            await write(_progress(request.params, progress, total, message))

        try:
            asked = asking(
                request.id, request.method, request.params, modern=bool(self._modern), http=None, report=report
            )
            outcome: dict[str, Any] = {"result": await self._forwarding.answer(asked)}
        except MCPError as error:
            outcome = {"error": error.error.model_dump(exclude_none=True)}
        except Exception as error:  # noqa: BLE001 - whoever called waits for an answer, whatever it is
            # What it says may hold arguments.
            _log.error("%s was not answered: %s", request.id, type(error).__name__)
            outcome = {"error": {"code": INTERNAL_ERROR, "message": _FAILED}}
        await write(_written(request.id, outcome))


def _written(number: RequestId, outcome: Mapping[str, Any]) -> bytes:
    try:
        return strict.written({"jsonrpc": "2.0", "id": number, **outcome}) + b"\n"
    except strict.Unfit as error:
        said = {"code": INTERNAL_ERROR, "message": f"the upstream's answer cannot be passed on: {error}"}
        return strict.written({"jsonrpc": "2.0", "id": number, "error": said}) + b"\n"


def _progress(params: object, progress: float, total: float | None, message: str | None) -> bytes:
    token = params["_meta"]["progressToken"]  # type: ignore[index]
    told = {"progressToken": token, "progress": progress, "total": total, "message": message}
    kept = {name: value for name, value in told.items() if value is not None}
    return strict.written({"jsonrpc": "2.0", "method": "notifications/progress", "params": kept}) + b"\n"


def _is_modern(params: object) -> bool:
    meta = params.get("_meta") if isinstance(params, dict) else None
    if not isinstance(meta, dict) or not isinstance(meta.get(CLIENT_CAPABILITIES_META_KEY), dict):
        return False
    return meta.get(PROTOCOL_VERSION_META_KEY) in MODERN_PROTOCOL_VERSIONS
