"""Which tools policy gates. What cannot be known is refused: nothing passes because somebody did not answer."""

import asyncio
import logging
import time
import unicodedata
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from countersign_client.tools import fits

_log = logging.getLogger(__name__)

FRESH = 20.0
"""Seconds for which the policy's list counts without being asked for again."""

OLDEST = 60.0
"""Seconds after which a list that could not be read again counts no more."""

_ASKING = 5.0
_PAUSE = 1.0
"""Seconds between two tries to read a list that cannot be had."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One action of the policy, and the tools that it is for: `*` in a name stands for anything."""

    action: str
    server: str
    name: str


class Unknown(Exception):
    """Nobody knows what is gated. The text says why."""


class Gated(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that is gated: by which action, or by none that names it exactly as it is called.

    An upstream may take a name in another case for the same tool, so such a name is gated as well. No action names
    it, and so nobody can approve it.
    """

    action: str


class Gates:
    """The gates before one server, by the name that the policy has for it."""

    def __init__(
        self,
        load: Callable[[], Awaitable[Sequence[Gate]]],
        server: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._server = server
        self._clock = clock
        self._gates: tuple[Gate, ...] = ()
        self._read: float | None = None
        self._tried = float("-inf")
        self._why = "the policy was not read yet"
        self._loading = asyncio.Lock()

    async def of(self, name: str) -> Gated | None:
        """Return how a tool is gated; None for one that passes. Raises `Unknown`."""
        gates = await self._current()
        exact = [each.action for each in gates if each.server == self._server and fits(each.name, name)]
        if exact:
            return Gated(action=exact[0])
        folded = _folded(name)
        return Gated(action="") if any(fits(_folded(each.name), folded) for each in gates) else None

    async def _current(self) -> Sequence[Gate]:
        if self._age() > FRESH:
            async with self._loading:
                if self._age() > FRESH and self._clock() - self._tried >= _PAUSE:
                    await self._again()
        if self._age() > OLDEST:
            raise Unknown(f"which tools need an approval is not known: {self._why}")
        if not self._gates:
            raise Unknown(f"the policy gates no tool of a server called {self._server}: is that its name there?")
        return self._gates

    async def _again(self) -> None:
        self._tried = self._clock()
        try:
            async with asyncio.timeout(_ASKING):
                found = await self._load()
        except TimeoutError:
            self._why = "Countersign does not answer"
        except Exception as error:  # noqa: BLE001 - whatever it is, what is gated is not known by it
            self._why = f"Countersign cannot be asked: {error}"
        else:
            folded = _folded(self._server)
            self._gates = tuple(each for each in found if _folded(each.server) == folded)
            self._read = self._clock()
            return
        _log.warning("%s", self._why)

    def _age(self) -> float:
        return float("inf") if self._read is None else self._clock() - self._read


def _folded(name: str) -> str:
    """A name as a careless upstream would take it: without case, width, spaces, and signs that nobody sees."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(each for each in plain if not each.isspace() and unicodedata.category(each)[0] != "C")
