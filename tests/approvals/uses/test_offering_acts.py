"""What is done with access by what IAM offers: while the binding stands, is gone, or is not told.

One table: each act, and what becomes of it by what Google says at that moment.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from approvals.access.bindings import TITLE
from approvals.refusals.errors import Refused, Unavailable
from approvals.report import Wanted, report
from approvals.requests import Request
from approvals.uses.history import Wanted as Sought
from approvals.uses.revoking import revoke, revoke_entitlement
from sandbox.google import Fault, Google
from tests.support.eligible import ADMIN, SOURCE, eligible_world, mark, only
from tests.support.googles import PROJECT, google, google_stage, google_url
from tests.support.world import ALICE, BOB, DAN, GWEN, World

__all__ = ["google", "google_stage", "google_url"]

Prepare = Callable[[World], Request]
Act = Callable[[World, Request], object]
RULES = f"delegates: [{GWEN}]\nadministrators: [{DAN}]\nauditors: [{DAN}]\n"


def waiting(world: World) -> Request:
    return world.file(ALICE, only(world, ALICE), minutes=60)


def standing(world: World) -> Request:
    request = waiting(world)
    world.press(BOB, request)
    world.pass_()
    assert world.state(request) == "active"
    world.clock.advance(timedelta(minutes=5).total_seconds())
    return world.read(request)


def countered(world: World) -> Request:
    request = waiting(world)
    world.offer(BOB, request, minutes=30)
    return world.read(request)


def extending(world: World) -> Request:
    return world.extend(ALICE, standing(world), minutes=30)


def away(world: World) -> Request:
    request = waiting(world)
    until = world.clock() + timedelta(hours=8)
    world.uses.standing_in.leave(world.identity(BOB), until=until, delegate=GWEN, now=world.clock())
    return request


def frozen_entitlement(world: World, request: Request) -> object:
    name, dan = request.terms.entitlement, world.identity(DAN)
    world.uses.freezing.freeze(dan, "entitlement", name, why="a leak", now=world.clock())
    world.freeze.epoch()
    return world.press(BOB, request)


def frozen_person(world: World, request: Request) -> object:
    world.uses.freezing.freeze(world.identity(DAN), "person", ALICE, why="a leak", now=world.clock())
    world.freeze.epoch()
    return world.press(BOB, request)


def revoked(world: World, request: Request) -> object:
    return revoke(world.store, world.policy.identity, ALICE, by="os:op", why=None, now=world.clock())


def entitlement_revoked(world: World, request: Request) -> object:
    return revoke_entitlement(world.store, request.terms.entitlement, by="os:op", why=None, now=world.clock())


def reported(world: World, request: Request) -> object:
    (row,) = report([world.read(request)], Wanted(), reasons=False, now=world.clock())
    assert (row.request, row.person, row.approved_by) == (request.id, ALICE, (BOB,))
    return row


def exported(world: World, request: Request) -> object:
    dan, now = world.identity(DAN), world.clock()
    wanted = Sought(entitlement=request.terms.entitlement)
    taken = [
        each for part in world.uses.history.export(dan, wanted, form="csv", now=now) for each in part.requests
    ]
    assert [each.terms.title for each in taken] == ["Compute Admin on demo-prod"]
    return taken


class Row(NamedTuple):
    """An act, on what, and whether it gives, takes or only tells. `kept`: done while Google is silent, it counts
    as soon as Google answers."""

    prepare: Prepare
    act: Act
    does: Literal["gives", "takes", "tells", "holds"]
    kept: bool = False


TABLE = {
    "approve": Row(waiting, lambda w, r: w.press(BOB, r), "gives", kept=True),
    "approve for who is away": Row(away, lambda w, r: w.press(GWEN, r), "gives", kept=True),
    "accept a counter-offer": Row(countered, lambda w, r: w.press(BOB, w.accept(ALICE, r)), "gives", kept=True),
    "extend": Row(standing, lambda w, r: w.press(BOB, w.extend(ALICE, r, minutes=30)), "gives"),
    "approve an extension": Row(extending, lambda w, r: w.press(BOB, r), "gives", kept=True),
    "end by its holder": Row(standing, lambda w, r: w.end(ALICE, r), "takes"),
    "end by a peer": Row(standing, lambda w, r: w.end(BOB, r), "takes"),
    "end by an administrator": Row(standing, lambda w, r: w.end(DAN, r), "takes"),
    "revoke a person's": Row(standing, revoked, "takes"),
    "revoke the entitlement's": Row(standing, entitlement_revoked, "takes"),
    "deny": Row(waiting, lambda w, r: w.press(BOB, r, "deny", comment="no"), "holds"),
    "approve what is frozen": Row(waiting, frozen_entitlement, "holds"),
    "approve whose requester is frozen": Row(waiting, frozen_person, "holds"),
    "report": Row(standing, reported, "tells"),
    "export": Row(standing, exported, "tells"),
}


@pytest.fixture
def place(tmp_path: Path, google: Google, google_url: str) -> Iterator[World]:
    made = eligible_world(tmp_path, google, google_url, source=RULES + SOURCE)
    mark(google, ADMIN, f"user:{ALICE}", f"user:{BOB}")
    yield made
    made.close()


def given(google: Google) -> list[str]:
    """The conditions of the bindings that give access, whose windows say until when."""
    bindings = google.policies()[PROJECT].get("bindings", [])
    return [each["condition"]["expression"] for each in bindings if each["condition"]["title"] == TITLE]


def done(world: World, request: Request, act: Act) -> None:
    """Whatever it says to whoever does it: what counts is what becomes of access."""
    with suppress(Refused, Unavailable):
        act(world, request)
    world.pass_()


@pytest.mark.parametrize("name", TABLE)
def test_while_the_binding_stands_it_works_as_for_the_files(place: World, google: Google, name: str) -> None:
    row = TABLE[name]
    request = row.prepare(place)
    before = given(google)
    row.act(place, request) if row.does != "holds" else done(place, request, row.act)
    place.pass_()
    after = given(google)

    assert (after == before) is (row.does in ("tells", "holds"))
    assert len(after) == (1 if row.does == "gives" or (row.does == "tells" and before) else 0)


def take_away(world: World, google: Google) -> None:
    """The eligible binding goes, and nothing else; and what was known of it is old."""

    def change(policy: dict[str, Any]) -> None:
        policy["bindings"] = [each for each in policy["bindings"] if each["condition"]["title"] == TITLE]

    google.edit(PROJECT, change)
    world.clock.advance(61)


def silence(world: World, google: Google) -> None:
    google.faults.set(Fault(method="batchGet", status=503, times=10_000))
    world.clock.advance(61)


@pytest.mark.parametrize("what", [take_away, silence])
@pytest.mark.parametrize("name", TABLE)
def test_where_the_binding_is_gone_or_not_told_nothing_is_given_and_all_can_be_taken(
    place: World, google: Google, name: str, what: Callable[[World, Google], None]
) -> None:
    row = TABLE[name]
    request = row.prepare(place)
    before = given(google)
    what(place, google)
    if row.does in ("takes", "tells"):
        row.act(place, request)
        place.pass_()
    else:
        done(place, request, row.act)

    assert given(google) == ([] if row.does == "takes" else before)
    if what is silence and row.does == "gives":
        google.faults.clear()
        place.passes(30)
        assert (given(google) != before) is row.kept
