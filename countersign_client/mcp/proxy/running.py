"""One run of an approved call: held against the tool as it is now, written down, claimed, sent, answered."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from mcp.shared.exceptions import MCPError

from countersign_client.applications.toolcalls import ToolCall
from countersign_client.mcp import saying
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.outcomes import Allowed, Outcome, Refused
from countersign_client.mcp.proxy.catalog import Catalog, Undigested, definition
from countersign_client.mcp.proxy.errors import Answered, Lost, Unsent, UpstreamError
from countersign_client.mcp.proxy.journal import Journal
from countersign_client.mcp.proxy.messages import RECEIPT, Told
from countersign_client.mcp.proxy.runs import KEPT
from countersign_client.mcp.proxy.upstream import Upstream

_log = logging.getLogger(__name__)

_ANOTHER = "another proxy runs this very call, or what was written down of it here is gone"
_STOPPED = "it was cancelled, or nobody can read here whether it was. The same call again still uses the approval"
_UNWRITTEN = "nothing runs that cannot be written down here before"

_LATER = frozenset({"unauthorized", "pace", "conflict", "idempotency.running", "late", "unavailable"})
"""Refusals that say nothing of an earlier try of the same claim: it is made again by its key."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the upstream's result or its error as it came, or a sentence why there is neither.

    `note` is the key of what the journal has of it, until somebody was told. `is_over`: nothing ran, and the
    approval allows nothing any more. `is_open`: nobody knows yet what comes of it, and a later look may tell.
    """

    note: str = ""
    is_over: bool = False
    is_open: bool = False
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

    async def run(
        self,
        named: str,
        request: str,
        call: ToolCall,
        told: Told | None,
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Ran:
        """Run it, once. `named` is the call's name in the journal, where its claim stays until it is answered.

        A claim that was begun before and never sent goes on: by its key it is one use, also where its answer was
        lost. Nothing is claimed or sent any more once it is `stopped`; what was claimed waits for the same call.
        """
        try:
            await self._as_approved(call)
        except UpstreamError as error:
            left = "" if self._journal.opened(named) else ". The approval is still there"
            return _not(request, f"{error}{left}")
        if stopped():
            return _stopped(request)
        try:
            claim = self._journal.begin(named, request)
        except OSError as error:
            return _not(request, f"{_UNWRITTEN} ({error.strerror})")
        if claim is None:
            return _elsewhere(request)
        outcome = await self._holding.use(request, call, key=claim.key)
        if isinstance(outcome, Allowed):
            return await self._claimed(named, outcome, call, claim.key, told, stopped=stopped)
        return self._unclaimed(named, outcome, claim.key)

    def _unclaimed(self, named: str, outcome: Outcome, key: str) -> Ran:
        """Why there is no claim. Where nobody knows whether there is one, its key stays."""
        if not isinstance(outcome, Refused) or outcome.code in _LATER:
            return Ran(said=saying.of(outcome), is_open=True)
        self._journal.end(named, key)
        return Ran(said=saying.of(outcome), is_over=outcome.code != "used")

    async def _claimed(
        self,
        named: str,
        allowed: Allowed,
        call: ToolCall,
        key: str,
        told: Told | None,
        *,
        stopped: Callable[[], bool],
    ) -> Ran:
        """Send what is claimed, unless the tool has changed in the moment that the claim took."""
        try:
            run, schema = await self._as_approved(call)
        except UpstreamError as error:
            return msgspec.structs.replace(_unsent(allowed, error), note=key)
        if stopped():
            return _stopped(allowed.request)
        try:
            if not self._journal.sending(named, key):
                return _elsewhere(allowed.request)
        except OSError as error:
            return _not(allowed.request, f"{_UNWRITTEN} ({error.strerror})")
        _log.info("%s was claimed: %s runs", allowed.request, call.name)
        try:
            return msgspec.structs.replace(await self._told(allowed, call, run, schema, told), note=key)
        finally:
            # Whoever comes for it has its answer from here, and no other proxy says that it is not known.
            asyncio.get_running_loop().call_later(KEPT, self._journal.let_go, key)

    async def _told(self, allowed: Allowed, call: ToolCall, run: int, schema: object, told: Told | None) -> Ran:
        """Send it, and say what came of it."""
        try:
            return await self._sent(allowed, call, run, schema, told)
        except Unsent as error:
            return _unsent(allowed, error)
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
        schema = listed.schema(call.name)
        await self._upstream.require_sendable(schema)
        await self._upstream.require_taken(call.name, call.values, schema)
        return run, schema

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
        kept = meta if isinstance(meta, dict) else {}
        return Ran(result={**result, "_meta": {**kept, RECEIPT: allowed.receipt}})


def _unsent(allowed: Allowed, error: UpstreamError) -> Ran:
    """It was claimed, and nothing of it reached the upstream."""
    return _not(allowed.request, f"{error}. It was claimed and not sent, so that approval is used up: ask anew")


def _elsewhere(request: str) -> Ran:
    return msgspec.structs.replace(_not(request, _ANOTHER), is_open=True)


def _stopped(request: str) -> Ran:
    return msgspec.structs.replace(_not(request, _STOPPED), is_open=True)


def _not(request: str, why: str) -> Ran:
    _log.warning("%s: nothing has run: %s", request, why)
    return Ran(said=f"Nothing has run ({request}): {why}.")
