"""A page's form and a card, or one form twice, at the same instant, on either store: nothing counts twice.

At the same instant two guards stop a form that votes again: what it has spent (`require_new`), and the token that
says which vote it follows (`require_after`). `tests/contracts/stores/test_page_votes.py` has the first alone.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from approvals.auditing.audits import Inspection
from approvals.ports.store import Store
from approvals.requests import Request
from approvals.reviews import Verdict
from sandbox.google import Google
from tests.chaos.meetings import Meeting, at_once
from tests.chaos.processes import press_all, world_in
from tests.contracts.stores.places import Place
from tests.support.direct import direct_iam
from tests.support.doubles import Around
from tests.support.pages import Visitors
from tests.support.spawned import answers
from tests.support.world import BOB, CAROL, GWEN, World, policy

FIVE_MINUTES = ("  domains: [example.com]\n", "  domains: [example.com]\n  proof_age: 5m\n")


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


@pytest.fixture
def world(tmp_path: Path, meeting: Meeting, cloud: Google, place: Place) -> Iterator[World]:
    disk = place.open()
    store = cast("Store", Around(disk, before=meeting.before))
    made = World(tmp_path, granter=direct_iam(cloud), store=store)
    made.policy = policy(FIVE_MINUTES)
    yield made
    assert list(Inspection(disk).faults()) == []
    disk.close()


@pytest.fixture
def pages(world: World) -> Visitors:
    return Visitors(world)


def cast_by(world: World, request: Request, person: str) -> list[Verdict]:
    return [review.verdict for review in world.read(request).reviews if review.person == person]


def test_one_person_on_the_page_and_on_the_card_votes_once(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    results = at_once(lambda: pages.vote(BOB, request, form="form-1"), lambda: world.press(BOB, request))

    assert sorted(result.repeated for result in results) == [False, True]
    assert cast_by(world, request, BOB) == ["approve"]
    assert world.read(request).state == "pending"


def test_one_person_who_approves_on_the_page_and_denies_on_the_card(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    on_page, on_card = at_once(
        lambda: pages.vote(BOB, request, form="form-1"), lambda: world.press(BOB, request, "deny")
    )

    if cast_by(world, request, BOB) == ["approve"]:
        assert (on_page.repeated, on_card) == (False, "older_card")
    else:
        assert cast_by(world, request, BOB) == ["deny"]
        assert (on_page.repeated, on_page.verdict, on_card.repeated) == (True, "deny", False)


def test_two_people_one_on_the_page_and_one_on_the_card_are_two(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    results = at_once(lambda: pages.vote(BOB, request, form="form-1"), lambda: world.press(CAROL, request))

    assert sorted(result.request.state for result in results) == ["approved", "pending"]
    assert cast_by(world, request, BOB) == cast_by(world, request, CAROL) == ["approve"]
    assert world.actions(request).count("request.approved") == 1


def test_where_one_is_enough_the_page_or_the_card_decides_and_the_other_is_told(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN)
    meeting.arm()
    results = at_once(lambda: pages.vote(BOB, request, form="form-1"), lambda: world.press(CAROL, request))

    assert results.count("decided") == 1
    assert world.read(request).state == "approved"
    assert len(world.read(request).reviews) == 1


@pytest.mark.parametrize("second", ["approve", "deny"])
def test_one_form_sent_twice_votes_once(world: World, pages: Visitors, meeting: Meeting, second: Verdict) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    at_once(
        lambda: pages.vote(BOB, request, form="form-1"),
        lambda: pages.vote(BOB, request, second, form="form-1"),
    )

    assert [review.form for review in world.read(request).reviews] == ["form-1"]


def test_one_form_that_says_two_things_says_only_one_of_them(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN, "pair")
    pages.vote(BOB, request, form="form-1")
    voted = world.read(request)
    meeting.arm()
    at_once(
        lambda: pages.vote(BOB, voted, "take_back", form="form-2"),
        lambda: pages.vote(BOB, voted, "deny", form="form-2"),
    )

    assert [review.form for review in world.read(request).reviews] == ["form-1", "form-2"]


def test_a_form_that_arrives_again_while_its_vote_is_taken_back_votes_no_more(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN, "pair")
    pages.vote(BOB, request, form="form-1")
    bob = pages.identity(BOB)
    meeting.arm()
    at_once(
        lambda: world.uses.deciding.take_back(bob, request.id, now=world.clock()),
        # It has nothing to commit, so it may not be waited for at the second place.
        lambda: (world.press(CAROL, request), pages.vote(BOB, request, form="form-1")),
    )

    assert [review.form for review in world.read(request).reviews].count("form-1") == 1
    assert cast_by(world, request, BOB) in (["approve"], ["approve", "take_back"])


def test_renewed_on_the_page_and_on_the_card_it_is_renewed_once(
    world: World, pages: Visitors, meeting: Meeting
) -> None:
    request = world.file(GWEN, "pair")
    pages.vote(BOB, request, form="form-1")
    world.clock.advance(301)
    voted = world.read(request)
    meeting.arm()
    results = at_once(lambda: pages.vote(BOB, voted, form="form-2"), lambda: world.press(BOB, voted))

    assert sorted(result.repeated for result in results) == [False, True]
    assert [review.renews for review in world.read(request).reviews] == [False, True]
    assert world.cases.of(world.read(request), now=world.clock()).frozen.stages[0].counted == (BOB,)


@pytest.mark.parametrize(
    ("forms", "person", "outcomes"),
    [
        (("form-1", "form-1"), BOB, ["pending", "repeated"]),
        (("form-1", ""), BOB, ["pending", "repeated"]),
        (("form-1", ""), CAROL, ["approved", "pending"]),
    ],
    ids=["one form twice", "page and card", "two people"],
)
def test_two_processes_take_a_form_once(
    tmp_path: Path, place: Place, forms: tuple[str, str], person: str, outcomes: list[str]
) -> None:
    world = world_in(tmp_path, place)
    requests = [world.file(GWEN, "pair") for _ in range(6)]
    ids = [request.id for request in requests]
    presses = [
        partial(press_all, folder=tmp_path, place=place, ids=ids, person=who, verdict="approve", form=form)
        for who, form in zip((BOB, person), forms, strict=True)
    ]

    for request, one, other in zip(requests, *answers(*presses), strict=True):
        assert sorted((one, other)) == outcomes
        cast = [review.person for review in world.read(request).reviews]
        assert sorted(cast) == sorted({BOB, person})
        assert not world.store.held(request.id).faults
    world.close()
