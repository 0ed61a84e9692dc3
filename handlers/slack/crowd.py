"""How much one person may have under way at once. What is beyond waits for its turn, and holds nobody up."""

import asyncio
import contextvars
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from handlers.aside import settle, soon

AT_ONCE = 4
"""Commands, presses and forms of one person; nobody types or presses faster than they are answered."""

WAITING = 256
"""Of one person, waiting for those to end."""

Done = TypeVar("Done")


class Crowded(Exception):
    """This person has as much under way as one person may."""


class Lines:
    """Gives threads to whoever sends over HTTP: a line for each person, in the event loop, where waiting is cheap.

    Whoever sends must be verified before.
    """

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def run(self, person: str, executor: Executor, do: Callable[[], Done], *, timeout: float) -> Done:
        """Let a thread do something, within so many seconds. Raises `Crowded` without taking one."""
        await self._queue(person, timeout)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Done] = loop.create_future()

        def over(work: Future[Done]) -> None:
            # Only when the thread is free again, whether or not anybody still waits for it.
            self._next(person)
            settle(answer, work)

        try:
            # Whatever the thread does belongs to this request, for whoever watches.
            work = executor.submit(contextvars.copy_context().run, do)
        except BaseException:
            self._next(person)
            raise
        # The loop is woken once for both.
        work.add_done_callback(lambda work: soon(loop, over, work))
        try:
            return await answer
        finally:
            work.cancel()

    async def _queue(self, person: str, timeout: float) -> None:
        if self._busy[person] < AT_ONCE:
            self._busy[person] += 1
            return
        line = self._waiting.setdefault(person, deque())
        if len(line) >= WAITING:
            raise Crowded
        place = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            await asyncio.wait_for(place, max(0.0, timeout))
        except (TimeoutError, asyncio.CancelledError) as over:
            if not place.cancelled():
                # Its turn came at the same instant: somebody else takes it.
                self._next(person)
            if isinstance(over, TimeoutError):
                raise Crowded from None
            raise

    def _next(self, person: str) -> None:
        """One of this person's is over: the next in line takes its place, if there is one."""
        line = self._waiting.get(person, deque())
        while line:
            place = line.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._waiting.pop(person, None)
        self._busy[person] -= 1
        if not self._busy[person]:
            del self._busy[person]


class Crowd:
    """Counts what is under way for each person where each already has a thread: nobody waits in one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()

    def enter(self, person: str) -> None:
        """Count something that begins; `leave` must follow. Raises `Crowded`, and then it counts nothing."""
        with self._lock:
            if self._busy[person] >= AT_ONCE:
                raise Crowded
            self._busy[person] += 1

    def leave(self, person: str) -> None:
        with self._lock:
            self._busy[person] -= 1
            if not self._busy[person]:
                del self._busy[person]


def sender(body: Mapping[str, Any]) -> str:
    """The account that a payload is from, as Slack names it: of a command, or of an interaction."""
    user = body.get("user")
    if isinstance(user, dict):
        return f"{user.get('team_id')}/{user.get('id')}"
    return f"{body.get('team_id')}/{body.get('user_id')}"
