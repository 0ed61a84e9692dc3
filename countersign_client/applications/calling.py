"""What an agent's client does beside all others: it asks for calls of tools. In a thread, and on an event loop."""

from abc import ABC, abstractmethod
from typing import TypeVar

from countersign_client.applications.answers import Asked
from countersign_client.applications.attempts import Work
from countersign_client.applications.core import Core
from countersign_client.applications.proof import Allowed
from countersign_client.applications.toolcalls import KnownTool, ToolCall
from countersign_client.applications.values import Person, person
from countersign_client.applications.wire import named

Result = TypeVar("Result")

WAIT = 300.0
"""Seconds that one waits where nothing else is said. The request itself waits for as long as the policy says."""


class CallsTools(ABC):
    """The calls of an agent's client. Every method raises as the client's others do."""

    _core: Core

    @abstractmethod
    def _run(self, work: Work[Result]) -> Result:
        """Carry work out."""

    def tools(self) -> tuple[KnownTool, ...]:
        """The tools that the policy gates for this agent, in its order. A tool that none of them fits it does not
        know.
        """
        return self._run(self._core.tools())

    def require_tool(
        self,
        call: ToolCall,
        *,
        on_behalf_of: Person,
        timeout: float = WAIT,
        reason: str = "",
        join: bool = True,
        idempotency_key: str = "",
    ) -> Allowed:
        """Ask, wait for the decision, and use it: the tool may be called now, once, with `parameters`.

        After `timeout` seconds without a decision it raises `errors.Pending`: ask for the same again, and with
        `join` it finds the request that waits.
        """
        by, who = named(idempotency_key), person(on_behalf_of)
        return self._run(
            self._core.require(call, who, reason=reason, timeout=timeout, withdraw=False, key=by, join=join)
        )

    def ask_tool(
        self,
        call: ToolCall,
        *,
        on_behalf_of: Person,
        reason: str = "",
        join: bool = True,
        idempotency_key: str = "",
    ) -> Asked:
        """Ask and return at once; with `join` it may be the request that stands for this very call already."""
        by = named(idempotency_key)
        return self._run(self._core.ask(call, person(on_behalf_of), reason=reason, key=by, join=join))

    def consume_tool(self, request: str, call: ToolCall, *, idempotency_key: str = "") -> Allowed:
        """Use an approval for this very call. The same `idempotency_key` gets the same again."""
        return self._run(self._core.consume(request, call, key=named(idempotency_key)))


class CallsToolsAsync(ABC):
    """The same on an event loop; a method of the same name does the same."""

    _core: Core

    @abstractmethod
    async def _run(self, work: Work[Result]) -> Result:
        """Carry work out."""

    async def tools(self) -> tuple[KnownTool, ...]:
        """The tools that the policy gates for this agent."""
        return await self._run(self._core.tools())

    async def require_tool(
        self,
        call: ToolCall,
        *,
        on_behalf_of: Person,
        timeout: float = WAIT,
        reason: str = "",
        join: bool = True,
        idempotency_key: str = "",
    ) -> Allowed:
        """Ask, wait for the decision, and use it."""
        by, who = named(idempotency_key), person(on_behalf_of)
        return await self._run(
            self._core.require(call, who, reason=reason, timeout=timeout, withdraw=False, key=by, join=join)
        )

    async def ask_tool(
        self,
        call: ToolCall,
        *,
        on_behalf_of: Person,
        reason: str = "",
        join: bool = True,
        idempotency_key: str = "",
    ) -> Asked:
        """Ask and return at once."""
        by = named(idempotency_key)
        return await self._run(self._core.ask(call, person(on_behalf_of), reason=reason, key=by, join=join))

    async def consume_tool(self, request: str, call: ToolCall, *, idempotency_key: str = "") -> Allowed:
        """Use an approval for this very call."""
        return await self._run(self._core.consume(request, call, key=named(idempotency_key)))
