"""What passes: each method that is known goes to the upstream as it came, and every other one is denied."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND

from countersign_client.mcp.proxy import strict
from countersign_client.mcp.proxy.asking import Asking, Context, of_context
from countersign_client.mcp.proxy.catalog import Catalog, Listed
from countersign_client.mcp.proxy.errors import Answered, UpstreamError
from countersign_client.mcp.proxy.gates import Gated, Gates, Unknown
from countersign_client.mcp.proxy.messages import RECEIPT
from countersign_client.mcp.proxy.upstream import Upstream

_log = logging.getLogger(__name__)

LISTS = frozenset({"tools/list", "prompts/list", "resources/list", "resources/templates/list"})
PASSED = LISTS | {"prompts/get", "resources/read", "completion/complete"}
"""What goes to the upstream as it came. None of it runs a tool."""

_INTRODUCING = frozenset({"initialize", "server/discover"})
_OURS = frozenset({"ping", "tasks/get", "tasks/update", "tasks/cancel"})
_CAPABILITIES = ("tools", "prompts", "resources", "completions")
_CACHED = LISTS | {"resources/read", "server/discover"}
_MODERN = ("resultType", "ttlMs", "cacheScope")
_OF_A_CALL = frozenset({"name", "arguments", "_meta", "inputResponses", "requestState"})
_LONGEST = 60_000
"""Milliseconds for which a client may keep a list, at most: the policy may change, and so may the person."""

_LONGEST_NAME = 1_000
"""Characters of a tool's name: to compare it with those that are gated takes the square of its length at worst."""

Held = Callable[[Asking, str, Gated, Listed], Awaitable[dict[str, Any]]]
"""Answers a call of a gated tool: its name, its gate and the list that it stands in."""


class Forwarding:
    """Answers what a client asks, in the place of the SDK's own handlers."""

    def __init__(self, upstream: Upstream, catalog: Catalog, gates: Gates, held: Held) -> None:
        self._upstream = upstream
        self._catalog = catalog
        self._gates = gates
        self._held = held

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Answer one message of the SDK's; notifications have no answer, and none of them is passed on."""
        if ctx.request is None:
            # Over standard output JSON is written in ASCII, which has half of a character as it came.
            return await self._taken(ctx, call_next)
        try:
            result = await self._taken(ctx, call_next)
        except MCPError as error:
            said, data = strict.whole([str(error), error.error.data])
            raise MCPError(code=error.error.code, message=said, data=data) from None
        return strict.whole(result) if isinstance(result, dict) else result

    async def _taken(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        if ctx.request_id is None or ctx.method in _OURS:
            return await call_next(ctx)
        if ctx.method in _INTRODUCING:
            result = await call_next(ctx)
            return await self._introduced(of_context(ctx), result) if isinstance(result, dict) else result
        return await self.answer(of_context(ctx))

    async def answer(self, asking: Asking) -> dict[str, Any]:
        """Return the result. Raises `MCPError`, which is the client's as it is."""
        try:
            if asking.method == "tools/call":
                return await self._called(asking)
            if asking.method in PASSED:
                return shaped(asking, await self._passed(asking))
        except Answered as error:
            raise MCPError(code=error.code, message=str(error), data=error.data) from None
        except UpstreamError as error:
            _log.warning("%s: %s", asking.number, error)
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from None
        raise MCPError(code=METHOD_NOT_FOUND, message=f"countersign mcp-proxy passes no {asking.method[:60]}")

    async def _passed(self, asking: Asking, schema: object = None) -> dict[str, Any]:
        return await self._upstream.request(
            asking.method, asking.params, capabilities=asking.askable, schema=schema, told=asking.told
        )

    async def _called(self, asking: Asking) -> dict[str, Any]:
        name = _require_call(asking.params)
        try:
            gated = await self._gates.of(name)
            await self._upstream.met()
            listed = await self._catalog.with_name(name, self._upstream.runs)
            _require_listed(name, listed)
            await self._upstream.require_sendable(listed.schema(name))
            if gated is not None:
                arguments = asking.params.get("arguments") or {}
                await self._upstream.require_taken(name, arguments, listed.schema(name))
                return await self._held(asking, name, gated, listed)
            passed = asking._replace(params=_unproven(asking.params))
            return shaped(asking, _unproven(await self._passed(passed, listed.schema(name))))
        except Unknown as error:
            said = f"Nothing has run: {error}."
        except Answered:
            raise
        except UpstreamError as error:
            said = f"No result of {name}: {error}."
        _log.warning("%s: a call was answered with an error: %s", asking.number, said)
        return answered(asking, said)

    async def _introduced(self, asking: Asking, result: dict[str, Any]) -> dict[str, Any]:
        """Have the proxy say of itself what its upstream says, as far as it is passed."""
        try:
            met = await self._upstream.met()
        except UpstreamError as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from None
        offered: dict[str, Any] = {name: {} for name in _CAPABILITIES if name in met.capabilities}
        ours = result.get("capabilities") or {}
        result["capabilities"] = offered | ({"extensions": ours["extensions"]} if "extensions" in ours else {})
        if met.instructions is not None:
            result["instructions"] = met.instructions
        if asking.method == "initialize" and met.info:
            result["serverInfo"] = dict(met.info)
        return shaped(asking, result) if asking.method == "server/discover" else result


def shaped(asking: Asking, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result as the client's generation has it."""
    if not asking.modern:
        if result.get("resultType", "complete") != "complete":
            raise MCPError(code=INTERNAL_ERROR, message="the upstream's answer is none that this client knows")
        return {name: value for name, value in result.items() if name not in _MODERN}
    shaped = {"resultType": "complete", **result}
    if asking.method in _CACHED:
        kept = result.get("ttlMs", 0)
        whole = isinstance(kept, int) and not isinstance(kept, bool)
        shaped |= {"ttlMs": min(max(kept, 0), _LONGEST) if whole else 0, "cacheScope": "private"}
    return shaped


def answered(asking: Asking, said: str) -> dict[str, Any]:
    """Return the answer of a call that says, as an error that the agent reads, why there is no result."""
    result: dict[str, Any] = {"content": [{"type": "text", "text": said}], "isError": True}
    return {**result, "resultType": "complete"} if asking.modern else result


def _unproven(said: Mapping[str, Any]) -> dict[str, Any]:
    """A call that passes, or its result, without what only a gated one has: neither side can forge it."""
    meta = said.get("_meta")
    if not isinstance(meta, Mapping) or RECEIPT not in meta:
        return dict(said)
    return {**said, "_meta": {name: value for name, value in meta.items() if name != RECEIPT}}


def _require_call(params: Mapping[str, Any]) -> str:
    name, arguments = params.get("name"), params.get("arguments", {})
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        said = f"a call names its tool by a text of at most {_LONGEST_NAME:,} characters"
        raise MCPError(code=INVALID_PARAMS, message=said)
    if not isinstance(arguments, Mapping):
        raise MCPError(code=INVALID_PARAMS, message="the arguments of a call are an object")
    if unknown := sorted(params.keys() - _OF_A_CALL):
        raise MCPError(code=INVALID_PARAMS, message=f"a call has no member {unknown[0][:60]!r} here")
    return name


def _require_listed(name: str, listed: Listed) -> None:
    if name in listed.twice:
        raise MCPError(
            code=INVALID_PARAMS,
            message=f"the upstream lists {name[:100]!r} more than once, so nobody knows which one would run",
        )
    if name not in listed.tools:
        raise MCPError(code=INVALID_PARAMS, message=f"the upstream lists no tool that is called {name[:100]!r}")
