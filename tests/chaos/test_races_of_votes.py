"""One person's votes at the same instant as each other and as somebody else's, on either store.

Tried without the guards. Without `token.require_after` in `approvals/reviewing.py` the old click that arrives
again casts a third vote. Without the comparison of the version in either store's `commit`, what is taken back and
what is decided both stand, and the audit chain's key refuses the second commit as an error.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from approvals.ports.store import Store
from approvals.reviews import Verdict
from approvals.uses.votes import Press
from countersign_client.chain import verify
from sandbox.google import Google
from tests.chaos.meetings import Meeting, at_once
from tests.contracts.stores.places import Place
from tests.support.direct import direct_iam
from tests.support.doubles import Around
from tests.support.world import BOB, CAROL, GWEN, World


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


@pytest.fixture
def world(tmp_path: Path, meeting: Meeting, cloud: Google, place: Place) -> Iterator[World]:
    disk = place.open()
    store = cast("Store", Around(disk, before=meeting.before))
    yield World(tmp_path, granter=direct_iam(cloud), store=store)
    disk.close()


def test_one_person_on_two_devices(world: World, meeting: Meeting) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    approving, denying = at_once(lambda: world.press(BOB, request), lambda: world.press(BOB, request, "deny"))
    (only,) = world.read(request).reviews

    if only.verdict == "approve":
        assert (approving.repeated, denying) == (False, "older_card")
    else:
        assert (approving.repeated, approving.verdict, denying.repeated) == (True, "deny", False)


def test_one_person_approves_twice_at_once(world: World, meeting: Meeting) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    results = at_once(*[lambda: world.press(BOB, request)] * 2)

    assert sorted(result.repeated for result in results) == [False, True]
    assert len(world.read(request).reviews) == 1


@pytest.mark.parametrize("second", ["approve", "deny"])
def test_taking_back_against_the_second_vote(world: World, meeting: Meeting, second: Verdict) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    bob = world.identity(BOB)
    meeting.arm()
    taken, voted = at_once(
        lambda: world.uses.deciding.take_back(bob, request.id, now=world.clock()),
        lambda: world.press(CAROL, request, second),
    )
    after = world.read(request)
    verify(world.store.entries(request.id), request=request.id, head=world.store.head(request.id))

    if taken == "decided":
        assert after.state == ("approved" if second == "approve" else "denied")
        assert [review.number for review in after.reviews] == [1, 1]
    else:
        assert after.state == ("pending" if second == "approve" else "denied")
        assert after.grant is None
        assert voted.request.state == after.state


def test_taking_back_twice_at_once_is_one_vote(world: World, meeting: Meeting) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    bob = world.identity(BOB)
    meeting.arm()
    results = at_once(*[lambda: world.uses.deciding.take_back(bob, request.id, now=world.clock())] * 2)

    assert sorted(result.repeated for result in results) == [False, True]
    assert world.actions(request).count("review.take_back") == 1


def test_the_old_click_arrives_again_while_its_vote_is_taken_back(world: World, meeting: Meeting) -> None:
    request = world.file(GWEN, "pair")
    token = world.tokens.mint(request, act="review", now=world.clock())
    click = Press(token=token, verdict="approve")
    bob = world.identity(BOB)
    world.uses.deciding.review(bob, click, now=world.clock())
    meeting.arm()
    at_once(
        lambda: world.uses.deciding.take_back(bob, request.id, now=world.clock()),
        # It has nothing to commit, so it may not be waited for at the second place.
        lambda: (world.press(CAROL, request), world.uses.deciding.review(bob, click, now=world.clock())),
    )
    after = world.read(request)

    assert [review.verdict for review in after.reviews if review.person == BOB].count("approve") == 1
    if after.state == "pending":
        assert world.cases.of(after, now=world.clock()).shown.stages[0].counted == (CAROL,)
