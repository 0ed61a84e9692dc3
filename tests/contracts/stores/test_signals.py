"""Signals, on both stores: what they end, that they end it once, and that a death in the middle leaves nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals import absences
from approvals.auditing.audits import Inspection
from approvals.changes import Mark, Marked, Telling
from approvals.ports.store import Store
from approvals.refusals.errors import CountersignError
from approvals.requests import Request
from approvals.signals import OLDEST, Ends, Signal
from approvals.uses.heeding import HEEDED, Heeded
from tests.approvals.reconcile.test_leavers import away
from tests.contracts.stores.places import Place
from tests.support.direct import Wire
from tests.support.meetings import at_once
from tests.support.world import ALICE, BOB, CAROL, World


@pytest.fixture
def world(place: Place, wire: Wire, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, granter=wire, store=place.open())
    yield made
    assert list(Inspection(made.store).faults()) == []
    made.close()


def signal(world: World, ends: Ends | None = "session", person: str = ALICE, **changes: Any) -> Signal:
    events: dict[Ends | None, str] = {"session": "session-revoked", "account": "account-disabled", None: ""}
    given = {"transmitter": "okta", "jti": "j1", "issued": world.clock(), "event": events[ends]}
    return Signal(**{**given, "ends": ends, "person": person, **changes})


def heed(world: World, one: Signal) -> Heeded:
    return world.uses.heeding.heed(one, now=world.clock())


def told(world: World) -> list[Any]:
    return [each.detail for each in world.store.entries("") if each.action == HEEDED]


def state(world: World, request: Request) -> str:
    """How its access stands, or the request where there is none."""
    return world.state(request) or world.read(request).state


def test_what_ends_nothing_leaves_nothing(world: World) -> None:
    held, waits = world.granted(), world.file(ALICE, "pair")

    for one in (signal(world, None), signal(world, person=""), signal(world, person=GHOST)):
        assert heed(world, one).taken == ()

    assert (state(world, held), state(world, waits)) == ("active", "pending")
    assert told(world) == []


GHOST = "ghost@example.com"


@pytest.mark.parametrize(("ends", "cause"), [("session", "session"), ("account", "left")])
def test_access_ends_and_what_waits_is_withdrawn(world: World, ends: Ends, cause: str) -> None:
    held, waits, others = world.granted(), world.file(ALICE, "pair"), world.file(BOB, "pair")

    found = heed(world, signal(world, ends))
    world.pass_()

    assert (found.outcome, len(found.taken)) == ("heeded", 2)
    assert (state(world, held), state(world, waits), state(world, others)) == ("revoked", "withdrawn", "pending")
    grant = world.read(held).grants[0]
    assert (grant.cause, grant.closed_by, grant.removed) == (cause, "", True)
    decision = world.read(waits).decision
    assert decision is not None
    assert (decision.reason, decision.by) == (cause, ())
    assert [(each["transmitter"], each["person"], each["taken"]) for each in told(world)] == [("okta", ALICE, 2)]


def test_a_signal_that_comes_again_does_nothing_whatever_was_asked_since(world: World) -> None:
    world.file(ALICE, "pair")
    one = signal(world, "account")
    heed(world, one)
    fresh = world.file(ALICE, "pair")

    assert heed(world, one).outcome == "again"
    assert state(world, fresh) == "pending"
    assert len(told(world)) == 1


def test_after_a_revoked_session_one_may_ask_at_once_and_an_old_signal_takes_nothing_of_it(world: World) -> None:
    before = world.file(ALICE, "pair")
    issued = world.clock()
    world.clock.advance(3600)
    fresh = world.file(ALICE, "admin")

    heed(world, signal(world, issued=issued))

    assert (state(world, before), state(world, fresh)) == ("withdrawn", "pending")


def test_a_disabled_account_ends_absences_and_a_revoked_session_does_not(world: World) -> None:
    away(world, BOB, ALICE)
    away(world, CAROL, BOB)

    heed(world, signal(world, "session", BOB))
    assert len(absences.read(world.store)[1]) == 2
    found = heed(world, signal(world, "account", BOB, jti="j2"))

    assert found.absences == 2
    assert absences.read(world.store)[1] == ()
    assert [each["absences"] for each in told(world)] == [2]


def test_two_transmitters_may_give_one_name(world: World) -> None:
    heed(world, signal(world))
    waits = world.file(ALICE, "pair")

    assert heed(world, signal(world, transmitter="entra")).outcome == "heeded"
    assert state(world, waits) == "withdrawn"


def test_two_deliveries_at_once_end_it_once(world: World) -> None:
    held, waits = world.granted(), world.file(ALICE, "pair")
    one = signal(world)

    found = at_once(*[lambda: heed(world, one)] * 4)

    assert sorted(each.outcome for each in found) == ["again", "again", "again", "heeded"]
    assert sum(len(each.taken) for each in found) == 2
    assert world.actions(held).count("grant.revoked") == world.actions(waits).count("request.withdrawn") == 1
    assert len(told(world)) <= 1


def test_a_decision_at_once_gives_nothing_that_stays(world: World) -> None:
    asked = [world.file(ALICE, "admin"), world.file(ALICE, "pair")]
    one = signal(world)

    def approve() -> object:
        return world.press(BOB, asked[0])

    at_once(lambda: heed(world, one), approve)
    world.pass_()

    assert state(world, asked[0]) in ("withdrawn", "revoked")
    assert state(world, asked[1]) == "withdrawn"


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_death_in_the_middle_is_made_good_by_the_next_delivery(
    world: World, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """After the first commit, after the second, and before anybody noted that it was heeded."""
    held, waits = world.granted(), world.file(ALICE, "pair")
    one, commit, left = signal(world), world.store.commit, [at]

    def dying(change: Any) -> None:
        if not left[0]:
            raise Died
        left[0] -= 1
        commit(change)

    def gone(*_: Any, **__: Any) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "commit", dying)
        patched.setattr(world.store, "spend", gone)
        with pytest.raises(Died):
            heed(world, one)
    world.restart()

    assert heed(world, one).outcome == "heeded"
    world.pass_()
    assert (state(world, held), state(world, waits)) == ("revoked", "withdrawn")
    assert world.actions(held).count("grant.revoked") == world.actions(waits).count("request.withdrawn") == 1
    assert heed(world, one).outcome == "again"


def test_it_is_kept_as_long_as_it_could_be_accepted(world: World) -> None:
    one = signal(world)
    heed(world, one)
    last: datetime = one.issued + OLDEST
    world.store.sweep(before=last, limit=100)

    assert heed(world, one).outcome == "again"
    world.store.sweep(before=last + timedelta(minutes=1), limit=100)
    assert heed(world, one).outcome == "heeded"


def test_a_mark_and_what_is_told_of_it_are_there_both_or_neither(store: Store) -> None:
    at = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
    mark = Mark(name="signal:okta:1", until=at, body=b"x")
    telling = Telling(at=at, actor="countersign", action=HEEDED, detail={"transmitter": "okta"})
    before = len(store.entries(""))

    store.spend(mark, telling=telling)
    with pytest.raises(Marked):
        store.spend(mark, telling=msgspec.structs.replace(telling, action="again"))
    store.spend(msgspec.structs.replace(mark, name="signal:okta:2"))
    with pytest.raises(CountersignError):
        store.spend(msgspec.structs.replace(mark, name="signal:okta:2"))

    assert store.mark("signal:okta:1") == b"x"
    assert [each.action for each in store.entries("")][before:] == [HEEDED]
