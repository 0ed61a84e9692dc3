"""Work in a thread that a coroutine waits for."""

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from handlers.aside import aside, soon

WHO = contextvars.ContextVar("WHO", default="nobody")


@pytest.fixture
def one_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def refuse() -> None:
    raise ValueError("no")


def test_what_the_work_raises_is_raised_to_whoever_waits(one_thread: ThreadPoolExecutor) -> None:
    with pytest.raises(ValueError, match="no"):
        asyncio.run(aside(one_thread, refuse))


def test_another_thread_does_it_in_the_context_of_whoever_waits(one_thread: ThreadPoolExecutor) -> None:
    async def waiting() -> tuple[str, bool]:
        WHO.set("alice")
        return await aside(one_thread, lambda: (WHO.get(), threading.current_thread() is threading.main_thread()))

    assert asyncio.run(waiting()) == ("alice", False)


def test_what_nobody_waits_for_any_more_is_not_begun(one_thread: ThreadPoolExecutor) -> None:
    free, done = threading.Event(), list[str]()

    async def giving_up() -> None:
        held = asyncio.create_task(aside(one_thread, free.wait))
        late = asyncio.create_task(aside(one_thread, lambda: done.append("late")))
        await asyncio.sleep(0)
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        free.set()
        await held

    asyncio.run(giving_up())
    one_thread.submit(done.append, "afterwards").result()

    assert done == ["afterwards"]


def test_work_that_ends_after_nobody_waits_disturbs_nobody(one_thread: ThreadPoolExecutor) -> None:
    free, wrong = threading.Event(), list[object]()

    async def giving_up() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
        given_up = asyncio.create_task(aside(one_thread, free.wait))
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        free.set()
        await aside(one_thread, lambda: None)

    asyncio.run(giving_up())

    assert wrong == []


def test_a_loop_that_has_ended_is_asked_for_nothing() -> None:
    ended = asyncio.new_event_loop()
    ended.close()

    soon(ended, refuse)
