"""Activations are told at least once, to each announcer by itself, and in nobody's way."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals.ports.store import Lease
from approvals.refusals.errors import Conflict, Unavailable
from approvals.telling.activations import Activation
from tests.support.world import ALICE, BOB, World


class Crier:
    """An announcer that notes what it was told, and first fails as often as it is to."""

    def __init__(self, name: str = "crier", *, fails: int = 0, before: Callable[[], None] | None = None) -> None:
        self.name = name
        self.fails = fails
        self.before = before or (lambda: None)
        self.told: list[tuple[str, str]] = []

    def announce(self, activation: Activation, *, timeout: float) -> None:
        self.before()
        if self.fails:
            self.fails -= 1
            raise Unavailable("nobody there")
        self.told.append((activation.kind, activation.request.id))


def telling(world: World, *criers: Crier) -> World:
    world.announcers = list(criers)
    world.restart()
    return world


def due(world: World) -> list[str]:
    return [each for each in world.store.due(now=world.clock(), limit=100) if each.startswith("activation:")]


def test_without_announcers_nothing_is_ever_due(world: World) -> None:
    request = world.file()
    world.press(BOB, request)
    world.reconciler.subject(f"request:{request.id}")

    assert due(world) == []


def test_asking_and_the_approval_are_told_once_each_and_in_order(world: World) -> None:
    crier = Crier()
    request = telling(world, crier).granted()
    world.passes(600)
    telling(world, crier).passes(600)

    assert crier.told == [("requested", request.id), ("approved", request.id)]


def test_access_that_nobody_else_approved_is_told_as_taken_alone(world: World) -> None:
    crier = Crier()
    request = telling(world, crier).file(ALICE, "logs")
    world.passes(60)

    assert crier.told == [("self_approved", request.id)]


def test_what_was_denied_or_withdrawn_is_told_as_asked_and_nothing_more(world: World) -> None:
    crier = Crier()
    request = telling(world, crier).file()
    world.press(BOB, request, "deny", comment="not today")
    world.passes(60)

    assert crier.told == [("requested", request.id)]


def test_who_fails_is_told_later_and_what_follows_waits(world: World) -> None:
    crier = Crier(fails=5)
    request = telling(world, crier).granted()
    assert crier.told == []
    world.passes(120, step=1)

    assert crier.told == [("requested", request.id), ("approved", request.id)]


def test_who_fails_for_a_day_is_told_no_more_and_nothing_is_left_due(world: World) -> None:
    crier = Crier(fails=10_000)
    telling(world, crier).granted()
    world.passes(90_000, step=300)
    crier.fails = 0
    world.passes(3600, step=300)

    assert crier.told == []
    assert due(world) == []


def test_one_that_fails_keeps_no_other_and_no_access_waiting(world: World) -> None:
    deaf, other = Crier("deaf", fails=10_000), Crier("other")
    request = telling(world, deaf, other).granted()

    assert other.told == [("requested", request.id), ("approved", request.id)]
    assert world.state(request) == "active"


def test_one_that_breaks_keeps_no_other_waiting_and_is_told_later(world: World) -> None:
    def breaks() -> None:
        if world.clock() < since + timedelta(seconds=20):
            raise ValueError("no such form")

    since = world.clock()
    broken, other = Crier("broken", before=breaks), Crier("other")
    request = telling(world, broken, other).granted()
    assert (broken.told, other.told) == ([], [("requested", request.id), ("approved", request.id)])
    world.passes(120, step=1)

    assert broken.told == other.told


def test_who_dies_after_telling_tells_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    crier = Crier()
    request = telling(world, crier).file()
    save = world.store.save
    lost = [True]

    def dies(lease: Lease, body: bytes) -> Lease:
        if lease.subject.startswith("activation:") and lost:
            lost.clear()
            raise Conflict("died")
        return save(lease, body)

    monkeypatch.setattr(world.store, "save", dies)
    world.passes(120)

    assert crier.told == [("requested", request.id)] * 2


def test_what_was_long_ago_when_it_is_switched_on_is_not_told(world: World) -> None:
    request = world.granted(minutes=240)
    world.clock.advance(86_401)
    crier = Crier()
    telling(world, crier).passes(60)

    assert world.state(request) == "ended"
    assert crier.told == []
