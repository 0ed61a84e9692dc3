"""Votes by a page's forms: each votes once, a renewal counts once, and every store and copy holds to both."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.stores.copies import copy
from approvals.requests import Request
from approvals.reviews import MOST_VOTES, Verdict
from bot import stores
from tests.contracts.stores.places import Place, sqlite_place
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.damage import spoil
from tests.support.direct import direct_iam
from tests.support.pages import Visitors
from tests.support.tampering import tampered
from tests.support.world import BOB, CAROL, GWEN, World, policy, refused

FIVE_MINUTES = ("  domains: [example.com]\n", "  domains: [example.com]\n  proof_age: 5m\n")
NEW = ("reviews.form", "reviews.renews", "reviews.how")


def world_on(place: Place, folder: Path) -> World:
    made = World(folder, granter=direct_iam(google_with()), store=place.open())
    made.policy = policy(FIVE_MINUTES)
    return made


@pytest.fixture
def world(place: Place, tmp_path: Path) -> Iterator[World]:
    with closing(world_on(place, tmp_path)) as made:
        yield made


def renewed(world: World) -> Request:
    """A request with an approval by a page that counted no more, and was renewed there."""
    request, pages = world.file(GWEN, "pair"), Visitors(world)
    pages.vote(BOB, request, form="form-1")
    world.clock.advance(301)
    pages.vote(BOB, request, form="form-2")
    return world.read(request)


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_a_form_that_has_voted_votes_no_more_after_a_start_either(world: World, verdict: Verdict) -> None:
    request, pages = world.file(GWEN, "pair"), Visitors(world)
    pages.vote(BOB, request, form="form-1")
    world.uses.deciding.take_back(pages.identity(BOB), request.id, now=world.clock())
    world.restart()

    with refused("older_card"):
        pages.vote(BOB, request, verdict, form="form-1")
    assert [vote.verdict for vote in world.read(request).reviews] == ["approve", "take_back"]

    pages.vote(BOB, request, form="form-2")
    assert [vote.form for vote in world.read(request).reviews] == ["form-1", "", "form-2"]


def test_a_renewal_counts_once_and_its_first_form_is_still_spent(world: World) -> None:
    request, pages = renewed(world), Visitors(world)

    assert [(vote.form, vote.renews) for vote in request.reviews] == [("form-1", False), ("form-2", True)]
    assert world.cases.of(request, now=world.clock()).frozen.stages[0].counted == (BOB,)
    world.clock.advance(301)
    for form in ("form-1", "form-2"):
        with refused("older_card"):
            pages.vote(BOB, request, form=form)
    assert world.read(request) == request


def test_renewals_are_votes_and_have_their_limit(world: World) -> None:
    request, pages = world.file(GWEN, "pair"), Visitors(world)
    for number in range(MOST_VOTES):
        pages.vote(BOB, request, form=f"form-{number}")
        world.clock.advance(301)

    with refused("votes"):
        pages.vote(BOB, request, form="one more")
    assert len(world.read(request).reviews) == MOST_VOTES


def test_every_change_of_how_a_vote_was_given_is_found(world: World) -> None:
    request = renewed(world)
    whole = msgspec.json.encode(request)
    assert list(Inspection(world.store).faults()) == []

    tried, unseen = set(), set()
    for name, body in [*tampered(whole), *_further(whole)]:
        if name.startswith(NEW):
            tried.add(name)
            spoil(world.store, request, body)
            if not world.store.held(request.id).faults:
                unseen.add(f"{name}: {body!r}")
    spoil(world.store, request, whole)

    assert {"reviews.form", "reviews.renews", "reviews.how.organisation", "reviews.how.read_at"} <= tried
    assert unseen == set()
    assert list(Inspection(world.store).faults()) == []


def _further(body: bytes) -> Iterator[tuple[str, bytes]]:
    """What was there left out, and what was not put in."""
    how = json.loads(body)["reviews"][1]["how"]
    for member, value in [
        ("form", ""),
        ("form", "form-1"),
        ("how", {}),
        ("how", how | {"amr": ["hwk"]}),
        ("how", how | {"tenant": "t"}),
        ("how", how | {"attributes": {"team": ["sre"]}}),
        ("how", how | {"auth_time": "2026-11-22T10:00:00Z"}),
    ]:
        whole = json.loads(body)
        whole["reviews"][1][member] = value
        yield f"reviews.{member}", json.dumps(whole).encode()


@pytest.mark.parametrize("kind", ["sqlite", "firestore"])
def test_a_copy_keeps_who_renewed_by_which_form(
    kind: str, new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    source, target = new_place(kind), new_place({"sqlite": "firestore", "firestore": "sqlite"}[kind])
    with closing(world_on(source, tmp_path)) as world:
        request, clock = renewed(world), world.clock
    with source.contents() as full, target.filling() as empty:
        copy(full, empty, actor="os:root", now=clock())

    _holds_to(request, target, tmp_path / "copy", after=clock() - NOW)


def test_a_backup_that_is_restored_keeps_who_renewed_by_which_form(tmp_path: Path) -> None:
    with closing(world_on(sqlite_place(tmp_path / "one.db"), tmp_path)) as world:
        request, clock = renewed(world), world.clock
        stores.backup(tmp_path / "one.db", tmp_path / "kept.db")
    told: list[str] = []
    given: dict[str, Any] = {"actor": "os:root", "now": clock(), "warn": told.append}
    stores.restore(tmp_path / "kept.db", tmp_path / "two.db", replace=False, frozen=None, **given)
    assert told == []

    _holds_to(request, sqlite_place(tmp_path / "two.db"), tmp_path / "copy", after=clock() - NOW)


def _holds_to(request: Request, place: Place, folder: Path, *, after: timedelta) -> None:
    folder.mkdir()
    with closing(world_on(place, folder)) as world:
        world.clock.advance(after.total_seconds())
        assert world.read(request).reviews == request.reviews
        assert list(Inspection(world.store).faults()) == []
        world.clock.advance(301)
        pages = Visitors(world)
        with refused("older_card"):
            pages.vote(BOB, request, form="form-1")
        pages.vote(BOB, request, form="form-3")
        pages.vote(CAROL, request, form="form-4")
        assert world.read(request).state == "approved"
