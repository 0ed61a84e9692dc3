"""A signal ends access at once by the order of work: no clock is asked whether it was fast enough."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import pytest

from approvals.changes import Change, Mark, Telling
from approvals.refusals.errors import Unavailable
from approvals.signals import Signal
from approvals.uses.heeding import Heeding
from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.world import ALICE, BOB, GWEN, World, policy


class Told:
    """A store, and a bell, that note in which order they were used."""

    def __init__(self, world: World, *, fails_at: int = 0) -> None:
        self._store, self._fails_at = world.store, fails_at
        self.steps: list[str] = []

    def commit(self, change: Change) -> None:
        if self._fails_at and sum(step == "commit" for step in self.steps) + 1 == self._fails_at:
            raise Unavailable("the store is away")
        self._store.commit(change)
        self.steps.append("commit")

    def spend(self, mark: Mark, *, telling: Telling | None = None) -> None:
        self._store.spend(mark, telling=telling)
        self.steps.append("mark")

    def woken(self, _: Sequence[str]) -> None:
        self.steps.append("wake")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def revoked(world: World) -> Signal:
    return Signal(
        transmitter="okta",
        jti="j1",
        issued=world.clock(),
        event="session-revoked",
        ends="session",
        person=ALICE,
    )


def heeding(world: World, told: Told) -> Heeding:
    return Heeding(store=told, rules=lambda: world.policy.identity, woken=told.woken)


def test_each_that_is_taken_is_begun_with_before_the_next_is_taken_and_all_of_it_before_the_answer(
    world: World,
) -> None:
    """Fails where removals wait for the last commit, of which there may be fifty, or for the mark."""
    for entitlement in ("admin", "pair", "logs"):
        world.file(ALICE, entitlement)
    told = Told(world)

    heeding(world, told).heed(revoked(world), now=world.clock())

    assert told.steps == ["commit", "wake"] * 3 + ["mark"]


def test_what_was_taken_before_the_store_went_away_is_begun_with_all_the_same(world: World) -> None:
    for entitlement in ("admin", "pair", "logs"):
        world.file(ALICE, entitlement)
    told = Told(world, fails_at=3)

    with pytest.raises(Unavailable):
        heeding(world, told).heed(revoked(world), now=world.clock())

    assert told.steps == ["commit", "wake"] * 2


def test_the_first_pass_after_a_signal_removes_whatever_else_is_to_be_made_there(
    world: World, cloud: Google
) -> None:
    """No time goes by in between, so nothing that is due later can come first."""
    held = world.granted(ALICE)
    others = [world.file(GWEN, "admin")]
    world.press(BOB, others[0])
    begun = world.clock()

    heeding(world, Told(world)).heed(revoked(world), now=begun)
    world.reconciler.subject(f"binding:{RESOURCE}")

    assert [each["members"] for each in cloud.read(RESOURCE, version=3)["bindings"]] == [[f"user:{GWEN}"]]
    assert world.read(held).grants[0].removed
    assert (world.clock() - begun).total_seconds() < 1


SMITH = "a.smith@example.com"


@pytest.mark.parametrize("ends", ["session", "account"])
def test_what_was_asked_by_an_address_that_became_an_alias_since_is_taken_too(
    world: World, ends: Literal["session", "account"]
) -> None:
    now_one = world.policy
    world.policy = policy(
        ("  aliases: {alice@example.com: [a.smith@example.com]}\n", ""), ("[alice@", f"[{SMITH}, alice@")
    )
    world.people.join(SMITH)
    before = world.file(SMITH)
    world.policy = now_one
    signal = msgspec.structs.replace(revoked(world), ends=ends)
    found = heeding(world, Told(world)).heed(signal, now=world.clock())

    assert [each.id for each in found.taken] == [before.id]
    assert world.read(before).state == "withdrawn"
