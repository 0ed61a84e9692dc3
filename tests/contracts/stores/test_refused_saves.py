"""Each save of a request's life fails in turn, before or after it is kept: nothing is lost, nobody told twice."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from approvals.auditing.audits import Inspection
from approvals.ports.messages import Notice, Posted
from approvals.ports.store import Store
from approvals.refusals.errors import Refused, Unavailable
from approvals.telling.cards import Card
from tests.approvals.reconcile.clouds import bindings
from tests.chaos.trouble import WRITES
from tests.contracts.stores.places import Place
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct
from tests.support.doubles import Around, Room
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, World, policy

TOP = "max: 4h}\n"
MAILED = f"{TOP}  email: {{copy: requester}}\n"
STEP = 10
NewPlace = Callable[[str], Place]


class Saves:
    """Counts the saves of a store. From the one that `fails` on, so many of them fail."""

    def __init__(self, *, fails: int, many: int, kept: bool) -> None:
        self.seen = 0
        self._failing, self._kept = range(fails, fails + many), kept

    def around(self, store: Store) -> Store:
        return cast("Store", Around(store, before=self._before, after=self._after))

    def _before(self, name: str) -> None:
        self.seen += name in WRITES
        self._fail(name, now=not self._kept)

    def _after(self, name: str) -> None:
        self._fail(name, now=self._kept)

    def _fail(self, name: str, *, now: bool) -> None:
        if now and name in WRITES and self.seen in self._failing:
            raise Unavailable("the store does not answer")


class Counting(Room):
    """A room that keeps count of what it took."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Counter[str] = Counter()

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        posted = super().post(notice, card, timeout=timeout)
        self.told[notice.key] += 1
        return posted


class Life(NamedTuple):
    """What became of it: who was told what how often, what its chain tells, and the saves that it took."""

    told: Counter[str]
    chain: list[str]
    saves: int


def insist(world: World, act: Callable[[], object]) -> None:
    """Who is told to try again does, until it is kept, or refused because it was kept before."""
    for _ in range(4):
        with contextlib.suppress(Refused):
            try:
                act()
            except Unavailable:
                world.clock.advance(STEP)
                continue
        return
    raise AssertionError("it is never kept")


def pass_by(world: World, seconds: int, *, step: int = STEP) -> None:
    """Let time go by. A pass that the store fails is made again, as by the timer."""
    for _ in range(seconds // step):
        with contextlib.suppress(Unavailable):
            world.passes(step, step=step)


def live(store: Store, folder: Path, *, fails: int = 0, many: int = 1, kept: bool = False) -> Life:
    """Access is asked for, approved, given, ended and taken away. People are told in the chat and by mail."""
    folder.mkdir()
    cloud, room, saves = google_with(), Counting(), Saves(fails=fails, many=many, kept=kept)
    wire = Wire(direct(cloud))
    world = World(folder, granter=wire, store=saves.around(store), messenger=room)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    world.policy = policy((TOP, MAILED))
    world.open_(mail=True)
    insist(world, lambda: world.file(key="a form"))
    (request,) = store.pending(limit=2)
    pass_by(world, 120)
    insist(world, lambda: world.press(BOB, request))
    pass_by(world, 120)
    assert len(bindings(cloud)) == 1
    insist(world, lambda: world.end(ALICE, request))
    pass_by(world, 120)

    assert bindings(cloud) == []
    assert [(each.state, each.removed) for each in world.read(request).grants] == [("ended", True)]
    assert wire.sent == len(["given", "taken"])
    for key in ("card", "status"):
        true = [each for each in room.of(request.id, key) if each.drawn is not None]
        assert [each.drawn and (each.drawn.request, each.token) for each in true] == [(world.read(request), "")]
    pass_by(world, 2 * 3600, step=300)
    assert store.due(now=world.clock() + timedelta(days=9), limit=9) == [], "nothing is left to do"
    assert list(Inspection(store).faults()) == []
    letters = Counter(letter.notice.key for letter in world.postman.letters)
    return Life(
        told=room.told + letters, chain=[each.action for each in store.entries(request.id)], saves=saves.seen
    )


@pytest.fixture
def lived(tmp_path: Path, new_place: NewPlace) -> Callable[..., Life]:
    """A life in a store of its own."""
    number = iter(range(10**6))

    def one(kind: str, **how: object) -> Life:
        store = new_place(kind).open()
        try:
            return live(store, tmp_path / f"life {next(number)}", **how)  # type: ignore[arg-type]
        finally:
            store.close()

    return one


@pytest.mark.parametrize("kept", [False, True], ids=["refused", "kept"])
@pytest.mark.parametrize(("kind", "every"), [("sqlite", 1), ("firestore", 6)])
def test_where_any_one_save_fails_everybody_is_told_once_and_access_is_given_and_taken_once(
    lived: Callable[..., Life], kind: str, every: int, kept: bool
) -> None:
    whole = lived(kind)
    assert set(whole.told.values()) == {1}
    for fails in range(1, whole.saves + 1, every):
        life = lived(kind, fails=fails, kept=kept)
        assert (life.told, life.chain) == (whole.told, whole.chain), fails


def test_where_two_saves_in_a_row_are_refused_nobody_is_left_out_and_what_comes_again_is_the_same(
    lived: Callable[..., Life],
) -> None:
    """The second try of a save is the last one: what stands in the chat or was mailed can come once more."""
    whole = lived("sqlite")
    for fails in range(1, whole.saves + 1):
        life = lived("sqlite", fails=fails, many=2)
        assert (life.told.keys(), life.chain) == (whole.told.keys(), whole.chain), fails
        again = life.told - whole.told
        assert again.total() <= 1, fails
        assert not [key for key in again if key.startswith("turn:")], "nobody is called twice"
