"""What is passed on beside an answer, and never keeps that up: whoever is told may be gone, or read nothing."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

_MOST = 64
"""Pieces of news on their way at a time. What comes above that is let go: news of progress is no promise."""


class Telling:
    """News that are on their way."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Pass one on, where there is room. How that ends is nobody's concern."""
        if len(self._under_way) >= _MOST:
            work.close()
            return
        task = asyncio.create_task(_quietly(work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def aclose(self) -> None:
        """Pass on no more."""
        under_way = [*self._under_way]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(Exception):
        await work
