"""Access that begins later, decisions and writes against a freeze by name and what takes away, on either store.

Tried without what they show: without the guards of `_beginning` in `approvals/reconcile/decisions.py` a start is
kept after the freeze; without the second look in `FrozenWrites.allow` the write is sent.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from approvals import transitions
from approvals.again import again
from approvals.freezes import freezing
from approvals.parts import Kind
from approvals.ports.store import Store
from approvals.requests import Request
from approvals.uses.revoking import revoke_entitlement
from countersign_client.chain import verify
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.approvals.uses.test_break_glass import break_, find, glass
from tests.approvals.uses.test_starting import HOUR
from tests.chaos.late import world
from tests.chaos.meetings import at_once
from tests.chaos.test_races_of_a_freeze import DECISIONS, asked
from tests.support.direct import Wire
from tests.support.frozen import freeze_part, thaw_part
from tests.support.lateness import Late
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, refused

__all__ = ["world"]

Step = Callable[[Store, World, Request], object]


def scheduled(world: World) -> Request:
    """Access that is approved and begins now."""
    request = world.file_from(HOUR)
    world.press(BOB, request)
    world.clock.advance(3600)
    return world.read(request)


def begin(world: World, request: Request) -> None:
    world.reconciler.subject(f"request:{request.id}")


def cancel(store: Store, world: World, request: Request) -> None:
    def attempt() -> None:
        store.commit(transitions.end(store.request(request.id), by=ALICE, now=world.clock()))

    again(attempt, changing=request.id)


def revoke(store: Store, world: World, _: Request) -> None:
    assert revoke_entitlement(store, "admin", by="os:root", why=None, now=world.clock())


def held(of: Kind, name: str) -> Step:
    return lambda store, world, _: freeze_part(store, of, name, now=world.clock())


def freed(of: Kind, name: str) -> Step:
    return lambda store, world, _: thaw_part(store, of, name, now=world.clock())


TAKEN: dict[str, tuple[Step, str]] = {
    "its holder cancels it": (cancel, "ended"),
    "somebody revokes it": (revoke, "revoked"),
}
FROZEN: dict[str, tuple[Step, Step]] = {
    "everything": (
        lambda store, world, _: freezing.freeze(store, by="os:root", why=None, now=world.clock()),
        lambda store, world, _: freezing.thaw(store, by="os:root", why=None, now=world.clock()),
    ),
    "the entitlement": (held("entitlement", "admin"), freed("entitlement", "admin")),
    "the person": (held("person", ALICE), freed("person", ALICE)),
}


def whole(store: Store, request: Request) -> list[str]:
    """What its chain tells, which holds."""
    found = store.entries(request.id)
    verify(found, request=request.id, head=store.head(request.id))
    return [entry.action for entry in found]


@pytest.mark.parametrize("what", TAKEN)
def test_a_start_that_was_read_before_it_is_taken_away_is_not_kept(
    world: World, late: Late, cloud: Google, other: Store, what: str
) -> None:
    take, state = TAKEN[what]
    request = scheduled(world)
    late.before_the_next("commit", lambda: take(other, world, request))

    begin(world, request)
    world.passes(60)

    assert (world.state(request), bindings(cloud)) == (state, [])
    told = whole(other, request)
    assert (f"grant.{state}" in told, "grant.begun" in told) == (True, False)


@pytest.mark.parametrize("what", FROZEN)
def test_a_start_that_was_read_before_a_freeze_is_not_kept_until_it_is_thawed(
    world: World, late: Late, cloud: Google, other: Store, what: str
) -> None:
    freeze, thaw = FROZEN[what]
    request = scheduled(world)
    late.before_the_next("commit", lambda: freeze(other, world, request))

    begin(world, request)
    world.passes(60)

    assert (world.state(request), bindings(cloud)) == ("scheduled", [])
    thaw(other, world, request)
    world.passes(60)
    assert (world.state(request), len(bindings(cloud))) == ("active", 1)


@pytest.mark.parametrize("what", [*TAKEN, *FROZEN])
def test_a_start_at_the_same_moment_gives_nothing_that_was_taken_away_or_held_up(
    world: World, cloud: Google, other: Store, what: str
) -> None:
    request = scheduled(world)
    seen: list[Any] = []

    def meanwhile() -> None:
        (TAKEN.get(what) or FROZEN[what])[0](other, world, request)
        seen.extend(each.state for each in other.request(request.id).grants)

    at_once(partial(begin, world, request), meanwhile)
    world.passes(60)

    states = [each.state for each in other.request(request.id).grants]
    if what in TAKEN:
        assert (states, bindings(cloud)) == ([TAKEN[what][1]], [])
    else:
        # It had begun before or begins after the thaw; its binding was not written.
        assert (states, bindings(cloud)) == (seen, [])
        FROZEN[what][1](other, world, request)
        world.passes(60)
        assert (world.state(request), len(bindings(cloud))) == ("active", 1)
    whole(other, request)


PARTS: dict[str, tuple[Kind, str]] = {
    "approve": ("person", CAROL),
    "deny": ("entitlement", "pair"),
    "take back": ("person", BOB),
    "file": ("person", GWEN),
    "file what nobody else approves": ("entitlement", "logs"),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_that_was_read_before_a_freeze_by_name_and_commits_after_it_is_not_kept(
    world: World, late: Late, other: Store, decision: str
) -> None:
    request, (of, name) = asked(world), PARTS[decision]
    freeze = partial(held(of, name), other, world, request)
    late.before_the_next("create" if decision.startswith("file") else "commit", freeze)

    with refused("frozen.you" if of == "person" else "frozen.entitlement"):
        DECISIONS[decision](world, request)

    assert other.request(request.id) == request
    assert len(list(other.chains())) == 2
    thaw_part(other, of, name, now=world.clock())
    DECISIONS[decision](world, request)


def test_a_review_that_was_read_before_its_person_was_frozen_is_not_kept(
    world: World, late: Late, other: Store
) -> None:
    world.policy = glass()
    request = break_(world)
    world.pass_()
    late.before_the_next("commit", lambda: freeze_part(other, "person", BOB, now=world.clock()))

    with refused("frozen.you"):
        find(world, BOB, request)

    found = other.request(request.id).after_review
    assert found is not None
    assert found.finding is None
    thaw_part(other, "person", BOB, now=world.clock())
    find(world, BOB, request)


@pytest.mark.parametrize("part", [("entitlement", "pair"), ("person", ALICE), ("person", CAROL)])
def test_presses_at_the_moment_of_a_freeze_by_name_are_kept_before_it_or_never(
    world: World, other: Store, part: tuple[Kind, str]
) -> None:
    requests = [asked(world) for _ in range(3)]
    seen: list[str] = []

    def freeze() -> str:
        freeze_part(other, *part, now=world.clock())
        seen.extend(other.request(request.id).state for request in requests)
        return "frozen"

    results = at_once(*[lambda one=one: world.press(CAROL, one) for one in requests], freeze)
    world.pass_()

    states = [other.request(request.id).state for request in requests]
    assert seen == states
    assert len([result for result in results[:-1] if result != "frozen"]) == states.count("approved")


def test_a_write_under_way_is_the_last_of_whom_a_freeze_names(
    world: World, cloud: Google, wire: Wire, other: Store
) -> None:
    first, second = world.file(), world.file(GWEN)
    world.press(BOB, first)

    def meanwhile() -> None:
        world.press(BOB, second)
        freeze_part(other, "entitlement", "admin", now=world.clock())

    wire.writes = [meanwhile]
    world.passes(60)

    assert (wire.sent, len(bindings(cloud))) == (1, 1)
    assert sorted([world.state(first), world.state(second)]) == ["activating", "active"]
    thaw_part(other, "entitlement", "admin", now=world.clock())
    world.passes(30)
    assert [world.state(first), world.state(second)] == ["active", "active"]


def test_a_freeze_by_name_just_before_the_write_is_sent_stops_it(
    world: World, cloud: Google, late: Late, wire: Wire, other: Store
) -> None:
    request = world.file()
    world.press(BOB, request)
    (work,) = [subject for subject in world.reconciler.due() if subject.startswith("binding:")]
    late.before_the_next("save", lambda: freeze_part(other, "person", ALICE, now=world.clock()))

    world.reconciler.subject(work)
    world.passes(60)

    assert (wire.sent, bindings(cloud), world.state(request)) == (0, [], "activating")
