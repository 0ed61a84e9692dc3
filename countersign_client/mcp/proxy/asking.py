"""What a client asks for, whichever way it came."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CLIENT_CAPABILITIES_META_KEY, INVALID_PARAMS, RequestId
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from countersign_client.mcp.proxy.messages import Told
from countersign_client.mcp.tasks import EXTENSION

Context = ServerRequestContext[Any, Any]
Report = Callable[[float, float | None, str | None], Awaitable[None]]

_ASKABLE = ("elicitation", "sampling", "roots")


class Asking(NamedTuple):
    """One request of a client. `modern` is of revision 2026-07-28; `http` the HTTP request that it came with."""

    number: RequestId | None
    method: str
    params: Mapping[str, Any]
    modern: bool
    http: Any
    report: Report

    @property
    def meta(self) -> Mapping[str, Any]:
        """What it says beside its parameters."""
        return self.params.get("_meta") or {}

    @property
    def askable(self) -> dict[str, Any]:
        """What an upstream may ask the client for in its answer; nothing of extensions: they are ours to offer."""
        said = self._said
        return {name: said[name] for name in _ASKABLE if name in said}

    @property
    def takes_tasks(self) -> bool:
        """Whether the client said on this very request that it knows what a task is."""
        extensions = self._said.get("extensions")
        return self.modern and isinstance(extensions, Mapping) and EXTENSION in extensions

    @property
    def told(self) -> Told | None:
        """What passes news of its progress on to the client; None where it did not ask for them."""
        return self._progress if "progressToken" in self.meta else None

    @property
    def _said(self) -> Mapping[str, Any]:
        said = self.meta.get(CLIENT_CAPABILITIES_META_KEY)
        return said if isinstance(said, Mapping) else {}

    async def _progress(self, params: Mapping[str, Any]) -> None:
        progress, total, message = params.get("progress"), params.get("total"), params.get("message")
        if isinstance(progress, int | float):
            known = total if isinstance(total, int | float) else None
            await self.report(progress, known, message if isinstance(message, str) else None)


def asking(
    number: RequestId | None, method: str, params: object, *, modern: bool, http: Any, report: Report
) -> Asking:
    """Return a request whose parameters are an object, as is what it says beside them. Raises `MCPError`."""
    found = {} if params is None else params
    if not isinstance(found, Mapping) or not isinstance(found.get("_meta", {}), Mapping):
        raise MCPError(code=INVALID_PARAMS, message="the parameters and their _meta are objects")
    return Asking(number, method, found, modern, http, report)


def of_context(ctx: Context) -> Asking:
    """Return a request as the SDK has it."""
    return asking(
        ctx.request_id,
        ctx.method,
        ctx.params,
        modern=ctx.protocol_version in MODERN_PROTOCOL_VERSIONS,
        http=ctx.request,
        report=ctx.session.report_progress,
    )
