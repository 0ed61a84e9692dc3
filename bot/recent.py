"""What a look found, a few seconds old at most: one thread looks, however many ask, and only if somebody asks."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

AGE = 5.0
"""Seconds after which it is looked anew for whoever asks then."""

TIMEOUT = 5.0
"""Seconds that somebody waits for a look."""

Found = TypeVar("Found")


class Recent(Generic[Found]):
    """Belongs to one event loop. `clock` is a monotonic one, in seconds."""

    def __init__(self, look: Callable[[], Found], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._latest: asyncio.Task[Found] | None = None
        self._begun = 0.0

    async def __call__(self) -> Found:
        """Raises what the look raised, or `TimeoutError` while it does not end."""
        latest = self._latest
        if latest is None or (latest.done() and self._clock() - self._begun >= AGE):
            self._begun = self._clock()
            latest = self._latest = asyncio.create_task(run_in_threadpool(self._look))
        await asyncio.wait({latest}, timeout=TIMEOUT)
        if not latest.done():
            raise TimeoutError
        return latest.result()
