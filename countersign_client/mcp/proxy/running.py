"""One run of an approved call: held against the tool as it is now, written down, claimed, sent, answered."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from mcp.shared.exceptions import MCPError

from countersign_client.applications.toolcalls import ToolCall
from countersign_client.mcp import saying
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.outcomes import Allowed
from countersign_client.mcp.proxy.catalog import Catalog, Undigested, definition
from countersign_client.mcp.proxy.errors import Answered, Lost, Unsent, UpstreamError
from countersign_client.mcp.proxy.journal import Journal
from countersign_client.mcp.proxy.messages import Told
from countersign_client.mcp.proxy.upstream import Upstream

_log = logging.getLogger(__name__)

RECEIPT = "countersign/receipt"
"""Where the receipt of an approval stands in `_meta`: of a result, and of a call where the upstream wants it."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the upstream's result or its error as it came, or a sentence why there is neither.

    `note` is what the journal has of it, until somebody was told.
    """

    note: str = ""
    result: Mapping[str, Any] | None = None
    error: Answered | None = None
    said: str = ""

    def answer(self) -> dict[str, Any]:
        """Return the result of the call, or one that says as an error why there is none. Raises the upstream's."""
        if self.error is not None:
            raise MCPError(code=self.error.code, message=str(self.error), data=self.error.data)
        if self.result is not None:
            return dict(self.result)
        return {"content": [{"type": "text", "text": self.said}], "isError": True}


class Running:
    """Runs approved calls. With `with_receipt` the upstream gets the proof as well."""

    def __init__(
        self, *, holding: Holding, upstream: Upstream, catalog: Catalog, opened: Journal, with_receipt: bool
    ) -> None:
        self._holding = holding
        self._upstream = upstream
        self._catalog = catalog
        self._journal = opened
        self._with_receipt = with_receipt

    async def run(self, named: str, request: str, call: ToolCall, told: Told | None) -> Ran:
        """Run it, once. `named` is the call's name in the journal, where its claim stays until it is answered."""
        try:
            run, schema = await self._as_approved(call)
        except UpstreamError as error:
            return _not(request, f"{error}. The approval is still there")
        note = self._journal.begin(named, request)
        if not note:
            return _not(request, "another proxy is about to run this very call")
        outcome = await self._holding.use(request, call)
        if not isinstance(outcome, Allowed):
            return Ran(note=note, said=saying.of(outcome))
        _log.info("%s was claimed: %s runs", outcome.request, call.name)
        return msgspec.structs.replace(await self._claimed(outcome, call, run, schema, told), note=note)

    async def _claimed(self, allowed: Allowed, call: ToolCall, run: int, schema: object, told: Told | None) -> Ran:
        try:
            return await self._sent(allowed, call, run, schema, told)
        except Unsent as error:
            return _not(allowed.request, f"{error}. The approval was used up by it: ask anew")
        except Answered as error:
            return Ran(error=error)
        except Lost as error:
            _log.error("%s: the outcome of %s is not known: %s", allowed.request, call.name, error)
            return Ran(
                said=f"{call.name} was approved ({allowed.request}) and sent once, and no answer came: {error}. "
                "Whether it ran is not known. It is not repeated by itself: look first what it did."
            )

    async def _as_approved(self, call: ToolCall) -> tuple[int, object]:
        """Return the upstream's run and the schema of the tool, which is what it was when it was asked for."""
        await self._upstream.met()
        run = self._upstream.runs
        listed = await self._catalog.fresh(run)
        if call.name in listed.twice or call.name not in listed.tools:
            raise Unsent(f"the upstream does not list one tool {call.name} any more")
        try:
            now = definition(listed.tools[call.name])
        except Undigested as error:
            raise Unsent(str(error)) from None
        if now != call.definition:
            raise Unsent(f"the upstream has changed what {call.name} is since it was asked for: ask for it anew")
        return run, listed.schema(call.name)

    async def _sent(self, allowed: Allowed, call: ToolCall, run: int, schema: object, told: Told | None) -> Ran:
        params: dict[str, Any] = {"name": call.name, "arguments": call.values}
        if self._with_receipt:
            params["_meta"] = {RECEIPT: allowed.receipt}
        result = await self._upstream.request(
            "tools/call", params, capabilities={}, schema=schema, told=told, of_run=run
        )
        if result.get("resultType", "complete") != "complete":
            raise Lost("it wants more than it was called with, which nobody approved")
        meta = result.get("_meta")
        return Ran(
            result={**result, "_meta": {**(meta if isinstance(meta, dict) else {}), RECEIPT: allowed.receipt}}
        )


def _not(request: str, why: str) -> Ran:
    _log.warning("%s: nothing has run: %s", request, why)
    return Ran(said=f"Nothing has run ({request}): {why}.")
