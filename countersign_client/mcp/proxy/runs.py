"""Calls that run: each once, whether or not who made it is still there, and its answer for whoever comes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

KEPT = 600.0
"""Seconds from its end for which an answer waits that nobody fetched."""

MOST = 32
"""Answers that wait. Where there are more, the one that waited longest goes."""


class Runs(Generic[T]):
    """Runs by the name of their call. Who asks for one that runs, or has run unseen, gets that one's answer."""

    def __init__(self) -> None:
        self._runs: dict[str, asyncio.Task[T]] = {}
        self._requests: dict[str, str] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def has(self, call: str) -> bool:
        """Return whether its answer can be had, now or soon."""
        return call in self._runs

    def request(self, call: str) -> str | None:
        """Return by which request it runs, or has run unseen; None where its answer cannot be had."""
        return self._requests.get(call)

    async def of(self, call: str, start: Callable[[], Coroutine[Any, Any, T]], *, request: str = "") -> T:
        """Return the answer of a run that is under way, or of a new one. Who is cancelled leaves it running."""
        task = self._runs.get(call)
        if task is None:
            task = self._runs[call] = asyncio.create_task(start())
            self._requests[call] = request
            task.add_done_callback(lambda ended: self._ended(call, ended))
        try:
            answer = await asyncio.shield(task)
        except Exception:
            self._forget(call, task)
            raise
        self._forget(call, task)
        return answer

    async def aclose(self, seconds: float) -> None:
        """Give what runs a while to end."""
        running = [task for task in self._runs.values() if not task.done()]
        if running:
            await asyncio.wait(running, timeout=seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for call, task in list(self._runs.items()):
            self._forget(call, task)

    def _ended(self, call: str, task: asyncio.Task[T]) -> None:
        """Let its answer wait. How it ended is looked at, for whoever asked may be gone."""
        if task.cancelled():
            self._forget(call, task)
            return
        task.exception()
        self._waiting[call] = task.get_loop().call_later(KEPT, self._forget, call, task)
        if len(self._waiting) > MOST:
            longest = next(iter(self._waiting))
            self._forget(longest, self._runs[longest])

    def _forget(self, call: str, task: asyncio.Task[T]) -> None:
        if self._runs.get(call) is not task:
            return
        del self._runs[call], self._requests[call]
        if (timer := self._waiting.pop(call, None)) is not None:
            timer.cancel()
