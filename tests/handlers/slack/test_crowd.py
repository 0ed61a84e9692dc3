"""A member who floods is answered by a sentence, and holds no thread that somebody else needs."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from approvals.identities import Identity
from handlers.slack import deadline
from handlers.slack.crowd import AT_ONCE, Crowd, Crowded, Lines, sender
from sandbox.slack.records import Outcome
from tests.handlers.slack.bed import Bed


@contextmanager
def stuck(bed: Bed, who: str) -> Iterator[None]:
    """As many commands of one person as may be under way at once, none of which comes to its end."""
    begun, go = threading.Semaphore(0), threading.Event()
    offered = bed.uses.offering.search

    def slow(identity: Identity, query: str, *, now: Any) -> Any:
        if identity.principal.startswith(who) and not go.is_set():
            begun.release()
            go.wait(60)
        return offered(identity, query, now=now)

    bed.uses.offering.search = slow  # type: ignore[method-assign]
    with ThreadPoolExecutor(AT_ONCE) as flood:
        answers = [flood.submit(bed.box.slack.command, who, "/jit why") for _ in range(AT_ONCE)]
        try:
            for _ in range(AT_ONCE):
                assert begun.acquire(timeout=60)
            yield
        finally:
            go.set()
    assert all(answer.result().ok for answer in answers)


WAYS: dict[str, Callable[[Bed], Outcome]] = {
    "a command": lambda bed: bed.box.slack.command("bob", "/jit request logs because CHG-1"),
    "a form": lambda bed: bed.box.slack.submit("bob", {"reason": "No."}),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_too_many_at_once_is_told_so_and_nothing_is_done(
    bed: Bed, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))
    with stuck(bed, "bob"):
        monkeypatch.setattr(deadline, "ANSWER", 0.5)  # Slack hangs up on the others soon
        outcome = WAYS[way](bed)

    said = json.dumps([outcome.body, outcome.errors], ensure_ascii=False)
    assert (
        "You sent several things within a moment. This one was not looked at: send it again in a few seconds."
        in said
    )
    assert [each.id for each in bed.requests()] == [request.id]
    assert len(list(bed.store.chains())) == 2


def test_one_press_too_many_at_once_fails_and_decides_nothing(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    with stuck(bed, "bob"), monkeypatch.context() as patch:
        patch.setattr(deadline, "ANSWER", 0.5)
        outcome = bed.press("bob", "approve", card)
        assert not outcome.ok
        assert bed.store.request(request.id).state == "pending"

    assert bed.press("bob", "approve", card).ok


def test_others_are_answered_meanwhile(bed: Bed) -> None:
    with stuck(bed, "alice"):
        outcome = bed.box.slack.command("bob", "/jit mine")

    assert "no open request" in outcome.body


def test_what_waits_is_done_as_soon_as_there_is_room(bed: Bed) -> None:
    with ThreadPoolExecutor(3 * AT_ONCE) as flood:
        answers = list(flood.map(lambda _: bed.box.slack.command("alice", "/jit mine"), range(3 * AT_ONCE)))

    assert all("no open request" in answer.body for answer in answers)


def line_up(steps: Callable[[Lines, ThreadPoolExecutor], Coroutine[Any, Any, None]]) -> None:
    """Run what a test does with the lines, in an event loop of its own."""
    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        asyncio.run(steps(Lines(), pool))


def test_more_than_may_wait_is_turned_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.slack.crowd.WAITING", 2)
    go = threading.Event()

    async def steps(lines: Lines, pool: ThreadPoolExecutor) -> None:
        async def run(person: str) -> bool:
            return await lines.run(person, pool, lambda: go.wait(60), timeout=60)

        running = [asyncio.create_task(run("T/U")) for _ in range(AT_ONCE + 2)]
        await asyncio.sleep(0)
        with pytest.raises(Crowded):
            await run("T/U")
        others = asyncio.create_task(run("T/V"))
        go.set()
        assert await asyncio.gather(*running, others) == [True] * (AT_ONCE + 3)
        assert not lines._busy

    line_up(steps)


def test_who_gives_up_takes_nobodys_place() -> None:
    go = threading.Event()

    async def steps(lines: Lines, pool: ThreadPoolExecutor) -> None:
        held = [
            asyncio.create_task(lines.run("T/U", pool, lambda: go.wait(60), timeout=60)) for _ in range(AT_ONCE)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Crowded):
            await lines.run("T/U", pool, int, timeout=0.01)
        waiting = asyncio.create_task(lines.run("T/U", pool, int, timeout=60))
        await asyncio.sleep(0)
        waiting.cancel()
        last = asyncio.create_task(lines.run("T/U", pool, int, timeout=60))
        go.set()
        await asyncio.gather(*held)
        assert await last == 0

    line_up(steps)


def test_a_turn_that_comes_when_the_time_ends_is_not_lost() -> None:
    """Python 3.12 and later give up on a turn that came at the same instant; 3.11 takes it."""
    go = threading.Event()

    async def steps(lines: Lines, pool: ThreadPoolExecutor) -> None:
        held = [
            asyncio.create_task(lines.run("T/U", pool, lambda: go.wait(60), timeout=60)) for _ in range(AT_ONCE)
        ]
        await asyncio.sleep(0)
        late = asyncio.create_task(lines.run("T/U", pool, int, timeout=0.1))
        await asyncio.sleep(0)
        go.set()
        # The loop is busy until both have happened.
        time.sleep(0.5)
        await asyncio.gather(*held)
        with suppress(Crowded):
            assert await late == 0
        await asyncio.wait_for(asyncio.gather(*(lines.run("T/U", pool, int, timeout=60) for _ in held)), 10)
        assert not lines._busy

    line_up(steps)


def test_a_thread_that_runs_on_counts_whoever_waits_for_it() -> None:
    go = threading.Event()

    async def steps(lines: Lines, pool: ThreadPoolExecutor) -> None:
        held = [
            asyncio.create_task(lines.run("T/U", pool, lambda: go.wait(60), timeout=60)) for _ in range(AT_ONCE)
        ]
        await asyncio.sleep(0)
        for task in held:
            task.cancel()
        with pytest.raises(Crowded):
            await lines.run("T/U", pool, int, timeout=0.01)
        go.set()
        assert await lines.run("T/U", pool, int, timeout=60) == 0

    line_up(steps)


def test_a_pool_that_takes_nothing_more_counts_nothing() -> None:
    async def steps(lines: Lines, pool: ThreadPoolExecutor) -> None:
        pool.shutdown()
        for _ in range(2 * AT_ONCE):
            with pytest.raises(RuntimeError):
                await lines.run("T/U", pool, int, timeout=1)

    line_up(steps)


def test_where_each_has_a_thread_already_nobody_waits() -> None:
    crowd = Crowd()
    for _ in range(AT_ONCE):
        crowd.enter("T/U")
    with pytest.raises(Crowded):
        crowd.enter("T/U")
    crowd.enter("T/V")
    crowd.leave("T/U")
    crowd.enter("T/U")


def test_who_sends_is_who_slack_says_and_nothing_typed() -> None:
    command = {"user_id": "U1", "team_id": "T1", "text": "user_id=U2", "user_name": "U2"}
    press = {"user": {"id": "U1", "team_id": "T1"}, "user_id": "U2", "team_id": "T2"}

    assert sender(command) == sender(press) == "T1/U1"
