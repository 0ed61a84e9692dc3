"""A change for which nobody could wait any longer wakes the background as soon as it is kept, not by a sweep."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.stores.sqlite.store import open_sqlite
from approvals.ids import request_subject
from approvals.refusals.errors import Late
from approvals.requests import Request
from tests.support.builders import NOW
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World


class SlowDisk:
    """A store whose next write is held up when it is under way, until it is let go or fails."""

    def __init__(self, path: Path) -> None:
        self.held, self.let_go = threading.Event(), threading.Event()
        self.armed = self.fails = False
        self.store = open_sqlite(path, now=NOW, time_left=self._time_left)
        writer: Any = self.store._writer
        writer._connection.create_function("hold_up", 0, self._hold_up)
        for number, kind in enumerate(("INSERT", "UPDATE")):
            made = f"CREATE TEMP TRIGGER slow{number} AFTER {kind} ON main.requests BEGIN SELECT hold_up(); END"
            writer.run(lambda connection, made=made: connection.execute(made) and None)

    def _time_left(self) -> float | None:
        """Nobody waits any longer once the write is under way."""
        return 0.01 if self.armed and self.held.wait(30) else None

    def _hold_up(self) -> None:
        if self.armed:
            self.held.set()
            assert self.let_go.wait(30)
            if self.fails:
                raise OSError("the disk is gone")


@pytest.fixture
def disk(tmp_path: Path) -> SlowDisk:
    return SlowDisk(tmp_path / "store.db")


@pytest.fixture
def woken() -> list[Sequence[str]]:
    return []


@pytest.fixture
def world(tmp_path: Path, wire: Wire, disk: SlowDisk, woken: list[Sequence[str]]) -> Iterator[World]:
    made = World(tmp_path, granter=wire, store=disk.store)
    made.uses = made.core(woken=woken.append).uses
    yield made
    made.close()


WAYS: dict[str, Callable[[World, Request], object]] = {
    "file": lambda world, _: world.file(ALICE, key="another"),
    "withdraw": lambda world, asked: world.uses.ending.withdraw(
        world.identity(ALICE), asked.id, now=world.clock()
    ),
    "approve": lambda world, asked: world.press(BOB, asked),
    "deny": lambda world, asked: world.press(BOB, asked, "deny", comment="Not today"),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_not_kept_after_all_wakes_nobody(
    world: World, disk: SlowDisk, woken: list[Sequence[str]], way: str
) -> None:
    asked = world.file(ALICE)
    woken.clear()
    disk.armed = disk.fails = True
    with pytest.raises(Late):
        WAYS[way](world, asked)

    disk.let_go.set()
    disk.armed = False
    world.store.wake(request_subject(asked.id), due=NOW)  # the writer's next turn: the one before is over

    assert woken == []
    assert world.read(asked).state == "pending"


@pytest.mark.parametrize("way", WAYS)
def test_what_is_kept_after_its_person_was_told_wakes_the_background_at_once(
    world: World, disk: SlowDisk, woken: list[Sequence[str]], way: str
) -> None:
    asked = world.file(ALICE)
    woken.clear()
    disk.armed = True
    with pytest.raises(Late):
        WAYS[way](world, asked)
    assert woken == [], "it is not kept yet"

    disk.armed = False
    disk.let_go.set()
    world.store.wake(request_subject(asked.id), due=NOW)

    (subjects,) = woken
    changed = {each.id for each in world.store.open_of(ALICE)} - {asked.id} if way == "file" else {asked.id}
    assert set(map(request_subject, changed)) <= set(subjects)
    assert way == "file" or world.read(asked).version > asked.version


def test_where_nobody_can_know_when_it_is_kept_the_background_looks_at_once() -> None:
    looked: list[str] = []

    Late("the answer was lost").when_kept(lambda: looked.append("now"))

    assert looked == ["now"]
