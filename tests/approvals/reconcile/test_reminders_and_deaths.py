"""Whatever the process dies of, and whenever: nobody is told twice of one thing."""

from collections import Counter
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.ports.messages import Notice, Posted
from approvals.ports.targets import Granter
from approvals.refusals.errors import Unavailable
from approvals.telling.cards import Card
from tests.support.builders import NOW
from tests.support.doubles import Around, Room
from tests.support.world import APPROVERS, BOB, CAROL, DAN, World, policy

TOP = "max: 4h}\n"
RULES = (
    f"{TOP}  remind: {{first: 10m}}\n  escalate: {{after: 20m, to: [{DAN}], channel: '#oncall'}}\n"
    "  email: {after: 15m}\n"
)


KILLS = frozenset({"save", "post", "release"})


class Killed(BaseException):
    """The process is gone."""


class Lives:
    """Ends the process at one of its calls, before or after that has an effect."""

    def __init__(self, *, at: int, after: bool) -> None:
        self.calls = 0
        self._at, self._after = at, after

    def before(self, name: str) -> None:
        self.calls += name in KILLS
        if self.calls == self._at and name in KILLS and not self._after:
            self._at = 0
            raise Killed(name)

    def after(self, name: str) -> None:
        if self.calls == self._at and name in KILLS:
            self._at = 0
            raise Killed(name)


class Counting(Room):
    """A room that keeps count of what it took."""

    def __init__(self, busy: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.told: Counter[tuple[str, str]] = Counter()
        self._busy, self._posts = busy, 0

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        self._posts += 1
        if self._posts in self._busy:
            raise Unavailable("too many calls", retry_after=1)
        once = notice.kind == "turn" or notice.step in {"expires", "ends"}
        for who in (notice.people or (str(notice.to),)) if once else ():
            self.told[notice.key, who] += 1
        return super().post(notice, card, timeout=timeout)


def play(
    folder: Path, cloud: Granter, *, at: int, after: bool, busy: tuple[int, ...] = ()
) -> tuple[Counting, int]:
    """Fifty minutes of a request that nobody decides, with one death on the way.

    `busy`: which calls of the channel it sends away, to come again in a second.
    A mail that is sent again is the same mail, by its `Message-ID`, and is not counted.
    """
    folder.mkdir()
    lives, room = Lives(at=at, after=after), Counting(busy)
    store = open_sqlite(folder / "store.db", now=NOW)
    world = World(
        folder,
        granter=cloud,
        store=Around(store, before=lives.before, after=lives.after),
        messenger=Around(room, before=lives.before, after=lives.after),
    )
    world.people.groups[APPROVERS] = {BOB, CAROL}
    world.policy = policy((TOP, RULES))
    world.open_(mail=True)
    world.file()
    for _ in range(100):
        try:
            world.passes(30, step=30)
        except Killed:
            world.clock.advance(31)
            world.restart()
    store.close()
    return room, lives.calls


@pytest.mark.parametrize("after", [False, True])
def test_whenever_the_process_dies_nobody_is_told_twice_of_one_thing(
    tmp_path: Path, cloud: Granter, after: bool
) -> None:
    whole, calls = play(tmp_path / "whole", cloud, at=0, after=after)
    assert {key.partition(":")[0] for key, _ in whole.told} == {"turn", "remind", "escalate", "step"}
    for at in range(1, calls + 1, 3):
        room, _ = play(tmp_path / f"{at}", cloud, at=at, after=after)
        assert max(room.told.values()) == 1, at


@pytest.mark.parametrize("after", [False, True])
def test_a_death_at_a_second_try_leaves_no_work_that_never_ends(
    tmp_path: Path, cloud: Granter, after: bool
) -> None:
    """Each first try is refused. A pass that leaves something due at once, again and again, fails."""
    busy = tuple(range(1, 40, 2))
    _, calls = play(tmp_path / "whole", cloud, at=0, after=after, busy=busy)
    for at in range(1, calls + 1):
        room, _ = play(tmp_path / f"{at}", cloud, at=at, after=after, busy=busy)
        assert max(room.told.values()) == 1, at
