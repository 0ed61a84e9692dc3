"""Calls that wait until a request changes: each has a place and no thread, and one look serves all."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager

from handlers.wire.problems import Fault

LONGEST = 25
"""Seconds that a call may wait: proxies end what says nothing for half a minute or a whole one."""

EVERY = 0.5
"""Seconds between two looks."""

_FULL = "As many calls wait as may. Ask without wait, or again in a few seconds."
_OWN = "{} of your calls wait already. Let one of them end first."
_AGAIN = 5.0
_log = logging.getLogger("countersign.api")


class Polls:
    """Counts who waits, and wakes them. Everything happens in one event loop, but for the looks at the store."""

    def __init__(
        self,
        versions: Callable[[Collection[str]], Mapping[str, int]],
        *,
        executor: Executor,
        places: int,
        of_one: int,
    ) -> None:
        """`versions` says of requests how often each was changed; one that is not there is left out.

        So many `places` there are, and `of_one` account at most so many calls wait.
        """
        self._versions = versions
        self._executor = executor
        self._places, self._of_one = places, of_one
        self._waiting: Counter[str] = Counter()
        self._watched: dict[asyncio.Event, tuple[str, int]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return self._waiting.total()

    @contextmanager
    def place(self, account: str) -> Iterator[None]:
        """A place for one call. Raises `Fault` where there is none left."""
        if self._waiting[account] >= self._of_one:
            raise Fault(429, "polls.own", _OWN.format(self._of_one), retry=_AGAIN)
        if self._waiting.total() >= self._places:
            raise Fault(503, "polls.all", _FULL, retry=_AGAIN)
        self._waiting[account] += 1
        try:
            yield
        finally:
            self._waiting[account] -= 1
            if not self._waiting[account]:
                del self._waiting[account]

    async def changed(self, request_id: str, *, after: int, seconds: float) -> bool:
        """Wait until a request's version is another one than this. False where time was over before."""
        woken = asyncio.Event()
        if self._ended:
            return False
        self._watched[woken] = (request_id, after)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait_for(woken.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            del self._watched[woken]
        return not self._ended

    def end(self) -> None:
        """Let everybody be answered as things stand, and nobody wait any more: no end of ours is held up."""
        self._ended = True
        for woken in self._watched:
            woken.set()

    async def _look(self) -> None:
        """Look at all that is waited for, again and again, for as long as anybody waits."""
        loop = asyncio.get_running_loop()
        while self._watched:
            ids = {request_id for request_id, _ in self._watched.values()}
            try:
                found = await loop.run_in_executor(self._executor, self._versions, ids)
            except Exception:  # noqa: BLE001 - whatever it is, whoever waits is told nothing wrong by waiting on
                _log.warning("could not look for changes that are waited for", exc_info=True)
            else:
                self._wake(found)
            await asyncio.sleep(EVERY)

    def _wake(self, found: Mapping[str, int]) -> None:
        for woken, (request_id, after) in self._watched.items():
            if found.get(request_id, after) != after:
                woken.set()
