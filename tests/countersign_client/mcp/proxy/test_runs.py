"""The answer of a call that ran unseen waits for whoever made it, for a while from its end on and no longer."""

import asyncio
import gc
import weakref
from collections.abc import Callable

from countersign_client.mcp.proxy.runs import KEPT, MOST, Runs
from tests.countersign_client.mcp.later import pass_


class Answer:
    """What came of a call."""


Ends = Callable[[], None]


async def left(runs: Runs[Answer], call: str) -> Ends:
    """A run whose caller has left; what is returned lets it end."""
    over = asyncio.Event()

    async def run() -> Answer:
        await over.wait()
        return Answer()

    calling = asyncio.create_task(runs.of(call, run))
    await asyncio.sleep(0)
    calling.cancel()
    await asyncio.wait([calling])
    return over.set


async def never() -> Answer:
    raise AssertionError("it ran a second time")


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_what_took_longer_than_answers_are_kept_is_kept_from_its_end_on() -> None:
    async def main() -> None:
        runs = Runs[Answer]()
        end = await left(runs, "call")
        await pass_(10 * KEPT)
        end()
        await settle()
        await pass_(KEPT - 1)

        assert runs.has("call")
        assert isinstance(await runs.of("call", never), Answer)
        assert not runs.has("call")

    asyncio.run(main())


def test_what_nobody_comes_for_is_let_go_of_though_nobody_asks_for_anything() -> None:
    async def main() -> None:
        runs, kept = Runs[Answer](), list[weakref.ref[Answer]]()

        async def run() -> Answer:
            answer = Answer()
            kept.append(weakref.ref(answer))
            return answer

        calling = asyncio.create_task(runs.of("call", run))
        await asyncio.sleep(0)
        calling.cancel()
        await settle()
        assert runs.has("call")
        await pass_(KEPT)
        del calling
        gc.collect()

        assert kept[0]() is None

    asyncio.run(main())


def test_too_many_of_them_lose_the_one_that_ended_first_and_none_that_runs() -> None:
    async def main() -> None:
        runs = Runs[Answer]()
        running = await left(runs, "running")
        for number in range(MOST + 1):
            (await left(runs, f"call {number}"))()
            await settle()

        assert runs.has("running")
        assert [runs.has(f"call {number}") for number in range(MOST + 1)] == [False, *[True] * MOST]
        running()
        await runs.aclose(1.0)

    asyncio.run(main())


def test_what_was_fetched_or_ended_by_force_is_kept_no_longer() -> None:
    async def main() -> None:
        runs = Runs[Answer]()
        (await left(runs, "fetched"))()
        await left(runs, "forced")
        await runs.of("fetched", never)
        await runs.aclose(0.0)

        assert not runs.has("fetched")
        assert not runs.has("forced")

    asyncio.run(main())
