"""Whoever comes by a door whose room is not made yet waits for it and is answered; nobody makes it twice."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from handlers.channel import Receive, Scope, Send, Unusable
from handlers.doors import Behind

PATIENCE = 30.0


class Room:
    """Answers with the path by which somebody came."""

    async def hall(self, scope: Scope, _: Receive, send: Send) -> None:
        await send({"said": scope["path"]})


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


async def _come(behind: Behind[Room], path: str) -> list[Any]:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message["said"])

    async def receive() -> Any:
        raise AssertionError("nobody asks for more")

    await behind.door(lambda room: room.hall)({"path": path}, receive, send)
    return said


def test_a_room_that_cannot_be_made_is_named(pool: ThreadPoolExecutor) -> None:
    def make() -> Room:
        raise ImportError("no file of it can be read")

    with pytest.raises(Unusable, match=r"^the hall cannot be put together: .*no file of it"):
        Behind("the hall", make, executor=pool).load()


def test_who_comes_after_one_in_vain_has_it_tried_again(pool: ThreadPoolExecutor) -> None:
    rooms: Iterator[Exception | Room] = iter([OSError("too many files"), Room()])

    def make() -> Room:
        found = next(rooms)
        if isinstance(found, Exception):
            raise found
        return found

    behind = Behind("the hall", make, executor=pool)
    with pytest.raises(OSError, match="too many files"):
        asyncio.run(_come(behind, "/first"))

    assert asyncio.run(_come(behind, "/second")) == ["/second"]


def test_all_who_come_while_it_is_made_wait_for_the_same_and_nobody_else_does(pool: ThreadPoolExecutor) -> None:
    begun, go_on, made = Event(), Event(), list[Room]()

    def make() -> Room:
        begun.set()
        assert go_on.wait(PATIENCE)
        made.append(Room())
        return made[-1]

    behind = Behind("the hall", make, executor=pool)

    async def several() -> list[list[Any]]:
        coming = [asyncio.create_task(_come(behind, f"/{number}")) for number in range(3)]
        while not begun.is_set():
            await asyncio.sleep(0)  # the event loop is free for everybody else meanwhile
        go_on.set()
        return list(await asyncio.wait_for(asyncio.gather(*coming), PATIENCE))

    assert asyncio.run(several()) == [["/0"], ["/1"], ["/2"]]
    assert behind.made is made[0]
    assert len(made) == 1


def test_what_is_done_in_a_room_makes_it_first(pool: ThreadPoolExecutor) -> None:
    behind, seen = Behind("the hall", Room, executor=pool), list[Room]()
    look = behind.then(seen.append)
    assert behind.made is None

    look()

    assert seen == [behind.made]
