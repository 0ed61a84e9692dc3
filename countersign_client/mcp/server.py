"""`countersign mcp`: a server by which an agent asks people for approval of a tool's call, and claims it.

It trusts the agent to ask, and holds nothing that the agent calls elsewhere.
"""

import asyncio
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

from countersign_client import shapes
from countersign_client.applications.answers import Asked
from countersign_client.applications.errors import NotAllowed
from countersign_client.applications.errors import Unreachable as NotReached
from countersign_client.applications.toolcalls import ToolCall, tool_call
from countersign_client.errors import Unusable
from countersign_client.mcp import people, results, saying
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import LONGEST, ROUND, Holding
from countersign_client.mcp.offered import INSTRUCTIONS, TOOLS
from countersign_client.mcp.outcomes import Outcome, Refused
from countersign_client.mcp.people import Caller, People
from countersign_client.mcp.tasks import Tasks

Context = ServerRequestContext[Any, Any]
Answer = CallToolResult | dict[str, Any]


class _Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: str


class _Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    server: str
    tool: str
    arguments: Mapping[str, Any]
    definition: Mapping[str, Any] | None = None


class _Ask(_Call, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: str = ""


class _Use(_Call, frozen=True, kw_only=True, forbid_unknown_fields=True):
    request: str


class _Refusal(Exception):
    """What is refused on the way."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(saying.of(outcome))
        self.outcome = outcome


def server(*, version: str, gates: Gates, holding: Holding, callers: People, secret: bytes) -> Server[Any]:
    """The server. `secret` is known to nobody but this application: keys of claims are made by it."""
    asking = _Asking(gates, holding, callers, secret)
    made: Server[Any] = Server(
        "countersign",
        title="Countersign",
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=_listed,
        on_call_tool=asking.call,  # type: ignore[arg-type]  # a task is an answer of the extension's
    )
    Tasks(callers, holding, asking.finish).register(made)
    return made


async def _listed(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=list(TOOLS), ttl_ms=3_600_000, cache_scope="public")


class _Asking:
    """Answers the calls of an agent."""

    def __init__(self, gates: Gates, holding: Holding, callers: People, secret: bytes) -> None:
        self._gates = gates
        self._holding = holding
        self._callers = callers
        self._secret = secret
        self._tools: Mapping[str, tuple[type, Callable[[Context, Any], Awaitable[Answer]]]] = {
            "list_gated_tools": (_Nothing, self._list),
            "ask_approval": (_Ask, self._ask),
            "check_approval": (_About, self._check),
            "use_approval": (_Use, self._use),
            "withdraw_approval": (_About, self._withdraw),
        }

    async def call(self, context: Context, params: CallToolRequestParams) -> Answer:
        """Answer one call. Whatever stands against it is an answer too, and means no."""
        if params.name not in self._tools:
            raise MCPError(INVALID_PARAMS, f"There is no tool {params.name[:100]!r} here.")
        kind, run = self._tools[params.name]
        try:
            async with asyncio.timeout(LONGEST):
                return await run(context, shapes.convert(params.arguments or {}, kind))
        except TimeoutError:
            return results.of(saying.silent("", f"{LONGEST:g} seconds are over."))
        except _Refusal as refusal:
            return results.of(refusal.outcome)
        except NotReached as error:
            return results.of(saying.unreachable(error))
        except NotAllowed as error:
            return results.of(saying.refused(error))
        except (msgspec.ValidationError, Unusable) as error:
            return results.of(saying.unusable(str(error)))

    async def finish(self, _: Caller, asked: Asked) -> CallToolResult:
        """What a task comes to: to ask claims nothing."""
        return results.standing(asked)

    async def _list(self, _: Context, __: _Nothing) -> Answer:
        return results.gated(await self._gates.all())

    async def _ask(self, context: Context, said: _Ask) -> Answer:
        caller, call = await self._callers.of(context.request), await self._call(said)
        task = Tasks.declared(context)
        found = await self._holding.ask(call, caller.person, reason=said.reason, wait=0.0 if task else ROUND)
        if not isinstance(found, Asked):
            return results.of(found)
        return Tasks.created(found) if task and found.state == "pending" else results.standing(found)

    async def _check(self, context: Context, said: _About) -> Answer:
        asked = await self._own(context, said.request)
        if asked.state == "used":
            return results.standing(asked)
        found = await self._holding.check(asked, wait=ROUND)
        return results.standing(found) if isinstance(found, Asked) else results.of(found)

    async def _use(self, context: Context, said: _Use) -> Answer:
        asked, call = await self._own(context, said.request), await self._call(said)
        if asked.state == "pending":
            return results.standing(asked)
        # The same call claims by the same key: whoever lost the answer gets the same receipt, and no second use.
        return results.of(await self._holding.use(asked.id, call, key=self._key(asked.id, call)))

    async def _withdraw(self, context: Context, said: _About) -> Answer:
        asked = await self._own(context, said.request)
        found = await self._holding.withdraw(asked.id)
        return results.withdrawn(found) if isinstance(found, Asked) else results.of(found)

    async def _own(self, context: Context, request: str) -> Asked:
        """A request of whoever calls. Another one's is not there."""
        caller, asked = await self._callers.of(context.request), await self._holding.look(request)
        if not isinstance(asked, Asked):
            raise _Refusal(asked)
        if not people.is_for(asked, caller):
            raise _Refusal(Refused(request="", code="not_found", said="There is no such request of yours."))
        return asked

    async def _call(self, said: _Call) -> ToolCall:
        """The call as it is asked for. Without a definition the tool's name stands for it."""
        rule = await self._gates.of(said.server, said.tool)
        if rule is None:
            raise _Refusal(saying.ungated(said.server, said.tool))
        definition = {"name": said.tool} if said.definition is None else said.definition
        return tool_call(
            rule.action, server=said.server, name=said.tool, definition=definition, arguments=said.arguments
        )

    def _key(self, request: str, call: ToolCall) -> str:
        text = "\n".join([request, call.server, call.name, call.definition, call.text])
        return urlsafe_b64encode(hmac.digest(self._secret, text.encode(), "sha256")).decode().rstrip("=")
