"""Calls that run: each once, whether or not who made it is still there, and its answer for whoever comes."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

KEPT = 600.0
"""Seconds for which an answer waits that nobody fetched."""

_MOST = 32


class Runs(Generic[T]):
    """Runs by the name of their call. Who asks for one that runs, or has run unseen, gets that one's answer."""

    def __init__(self) -> None:
        self._runs: dict[str, tuple[float, asyncio.Task[T]]] = {}

    def has(self, call: str) -> bool:
        """Return whether its answer can be had, now or soon."""
        self._drop()
        return call in self._runs

    async def of(self, call: str, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the answer of a run that is under way, or of a new one. Who is cancelled leaves it running."""
        self._drop()
        if call not in self._runs:
            task = asyncio.create_task(start())
            task.add_done_callback(_seen)
            self._runs[call] = time.monotonic(), task
        _, task = self._runs[call]
        try:
            answer = await asyncio.shield(task)
        except Exception:
            self._runs.pop(call, None)
            raise
        self._runs.pop(call, None)
        return answer

    async def aclose(self, seconds: float) -> None:
        """Give what runs a while to end."""
        running = [task for _, task in self._runs.values() if not task.done()]
        if running:
            await asyncio.wait(running, timeout=seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _drop(self) -> None:
        done = [call for call, (_, task) in self._runs.items() if task.done()]
        for call in done:
            begun, task = self._runs[call]
            if task.cancelled() or time.monotonic() - begun > KEPT or len(self._runs) > _MOST:
                del self._runs[call]


def _seen(task: asyncio.Task[Any]) -> None:
    """Look at how it ended, for whoever asked may be gone."""
    if not task.cancelled():
        task.exception()
