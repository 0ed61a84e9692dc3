"""Which tools the policy gates for this agent, as Countersign said it a moment ago."""

import time
from typing import Protocol

from countersign_client.applications.toolcalls import KnownTool

FRESH = 20.0
"""Seconds for which what the policy gates is known."""


class Lists(Protocol):
    """What lists gated tools: `AsyncApplication` is one."""

    async def tools(self) -> tuple[KnownTool, ...]:
        """Raises `NotAllowed`."""


class Gates:
    """The tools that are gated."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._read = 0.0
        self._known: tuple[KnownTool, ...] = ()

    async def all(self) -> tuple[KnownTool, ...]:
        """All of them. Raises `NotAllowed` where nobody says which they are by now."""
        if not self._read or time.monotonic() - self._read > FRESH:
            self._known = await self._lists.tools()
            self._read = time.monotonic()
        return self._known

    async def of(self, server: str, name: str) -> KnownTool | None:
        """The rule for a tool; None where the policy has none. Raises as `all` does."""
        return next((each for each in await self.all() if each.fits(server, name)), None)
