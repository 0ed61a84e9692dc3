"""A state that many ask for: one look at a time, none that nobody asked for, and none older than five seconds."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from bot import recent
from bot.recent import AGE, Recent


class Looks:
    """Counts its looks; each finds its own number, once `open` is set."""

    def __init__(self) -> None:
        self.count = 0
        self.open = threading.Event()
        self.open.set()
        self.now = 0.0
        self.recent: Recent[int] = Recent(self.look, clock=lambda: self.now)

    def look(self) -> int:
        self.count += 1
        number = self.count
        self.open.wait(60)
        if number == 7:
            raise OSError("the seventh goes wrong")
        return number


def told(ask: Callable[[Looks], object]) -> Looks:
    looks = Looks()

    async def run() -> None:
        await ask(looks)  # type: ignore[misc]  # every one of them is a coroutine function

    asyncio.run(run())
    return looks


def test_all_who_ask_at_once_share_one_look() -> None:
    async def ask(looks: Looks) -> None:
        assert await asyncio.gather(*(looks.recent() for _ in range(200))) == [1] * 200

    assert told(ask).count == 1


def test_nothing_is_looked_up_before_somebody_asks() -> None:
    async def ask(_: Looks) -> None:
        await asyncio.sleep(0)

    assert told(ask).count == 0


def test_what_is_older_than_five_seconds_is_looked_up_anew_for_whoever_asks() -> None:
    async def ask(looks: Looks) -> None:
        assert await looks.recent() == 1
        looks.now += AGE - 0.1
        assert await looks.recent() == 1
        looks.now += 0.1
        assert await looks.recent() == 2

    told(ask)


def test_a_look_that_does_not_end_is_not_waited_for_and_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "TIMEOUT", 0.1)

    async def ask(looks: Looks) -> None:
        looks.open.clear()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await looks.recent()
            looks.now += AGE
        looks.open.set()
        monkeypatch.setattr(recent, "TIMEOUT", 60.0)
        assert await looks.recent() == 1

    assert told(ask).count == 1


def test_what_went_wrong_is_told_and_looked_up_anew_later() -> None:
    async def ask(looks: Looks) -> None:
        looks.count = 6
        for _ in range(2):
            with pytest.raises(OSError, match="seventh"):
                await looks.recent()
        looks.now += AGE
        assert await looks.recent() == 8

    told(ask)
