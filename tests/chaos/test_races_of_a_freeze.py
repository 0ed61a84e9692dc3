"""Decisions, filings and writes of policies against a freeze, on either store.

Tried without the guards. Without `guards.require` in `approvals/backends/stores/sqlite/requests.py`, or with the
guards read outside of the transaction in `approvals/backends/stores/firestore/guards.py`, decisions are kept after
the freeze that they did not know of. Without the second look in `FrozenWrites.allow` the write is sent.
"""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.freezes import freezing
from approvals.ports.store import Store
from approvals.requests import Request
from countersign_client.chain import verify
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.chaos.late import world
from tests.chaos.meetings import at_once
from tests.support.direct import Wire
from tests.support.lateness import Late
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, refused

__all__ = ["world"]


def frozen(store: Store, world: World) -> None:
    assert freezing.freeze(store, by="os:root", why=None, now=world.clock())


def thawed(store: Store, world: World) -> None:
    assert freezing.thaw(store, by="os:root", why=None, now=world.clock())


DECISIONS: dict[str, Callable[[World, Request], Any]] = {
    "approve": lambda world, one: world.press(CAROL, one),
    "deny": lambda world, one: world.press(CAROL, one, "deny"),
    "take back": lambda world, one: world.press(BOB, one, "take_back"),
    "file": lambda world, _: world.file(GWEN),
    "file what nobody else approves": lambda world, _: world.file(GWEN, "logs"),
}


def asked(world: World) -> Request:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    return world.read(request)


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_that_was_read_before_a_freeze_and_commits_after_it_is_not_kept(
    world: World, late: Late, other: Store, decision: str
) -> None:
    request = asked(world)
    late.before_the_next("create" if decision.startswith("file") else "commit", lambda: frozen(other, world))

    with refused("frozen"):
        DECISIONS[decision](world, request)

    assert other.request(request.id) == request
    assert len(list(other.chains())) == 2
    thawed(other, world)
    DECISIONS[decision](world, request)


def test_late_evidence_against_a_freeze(world: World, late: Late, other: Store) -> None:
    request = asked(world)
    world.press_unchecked(CAROL, request)
    late.before_the_next("commit", lambda: frozen(other, world))

    world.passes(30)

    assert freezing.read(other).frozen
    assert other.request(request.id).state == "pending"


def test_presses_at_the_moment_of_a_freeze_are_kept_before_it_or_never(world: World, other: Store) -> None:
    """Whoever has frozen sees all that will ever be kept of what was under way."""
    requests = [asked(world) for _ in range(4)]
    seen: list[list[str]] = []

    def freeze() -> str:
        frozen(other, world)
        seen.append([other.request(request.id).state for request in requests])
        return "frozen"

    results = at_once(*[lambda one=one: world.press(CAROL, one) for one in requests], freeze)

    states = [other.request(request.id).state for request in requests]
    assert seen == [states]
    kept = [result for result in results[:-1] if result != "frozen"]
    assert len(kept) == states.count("approved")
    for request in requests:
        verify(other.entries(request.id), request=request.id, head=other.head(request.id))


def test_a_write_under_way_is_the_last(world: World, cloud: Google, wire: Wire, other: Store) -> None:
    first, second = world.file(), world.file(GWEN)
    world.press(BOB, first)

    def meanwhile() -> None:
        world.press(BOB, second)
        frozen(other, world)

    wire.writes = [meanwhile]
    world.passes(60)

    assert wire.sent == 1
    assert len(bindings(cloud)) == 1
    assert sorted([world.state(first), world.state(second)]) == ["activating", "active"]
    thawed(other, world)
    world.passes(30)
    assert [world.state(first), world.state(second)] == ["active", "active"]


def test_a_freeze_just_before_the_write_is_sent_stops_it(
    world: World, cloud: Google, late: Late, wire: Wire, other: Store
) -> None:
    request = world.file()
    world.press(BOB, request)
    (work,) = [subject for subject in world.reconciler.due() if subject.startswith("binding:")]
    late.before_the_next("save", lambda: frozen(other, world))

    # The first that is saved of this work is what it is about to write.
    world.reconciler.subject(work)
    assert freezing.read(other).frozen
    world.passes(60)

    assert (wire.sent, bindings(cloud), world.state(request)) == (0, [], "activating")
