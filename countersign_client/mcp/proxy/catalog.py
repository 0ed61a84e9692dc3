"""The upstream's tools as it lists them: each by its exact name, and by a digest of its whole definition."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import rfc8785

from countersign_client.canonical import digest
from countersign_client.mcp.proxy.errors import Lost

_log = logging.getLogger(__name__)

_PAGES = 100
_TOOLS = 5_000
_READING = 30.0
"""Seconds that a list may take, and what it may hold. What lists more is no list that anybody reads."""

_PAUSE = 5.0
"""Seconds after which a name that is not listed has the list read again."""

Page = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""One page of tools/list by its parameters."""


class Undigested(ValueError):
    """A definition that canonical JSON (RFC 8785) cannot hold: nobody could say what was approved."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """All tools of one reading. `twice` are names that stand there more than once, which nobody may call."""

    tools: Mapping[str, Mapping[str, Any]]
    twice: frozenset[str]

    def schema(self, name: str) -> object:
        """Return the schema of a tool's arguments, as it came."""
        return self.tools.get(name, {}).get("inputSchema")


def definition(tool: Mapping[str, Any]) -> str:
    """Return the digest of a tool's definition: of all of it but `_meta`. Raises `Undigested`."""
    try:
        return digest({name: value for name, value in tool.items() if name != "_meta"})
    except rfc8785.CanonicalizationError:
        raise Undigested("its definition holds a number or text that canonical JSON (RFC 8785) has not") from None


async def read(page: Page) -> Listed:
    """Read the whole list. Raises `Lost` for one that never ends or is none."""
    tools: dict[str, Mapping[str, Any]] = {}
    twice: set[str] = set()
    try:
        async with asyncio.timeout(_READING):
            cursor: str | None = None
            for _ in range(_PAGES):
                told = await page({} if cursor is None else {"cursor": cursor})
                _take(told.get("tools"), tools, twice)
                cursor = told.get("nextCursor")
                if cursor is None:
                    return Listed(tools=tools, twice=frozenset(twice))
    except TimeoutError:
        raise Lost(f"the upstream did not list its tools within {_READING:g} seconds") from None
    raise Lost(f"the upstream's list of tools has more than {_PAGES} pages")


def _take(listed: object, tools: dict[str, Mapping[str, Any]], twice: set[str]) -> None:
    if not isinstance(listed, list):
        raise Lost("the upstream's list of tools is none")
    for each in listed:
        if not isinstance(each, dict) or not isinstance(name := each.get("name"), str):
            raise Lost("the upstream lists a tool that has no name")
        if name in tools:
            twice.add(name)
        tools[name] = each
    if len(tools) > _TOOLS:
        raise Lost(f"the upstream lists more than {_TOOLS} tools")


class Catalog:
    """The list, read when it is first needed and whenever something says that it is another one."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._listed: Listed | None = None
        self._of: object = None
        self._at = 0.0
        self._reading = asyncio.Lock()

    @property
    def known(self) -> Listed | None:
        """The list as it was read last."""
        return self._listed

    def stale(self) -> None:
        """Have it read again when it is needed next."""
        self._listed = None

    async def with_name(self, name: str, run: object) -> Listed:
        """Return a list of this run of the upstream, read anew where the name does not stand in it."""
        if (listed := self._of_run(name, run)) is not None:
            return listed
        async with self._reading:
            return self._of_run(name, run) or await self._read(run)

    async def fresh(self, run: object) -> Listed:
        """Return the list as it is now: what a call is held against just before it runs."""
        async with self._reading:
            return await self._read(run)

    def _of_run(self, name: str, run: object) -> Listed | None:
        listed = self._listed if self._of == run else None
        if listed is not None and (name in listed.tools or time.monotonic() - self._at < _PAUSE):
            return listed
        return None

    async def _read(self, run: object) -> Listed:
        listed = await read(self._page)
        for name in sorted(listed.twice - (self._listed.twice if self._listed else frozenset())):
            _log.warning("the upstream lists the tool %.100r more than once: no call of it is passed", name)
        self._listed, self._of, self._at = listed, run, time.monotonic()
        return listed
