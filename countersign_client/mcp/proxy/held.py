"""A call of a gated tool: held until people decide, claimed, run once by what they approved, and answered once."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult

from countersign_client.applications.answers import Asked
from countersign_client.applications.errors import NotAllowed
from countersign_client.applications.toolcalls import ToolCall, tool_call
from countersign_client.errors import Unusable
from countersign_client.mcp import saying
from countersign_client.mcp.calls import call_of
from countersign_client.mcp.holding import ROUND, Holding
from countersign_client.mcp.people import Caller, People
from countersign_client.mcp.proxy import exactly, gone, journal, strict
from countersign_client.mcp.proxy.asking import Asking
from countersign_client.mcp.proxy.catalog import Listed, Undigested, definition
from countersign_client.mcp.proxy.ends import End, Ends
from countersign_client.mcp.proxy.forwarding import answered, shaped
from countersign_client.mcp.proxy.gates import Gated
from countersign_client.mcp.proxy.journal import Journal
from countersign_client.mcp.proxy.messages import Told
from countersign_client.mcp.proxy.running import Ran, Running
from countersign_client.mcp.proxy.runs import Runs
from countersign_client.mcp.tasks import Tasks, Unfinished

_log = logging.getLogger(__name__)

_ENDING = 5.0
"""Seconds that calls which run have for their answer when the proxy ends."""

_LATER = "Once it is over, look what it did; the same call asks for a new approval then."

_USED = (
    f"It was approved and used before, and its answer is not kept here: whether it ran is not known. {gone.AGAIN}"
)

_BUSY = "Nothing has run by this task yet: the same call runs as {request}."

_ERASED = "Nothing has run: what was asked for is not kept any more."

_UNCANCELLED = "It is not cancelled, for that cannot be written down here ({why}): cancel it again."

_UNREAD = "Whether this task has ended cannot be read here ({why}): ask again."

_TELLING = 1.0
"""Seconds within which an answer has left this program."""

_BOUND = frozenset({"name", "arguments", "_meta"})


class Held:
    """Answers calls of gated tools of one server, `server` being its name in the policy.

    `agent` names the application and the Countersign that it asks: what others have noted is nothing to it.
    """

    def __init__(
        self,
        *,
        server: str,
        agent: str,
        people: People,
        holding: Holding,
        running: Running,
        opened: Journal,
        ends: Ends,
    ) -> None:
        self._server, self._agent = server, agent
        self._people = people
        self._holding = holding
        self._running = running
        self._journal = opened
        self._ends = ends
        self._runs: Runs[Ran] = Runs()
        self._forgetting: dict[str, tuple[asyncio.TimerHandle, str]] = {}

    async def __call__(self, asking: Asking, name: str, gated: Gated, listed: Listed) -> dict[str, Any]:
        """Answer a call, within half a minute: with its result, or with why there is none, or none yet."""
        try:
            return shaped(asking, await self._answer(asking, self._call(asking, name, gated, listed)))
        except (Unusable, NotAllowed) as error:
            _log.warning("%s: a call of %s was not asked for", asking.number, name)
            return answered(asking, f"Nothing has run. {error}")

    async def finish(self, caller: Caller, asked: Asked) -> CallToolResult:
        """Do what is left of a task, once. One that was used, and not by us just now, is told of, not repeated.

        How it ends is written down before anybody is told: no later run of this program begins it again.
        """
        call = call_of(asked)
        if call is None:
            return _result(_USED if asked.state == "used" else _ERASED)
        if call.server != self._server:
            # An agent may stand behind several proxies, whose upstreams may have the very same tool.
            return _result(
                f"Nothing has run here: {asked.id} is for a tool of {call.server}, and this is {self._server}."
            )
        named = self._named(caller, call)
        if (end := self._end(asked.id)) is not None:
            return _result(gone.said(end, unsent=self._is_unsent(named, asked)))
        try:
            ran = await self._left(named, asked, call)
            result = _typed(ran)
        except Exception:
            self._ends.put(asked.id, "failed")
            raise
        if ran.result is None and (end := self._end(asked.id)) is not None:
            return _result(gone.said(end, unsent=self._is_unsent(named, asked)))
        if ran.is_open:
            raise Unfinished(ran.said)
        self._ends.put(asked.id, "told" if ran.result is None else "answered")
        return result

    def stop(self, caller: Caller, asked: Asked) -> None:
        """Begin nothing of a task that was cancelled, unless its call was sent before."""
        call = call_of(asked)
        if call is None or call.server != self._server:
            return
        try:
            if self._ends.of(asked.id) is None and self._is_unsent(self._named(caller, call), asked):
                self._ends.cancel(asked.id)
        except OSError as error:
            raise MCPError(INTERNAL_ERROR, _UNCANCELLED.format(why=error.strerror)) from error

    def _end(self, task: str) -> End | None:
        try:
            return self._ends.of(task)
        except OSError as error:
            raise Unfinished(_UNREAD.format(why=error.strerror)) from error

    async def _left(self, named: str, asked: Asked, call: ToolCall) -> Ran:
        """Go on with this request. What another one for the same call has open, or runs, is not its own."""
        stopped = partial(self._is_cancelled, asked.id)
        if not self._runs.has(named) and not self._is_anothers(named, asked):
            before = await self._before(named, call, None, stopped)
            if before is not None:
                return before
        running = self._runs.request(named)
        if running != asked.id and asked.state == "used":
            return Ran(said=_USED)
        if running not in (None, asked.id):
            return Ran(said=_BUSY.format(request=running), is_open=True)
        return await self._once(named, asked.id, call, None, stopped)

    def _is_anothers(self, named: str, asked: Asked) -> bool:
        """Whether what is written down of this call is another request's, and keeps nothing of this one up."""
        claim = self._journal.opened(named)
        if claim is None or claim.request in ("", asked.id):
            return False
        return not claim.sent or asked.state == "used"

    def _is_unsent(self, named: str, asked: Asked) -> bool:
        """Whether nothing of this approval was sent from here, and it can be yet."""
        claim = self._journal.opened(named)
        if claim is not None and claim.request == asked.id:
            return not claim.sent
        return asked.state == "approved"

    async def aclose(self, seconds: float = _ENDING) -> None:
        """Give calls that run a moment for their answer."""
        await self._runs.aclose(seconds)
        for note, (timer, named) in self._forgetting.items():
            timer.cancel()
            self._journal.end(named, note)
        self._journal.close()

    def _call(self, asking: Asking, name: str, gated: Gated, listed: Listed) -> ToolCall:
        if not gated.action:
            raise Unusable(
                f"Policy gates tools of such a name, and no action of it is for {name!r} as it is spelt."
            )
        if unbound := sorted(asking.params.keys() - _BOUND):
            raise MCPError(
                code=INVALID_PARAMS,
                message=f"{unbound[0]} of a call that needs an approval is bound by none: call without it",
            )
        arguments = asking.params.get("arguments") or {}
        if (unfit := exactly.unfit(arguments)) is not None:
            raise Unusable(f"{unfit} Write it as a text, or leave it out.")
        try:
            digest = definition(listed.tools[name])
        except Undigested as error:
            raise Unusable(f"{name} cannot be approved: {error}.") from None
        return tool_call(gated.action, server=self._server, name=name, definition=digest, arguments=arguments)

    def _named(self, caller: Caller, call: ToolCall) -> str:
        said = {"agent": self._agent, "server": call.server, "tool": call.name, "arguments": call.text}
        return journal.name_of(caller.principal, said)

    async def _answer(self, asking: Asking, call: ToolCall) -> dict[str, Any]:
        caller = await self._people.of(asking.http)
        named = self._named(caller, call)
        if self._runs.has(named):
            return (await self._once(named, "", call, None)).answer()
        if (before := await self._before(named, call, asking.told)) is not None:
            return before.answer()
        as_task = asking.takes_tasks
        asked = await self._holding.ask(call, caller.person, wait=0.0 if as_task else ROUND)
        if isinstance(asked, Asked) and asked.state == "approved":
            return (await self._once(named, asked.id, call, asking.told)).answer()
        if isinstance(asked, Asked):
            _log.info("%s: %s waits for people as %s", asking.number, call.name, asked.id)
            return Tasks.created(asked) if as_task else answered(asking, saying.pending(asked).said)
        _log.info("%s: %s does not run: %s", asking.number, call.name, asked.request or "it was not asked for")
        return answered(asking, saying.of(asked))

    def _is_cancelled(self, task: str) -> bool:
        try:
            end = self._ends.of(task)
        except OSError:
            return True  # Nobody knows that it was not, so nothing is sent.
        return end is not None and end.how == "cancelled"

    async def _once(
        self,
        named: str,
        request: str,
        call: ToolCall,
        told: Told | None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Ran:
        """Run it where it does not run yet. It goes on though whoever called left; the next one learns of it."""
        run = partial(self._running.run, named, request, call, told, stopped=stopped)
        ran = await self._runs.of(named, run, request=request)
        self._forget_soon(named, ran.note)
        return ran

    def _forget_soon(self, named: str, note: str) -> None:
        """Take the note away, but not before the answer is on its way: who is killed till then told nobody."""

        def forget() -> None:
            self._forgetting.pop(note, None)
            self._journal.end(named, note)

        if note:
            self._forgetting[note] = asyncio.get_running_loop().call_later(_TELLING, forget), named

    async def _before(
        self,
        named: str,
        call: ToolCall,
        told: Told | None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Ran | None:
        """What became of an earlier claim of this very call that was never answered; None where there is none.

        One that was never sent goes on. Of one that was, it is said once that nobody knows what came of it.
        """
        before = self._journal.opened(named)
        if before is None:
            return None
        if before.key in self._forgetting:
            self._journal.end(named, before.key)  # It was answered a moment ago.
            return None
        if not before.sent:
            ran = await self._once(named, before.request, call, told, stopped)
            return None if ran.is_over else ran
        found = self._journal.take_over(named, before.key)
        if found == "gone":
            return None
        if found == "kept":
            return Ran(
                said="Nothing has run here: another proxy on this machine has made this very call "
                f"({before.request}, {before.at}), whose answer is for whoever called there. {_LATER}",
                is_open=True,
            )
        _log.warning("%s was used at %s, and nobody knows what came of it", before.request, before.at)
        return Ran(
            said=f"This very call was approved and used before ({before.request or 'unreadable'}, {before.at}), "
            f"and no answer of it came: whether it ran is not known. It is not repeated by itself. {gone.AGAIN}"
        )


def _result(said: str) -> CallToolResult:
    return _typed(Ran(said=said))


def _typed(ran: Ran) -> CallToolResult:
    return CallToolResult.model_validate(strict.whole(ran.answer()))
