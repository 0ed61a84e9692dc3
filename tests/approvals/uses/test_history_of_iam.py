"""The history shows peers what they decide on of what IAM offers, and nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.refusals.errors import NotFound, Unavailable
from approvals.requests import Request
from approvals.uses import peering
from approvals.uses.history import Wanted
from sandbox.google import Fault, Google
from tests.approvals.uses.test_history import look, seen
from tests.support.eligible import ADMIN, JIT, SOURCE, VIEWER, eligible_world, mark, only, unmark
from tests.support.googles import google, google_stage, google_url
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World

__all__ = ["google", "google_stage", "google_url"]
MORE = "    approval: [{approvers: [gwen@example.com], needed: 1}]\n"


@pytest.fixture
def place(tmp_path: Path, google: Google, google_url: str) -> Iterator[World]:
    """Alice and Bob are each other's peers, and what a second stage demands is Gwen's."""
    made = eligible_world(tmp_path, google, google_url, source=SOURCE + MORE)
    mark(google, ADMIN, f"user:{ALICE}", f"user:{BOB}")
    yield made
    made.close()


def decided(world: World) -> Request:
    """One of Alice's that Bob and Gwen approved, and one that waits."""
    request = world.file(ALICE, only(world, ALICE), minutes=60)
    world.press(BOB, request)
    world.press(GWEN, request)
    world.clock.advance(1)
    assert world.state(request) != "pending"
    return world.read(request)


def exported(world: World, person: str, wanted: Wanted) -> list[str]:
    taken = world.uses.history.export(world.identity(person), wanted, form="csv", now=world.clock())
    return [request.id for part in taken for request in part.requests]


def test_peers_and_who_is_asked_besides_find_it_and_nobody_else_does_by_any_question(place: World) -> None:
    first = decided(place)
    second = place.file(ALICE, first.terms.entitlement, minutes=30)
    for wanted in (Wanted(), Wanted(entitlement=first.terms.entitlement), Wanted(person=ALICE)):
        for who in (ALICE, BOB, GWEN):
            assert seen(place, who, wanted) == [second.id, first.id], (who, wanted)
            assert exported(place, who, wanted) == [second.id, first.id]
        for who in (CAROL, DAN):
            assert seen(place, who, wanted) == exported(place, who, wanted) == []
    for who in (ALICE, BOB, GWEN, CAROL):
        assert seen(place, who, Wanted(words=first.id)) == ([] if who == CAROL else [first.id])


def test_what_the_list_shows_is_what_its_page_is_shown_to(place: World, google: Google) -> None:
    made = [decided(place), place.file(ALICE, only(place, ALICE), minutes=30)]
    mark(google, VIEWER, f"user:{BOB}", f"user:{CAROL}")
    unmark(google, ADMIN)
    mark(google, ADMIN, f"user:{ALICE}", f"user:{CAROL}")
    place.clock.advance(61)  # the index is older than that, and knows nothing of it
    for who in (ALICE, BOB, CAROL, DAN, GWEN):
        shown = set(seen(place, who))
        for request in made:
            try:
                place.uses.facing.face(place.identity(who), request.id, now=place.clock())
            except NotFound:
                assert request.id not in shown, who
    assert seen(place, BOB) == [made[0].id]  # what waits is not his any more


def test_a_group_of_peers_is_asked_for_and_an_unread_one_is_said(place: World, google: Google) -> None:
    place.people.groups["peers@example.com"] = {ALICE, CAROL}
    mark(google, VIEWER, "group:peers@example.com")
    name = only(place, ALICE, "iam. run.viewer")
    request = place.file(ALICE, name, minutes=60)
    assert seen(place, CAROL) == [request.id]
    assert seen(place, DAN) == []

    place.people.groups.pop("peers@example.com")
    place.clock.advance(61)
    assert seen(place, CAROL) == []


def test_while_nobody_knows_what_iam_offers_the_list_says_so_and_nothing_is_taken_away(
    place: World, google: Google
) -> None:
    first = decided(place)
    for method in ("batchGet", "searchAllIamPolicies", "searchAllResources", "projects.search"):
        google.faults.set(Fault(method=method, status=503, times=10_000))
    place.clock.advance(7_200)
    found = look(place, BOB)
    assert (list(found.requests), found.unsure) == ([], True)
    with pytest.raises(Unavailable):
        exported(place, BOB, Wanted())

    assert seen(place, BOB, Wanted(entitlement=first.terms.entitlement)) == [first.id]


def test_of_very_many_the_first_are_looked_for_and_that_is_said(
    place: World, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = decided(place)
    monkeypatch.setattr(peering, "MOST", 1)
    mark(google, "roles/run.admin", f"user:{ALICE}", f"user:{BOB}")
    place.clock.advance(301)
    look(place, BOB)  # whoever comes first has it read anew
    found = look(place, BOB)

    assert found.unsure
    assert seen(place, BOB, Wanted(entitlement=first.terms.entitlement)) == [first.id]


def test_what_needs_no_peer_is_nothing_to_whoever_may_have_the_same(place: World, google: Google) -> None:
    mark(google, VIEWER, f"user:{ALICE}", f"user:{BOB}", by=JIT)
    request = place.file(ALICE, only(place, ALICE, "iam. run.viewer"), minutes=60)

    assert (seen(place, BOB), seen(place, GWEN)) == ([], [request.id])
