"""Work in a thread that a coroutine waits for. The event loop is woken once, when it is done."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Done = TypeVar("Done")


async def aside(executor: Executor, work: Callable[[], Done]) -> Done:
    """Let a thread do what may wait for the store or for others, in the context of whoever waits for it.

    It is `run_in_executor` without a chain of callbacks in both directions, which costs a page as much as a
    statement of the store. Work that nobody waits for any more is not begun.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Done] = loop.create_future()
    running = executor.submit(contextvars.copy_context().run, work)
    running.add_done_callback(lambda done: soon(loop, settle, answer, done))
    try:
        return await answer
    except asyncio.CancelledError:
        running.cancel()
        raise


def soon(loop: asyncio.AbstractEventLoop, do: Callable[P, object], *given: P.args, **_: P.kwargs) -> None:
    """Let the event loop do this, from another thread. Nothing is done where the loop has ended meanwhile."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(do, *given)


def settle(answer: "asyncio.Future[Done]", work: "Future[Done]") -> None:
    """Give whoever waits what came of the work; nobody, where they wait no more."""
    if answer.done():
        return
    if work.cancelled():
        answer.cancel()
    elif (error := work.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(work.result())
