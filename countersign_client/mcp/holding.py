"""A tool's call that is held: asked for, waited for in a round, claimed, and never run on anything but a receipt.

A round ends before the most hurried client gives up (thirty seconds), and loses nothing: whoever makes the same
call again joins the request that waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol, TypeVar

from countersign_client.applications import errors, refusals
from countersign_client.applications.answers import Asked
from countersign_client.applications.errors import NotAllowed
from countersign_client.applications.toolcalls import ToolCall
from countersign_client.applications.values import Person
from countersign_client.mcp import saying
from countersign_client.mcp.outcomes import Allowed, Outcome, Refused, Unreachable
from countersign_client.receipts import Receipt

ROUND = 22.0
"""Seconds that one call waits for people."""

LONGEST = 25.0
"""Seconds after which a call is answered, whatever Countersign does meanwhile."""

T = TypeVar("T")


class Proven(Protocol):
    """What a receipt that was verified, and fits the call, allows: `proof.Allowed` is one."""

    @property
    def text(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...

    @property
    def receipt(self) -> Receipt: ...


class Asks(Protocol):
    """What holding needs of an application's client: `AsyncApplication` is one. Each raises `NotAllowed`."""

    async def ask_tool(
        self,
        call: ToolCall,
        *,
        on_behalf_of: Person,
        reason: str = "",
        join: bool = True,
        idempotency_key: str = "",
    ) -> Asked: ...

    async def consume_tool(self, request: str, call: ToolCall, *, idempotency_key: str = "") -> Proven: ...

    async def look(self, request: str) -> Asked: ...

    async def wait(self, request: str, *, timeout: float) -> Asked: ...

    async def withdraw(self, request: str, *, idempotency_key: str = "") -> Asked: ...


class Holding:
    """Holds calls for one application. It keeps nothing that a restart could lose.

    A claim has a key: by it the same receipt comes again, also where the answer was lost, or the process is
    another one. Whoever gives the key has to know by themselves whether the deed was done. Any other claim of what
    was used is refused as `used`.
    """

    def __init__(self, application: Asks) -> None:
        self._application = application

    async def ask(
        self, call: ToolCall, person: Person, *, reason: str = "", wait: float = 0.0
    ) -> Asked | Refused | Unreachable:
        """Ask without claiming, or join: the request as it waits, or is approved; else why not."""
        return await _answered("", self._asked(call, person, reason, wait))

    async def check(self, asked: Asked, *, wait: float = 0.0) -> Asked | Refused | Unreachable:
        """The same of a request that was looked at."""
        return await _answered(asked.id, self._until(asked, wait))

    async def use(self, request: str, call: ToolCall, *, key: str) -> Outcome:
        """Claim an approval by this key, for exactly this call: `Allowed` alone may run."""
        return await _answered(request, self._used(request, call, key))

    async def withdraw(self, request: str) -> Asked | Refused | Unreachable:
        """Take a request back that waits."""
        return await _answered(request, self._application.withdraw(request))

    async def look(self, request: str) -> Asked | Refused | Unreachable:
        """A request as it stands, whoever's it is."""
        return await _answered(request, self._application.look(request))

    async def _asked(self, call: ToolCall, person: Person, reason: str, wait: float) -> Asked:
        end = time.monotonic() + wait
        asked = await self._application.ask_tool(call, on_behalf_of=person, reason=reason, join=True)
        return await self._until(asked, end - time.monotonic())

    async def _until(self, asked: Asked, wait: float) -> Asked:
        """The request once it is decided, or as it waits when the time is over. Raises what else it came to."""
        if asked.state == "pending" and wait > 0:
            try:
                return await self._application.wait(asked.id, timeout=wait)
            except errors.Pending:
                return asked
        if asked.state not in ("pending", "approved"):
            raise refusals.ended(asked)
        return asked

    async def _used(self, request: str, call: ToolCall, key: str) -> Allowed:
        found = await self._application.consume_tool(request, call, idempotency_key=key)
        used = found.receipt.used
        return Allowed(
            request=request,
            receipt=found.text,
            arguments=found.parameters,
            claimed=str(used.at) if used is not None else "",
        )


async def _answered(request: str, work: Awaitable[T]) -> T | Refused | Unreachable:
    """What came of some work, in time: a refusal and a silence are outcomes as well."""
    try:
        async with asyncio.timeout(LONGEST):
            return await work
    except TimeoutError:
        return saying.silent(request, f"{LONGEST:g} seconds are over.")
    except errors.Unreachable as error:
        return saying.unreachable(error)
    except NotAllowed as error:
        return saying.refused(error)
