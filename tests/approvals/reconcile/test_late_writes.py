"""Writes that come later than others, and writes that Google refuses for good: what they leave is taken out."""

import pytest

from approvals.changes import Change
from approvals.grants import Grant
from approvals.ports.targets import Impossible, PolicyChanged
from approvals.reconcile.means import LAG, WRITE
from handlers.wording.refusing.refusals import worded
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, during, in_force, strip, windows
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World

BINDING = f"binding:{RESOURCE}"


def grant(world: World, request_id: str) -> Grant:
    found = world.store.request(request_id).grant
    assert found is not None
    return found


def test_a_conflict_does_not_hide_an_earlier_attempt_that_may_arrive(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.file()
    world.press(BOB, request)

    def conflict() -> None:
        world.end(ALICE, request)
        raise PolicyChanged("there were concurrent policy changes")

    wire.writes = ["late", conflict]
    world.reconciler.subject(BINDING)
    assert (grant(world, request.id).state, grant(world, request.id).removed) == ("ended", False)
    wire.land()
    assert in_force(cloud, world.clock())
    world.passes(30)

    assert bindings(cloud) == []
    assert grant(world, request.id).removed


def test_a_conflict_of_the_only_attempt_leaves_nothing_to_wait_for(world: World, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)

    def conflict() -> None:
        world.end(ALICE, request)
        raise PolicyChanged("there were concurrent policy changes")

    wire.writes = [conflict]
    world.reconciler.subject(BINDING)

    assert grant(world, request.id).removed


def test_of_a_grant_that_failed_nothing_is_left_only_when_nothing_of_it_can_arrive_any_more(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.file()
    world.press(BOB, request)
    refused = Impossible("Role roles/run.admin is not supported for this resource")
    wire.writes = ["late", refused, None, refused]
    world.reconciler.subject(BINDING)
    assert (grant(world, request.id).state, grant(world, request.id).removed) == ("failed", False)
    assert wire.sent == 2, "writes that add nothing, before and after, which may leave the etag of the late one"
    wire.land()
    world.passes((WRITE + LAG).total_seconds() + 1)

    assert bindings(cloud) == []
    assert grant(world, request.id).removed
    assert world.store.holdings(resource=RESOURCE, person=ALICE) == []


def test_what_cannot_be_made_smaller_is_told_and_tried_with_growing_pauses(
    world: World, cloud: Google, wire: Wire
) -> None:
    first = world.granted()
    world.clock.advance(600)
    second = world.granted()
    world.end(ALICE, second)
    tried: list[bool] = []

    def refused() -> None:
        tried.append(True)
        raise Impossible("Principal dave@example.com does not exist")

    wire.writes = [refused] * 1000
    world.passes(120)

    assert (worded(grant(world, second.id).trouble), grant(world, second.id).removed) == (
        "Principal dave@example.com does not exist",
        False,
    )
    assert 4 <= len(tried) <= 18, "each time the write, and one that adds nothing"
    assert world.state(first) == "active"
    drawn = world.room.only(second.id, "status").drawn
    assert drawn is not None
    assert drawn.request.grant == grant(world, second.id)

    wire.writes = []
    world.passes(300)
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:00:00"))]
    assert (grant(world, second.id).trouble, grant(world, second.id).removed) == ("", True)


def test_what_is_taken_away_before_its_writing_was_judged_is_recorded_as_removed(
    world: World, cloud: Google, wire: Wire
) -> None:
    """Its answer was lost, its window is over, and nothing has looked at it in between."""
    request = world.file(minutes=20)
    world.press(BOB, request)
    wire.writes = ["lost"]
    world.reconciler.subject(BINDING)
    world.clock.advance(1201)
    world.passes(30)

    assert (grant(world, request.id).state, grant(world, request.id).removed) == ("ended", True)
    assert bindings(cloud) == []


def test_a_death_between_the_read_back_and_its_record_brings_nothing_back(world: World, cloud: Google) -> None:
    request = world.file()
    world.press(BOB, request)
    commit = world.store.commit

    def dies(change: Change) -> None:
        commit(change)
        if change.request.grant and change.request.grant.state == "active":
            raise Death

    world.store.commit = dies  # type: ignore[method-assign]
    with pytest.raises(Death):
        world.pass_()
    world.store.commit = commit  # type: ignore[method-assign]
    strip(cloud)
    world.restart()
    world.clock.advance(31)
    world.passes(120)

    assert bindings(cloud) == []
    assert world.state(request) == "revoked"


class Death(BaseException):
    """The process ends here."""
