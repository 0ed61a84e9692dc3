"""What freezes and thaws everything, and what the installation's chain tells of it."""

from typing import Any

from approvals.freezes import freezing
from approvals.refusals.errors import Conflict
from approvals.reviews import typed
from tests.approvals.freezes.test_freezing import freeze, thaw
from tests.support.world import ALICE, BOB, World, refused


def test_the_moves_are_told_in_the_installations_chain_without_the_words(world: World) -> None:
    freeze(world, "alice looks fishy")
    world.clock.advance(60)
    thaw(world)

    frozen, thawed = world.store.entries("")
    assert (frozen.actor, frozen.action) == ("os:root", "frozen")
    assert (thawed.actor, thawed.action) == ("os:root", "thawed")
    assert "fishy" not in str(frozen)
    assert frozen.detail["comment"] == typed("alice looks fishy", salt="s" * 16).digest
    assert world.store.held("").faults == ()


def test_what_is_frozen_is_not_frozen_again_nor_thawed_twice(world: World) -> None:
    assert freezing.thaw(world.store, by="os:root", why=None, now=world.clock()) is None
    freeze(world, "first")

    assert freezing.freeze(world.store, by="os:eve", why=None, now=world.clock()) is None

    epoch = freezing.read(world.store)
    assert (epoch.frozen, epoch.last.by, epoch.why) == (True, "os:root", "first")
    assert len(world.store.entries("")) == 1


def test_another_reason_is_told_in_the_chain_and_nothing_is_kept_that_was_decided_before(world: World) -> None:
    """Whoever read the first freeze as thawed holds on to an older number still."""
    request = world.file(ALICE, "pair")
    thawed = freezing.read(world.store)
    freeze(world, "first")
    began = world.clock()
    world.clock.advance(60)
    freezing.freeze(world.store, by="os:eve", why=typed("second", salt="s" * 16), now=world.clock())

    epoch = freezing.read(world.store)
    assert (epoch.frozen, epoch.last.by, epoch.why, epoch.began) == (True, "os:eve", "second", began)
    assert [entry.action for entry in world.store.entries("")] == ["frozen", "frozen"]
    assert "second" not in str(world.store.entries(""))
    assert world.store.held("").faults == ()
    with refused("frozen"):
        world.press(BOB, request)
    assert world.freeze.moved()
    thaw(world)
    assert freezing.read(world.store).number > thawed.number
    world.press(BOB, request)


def test_whoever_freezes_while_others_do_is_told_who_was_first(world: World) -> None:
    class Busy:
        """A store where somebody else is always faster, a few times."""

        def __init__(self) -> None:
            self.moves = 0

        def guarded(self, name: str) -> Any:
            return world.store.guarded(name)

        def guarded_together(self, *names: str) -> Any:
            return world.store.guarded_together(*names)

        def advance(self, guard: Any, **options: Any) -> Any:
            self.moves += 1
            if self.moves < 3:
                raise Conflict("somebody was faster")
            return world.store.advance(guard, **options)

    assert freezing.freeze(Busy(), by="os:root", why=None, now=world.clock()) is not None
    assert freezing.read(world.store).frozen
