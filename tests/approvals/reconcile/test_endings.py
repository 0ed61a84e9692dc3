"""From a binding to nothing: time, people, administrators by hand, and writes that come late."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.backends.granters.google_iam import GoogleIam
from approvals.policy.model import Policy
from approvals.ports.targets import Forbidden, PolicyChanged, Unsure
from handlers.wording.refusing.refusals import worded
from sandbox.google import Fault, Google
from tests.approvals.reconcile.clouds import FOREIGN, bindings, during, in_force, put, strip, windows
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.googles import google, google_stage, google_url
from tests.support.world import ALICE, BOB, CAROL, World, policy

__all__ = ["google", "google_stage", "google_url"]
BINDING = f"binding:{RESOURCE}"


def test_the_binding_is_gone_when_the_window_is_over(world: World, cloud: Google) -> None:
    request = world.granted(minutes=10)
    world.passes(600)

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.cause, grant.removed) == ("ended", "time", True)
    assert bindings(cloud) == []
    assert world.actions(request)[-2:] == ["grant.ended", "grant.removed"]


def test_the_binding_is_kept_until_then(world: World, cloud: Google) -> None:
    world.granted(minutes=10)
    world.passes(585)

    assert len(bindings(cloud)) == 1


@pytest.mark.parametrize(("who", "state"), [(ALICE, "ended"), (CAROL, "revoked")])
def test_who_ends_access_early_leaves_no_binding(world: World, cloud: Google, who: str, state: str) -> None:
    request = world.granted()
    world.end(who, request)
    world.pass_()

    assert world.state(request) == state
    assert bindings(cloud) == []


def test_a_removal_google_refuses_is_tried_until_it_works(world: World, cloud: Google, wire: Wire) -> None:
    request = world.granted()
    world.end(ALICE, request)
    wire.writes = [Forbidden("needs setIamPolicy")] * 3
    world.pass_()
    grant = world.read(request).grant
    assert grant is not None
    assert (worded(grant.trouble), grant.removed) == ("needs setIamPolicy", False)
    world.passes(60)

    healed = world.read(request).grant
    assert healed is not None
    assert (healed.trouble, healed.removed) == ("", True)
    assert bindings(cloud) == []


def test_a_removal_that_lost_a_race_is_made_again(world: World, cloud: Google, wire: Wire) -> None:
    request = world.granted()
    world.end(ALICE, request)
    wire.writes = [lambda: put(cloud, FOREIGN), PolicyChanged("again")]
    world.pass_()

    assert bindings(cloud) == FOREIGN


# --- removed by hand -----------------------------------------------------------------------------


def test_a_binding_removed_by_hand_stays_removed_and_people_are_told(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.granted()
    strip(cloud)
    world.passes(61 + 11)

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.cause, grant.removed) == ("revoked", "outside", True)
    assert [message.notice.step for message in world.room.of(request.id, "step:revoked")] == ["revoked"]
    world.passes(3600)
    assert bindings(cloud) == []
    assert wire.sent == 1


def test_a_binding_removed_by_hand_is_not_put_back_by_an_extension(world: World, cloud: Google) -> None:
    request = world.granted()
    strip(cloud)
    world.clock.advance(30)
    later = world.file()
    world.press(BOB, later)
    world.passes(12)

    assert world.state(request) == "revoked"
    assert world.state(later) == "active"
    assert windows(cloud) == [("roles/run.admin", during("10:00:30", "11:00:30"))]


def test_a_new_approval_inside_a_window_removed_by_hand_counts(world: World, cloud: Google) -> None:
    request = world.granted(minutes=60)
    strip(cloud)
    world.clock.advance(30)
    later = world.file(minutes=10)
    world.press(BOB, later)
    world.passes(12)

    assert (world.state(request), world.state(later)) == ("revoked", "active")
    assert windows(cloud) == [("roles/run.admin", during("10:00:30", "10:10:30"))]


def test_a_joined_binding_removed_by_hand_is_not_put_back_by_an_end(world: World, cloud: Google) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.granted()
    strip(cloud)
    world.end(ALICE, second)
    world.passes(11)

    assert (world.state(first), world.state(second)) == ("revoked", "ended")
    assert bindings(cloud) == []


def test_a_binding_removed_by_hand_while_its_extension_fails_is_not_put_back(
    world: World, cloud: Google, wire: Wire
) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.file()
    world.press(BOB, second)
    wire.writes = [Unsure("503"), Unsure("503"), Unsure("503")]
    wire.reads = [None, None, lambda: strip(cloud)]
    world.passes(60)

    assert (world.state(first), world.state(second)) == ("revoked", "active")
    assert windows(cloud) == [("roles/run.admin", during("10:30:00", "11:30:00"))]


def test_our_own_late_extension_is_not_taken_for_somebodys_removal(
    world: World, cloud: Google, wire: Wire
) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.file()
    world.press(BOB, second)
    wire.writes = ["late"]
    wire.reads = [None, lambda: world.end(ALICE, second)]
    world.reconciler.subject(BINDING)
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:00:00"))]
    wire.land()
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:30:00"))]
    world.passes(60)

    assert (world.state(first), world.state(second)) == ("active", "ended")
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:00:00"))]


# --- late writes ---------------------------------------------------------------------------------


def test_a_write_that_arrives_after_the_end_leaves_no_access(world: World, cloud: Google, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.writes = ["late"]
    wire.reads = [None, lambda: world.end(ALICE, request)]
    world.reconciler.subject(BINDING)
    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.removed, bindings(cloud)) == ("ended", False, [])
    wire.land()
    assert in_force(cloud, world.clock())
    world.passes(30)

    assert bindings(cloud) == []
    after = world.read(request).grant
    assert after is not None
    assert after.removed


def test_a_removal_does_not_count_before_the_last_attempt_can_no_longer_arrive(world: World, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.writes = ["late"]
    wire.reads = [None, lambda: world.end(ALICE, request)]
    world.reconciler.subject(BINDING)
    world.clock.advance(9)
    world.reconciler.subject(BINDING)
    grant = world.read(request).grant
    assert grant is not None
    assert not grant.removed
    world.passes(15)

    grant = world.read(request).grant
    assert grant is not None
    assert grant.removed


def test_what_arrives_later_than_it_can_is_found_when_its_window_is_over(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.file(minutes=10)
    world.press(BOB, request)
    wire.writes = ["late"]
    wire.reads = [None, lambda: world.end(ALICE, request)]
    world.reconciler.subject(BINDING)
    world.passes(30)
    grant = world.read(request).grant
    assert grant is not None
    assert grant.removed
    wire.land()
    assert len(bindings(cloud)) == 1
    world.passes(600)

    assert bindings(cloud) == []


def test_an_attempt_refused_for_good_does_not_hide_an_earlier_one_that_may_arrive(
    world: World, cloud: Google, wire: Wire
) -> None:
    first = world.file()
    world.press(BOB, first)
    wire.writes = ["late"]
    wire.reads = [None, lambda: world.end(ALICE, first)]
    world.reconciler.subject(BINDING)
    world.policy = _unknown_role()
    bad = world.file(ALICE, "pair")
    world.press(BOB, bad)
    world.press(CAROL, bad)
    world.reconciler.subject(BINDING)
    assert world.state(bad) == "failed"
    wire.land()
    world.passes(30)

    assert bindings(cloud) == []


def _unknown_role() -> Policy:
    return policy(("roles: [roles/storage.objectViewer, roles/run.viewer]", "roles: [roles/run.nobody]"))


# --- over the network ----------------------------------------------------------------------------


@pytest.fixture
def networked(tmp_path: Path, google: Google, google_url: str) -> Iterator[World]:
    google.add(RESOURCE)
    made = World(tmp_path, granter=GoogleIam(base_url=google_url))
    yield made
    made.close()


def test_ending_access_while_the_write_stalls_leaves_none(networked: World, google: Google) -> None:
    request = networked.file()
    networked.press(BOB, request)
    google.faults.set(Fault(method="setIamPolicy", stall=True))
    working = threading.Thread(target=networked.reconciler.subject, args=(BINDING,))
    working.start()
    google.faults.wait_for_stall()
    networked.end(ALICE, request)
    google.faults.release()
    working.join(60)
    networked.passes(60)

    grant = networked.read(request).grant
    assert grant is not None
    assert (grant.state, grant.removed) == ("ended", True)
    assert bindings(google) == []


@pytest.mark.parametrize("lost", ["connection", "answer"])
def test_an_answer_lost_on_the_network_is_looked_up(networked: World, google: Google, lost: str) -> None:
    google.faults.set(Fault(method="setIamPolicy", lost="connection" if lost == "connection" else "answer"))
    networked.granted()

    assert [call.code for call in google.calls("setIamPolicy") if call.code in (200, 0, 504)] != []
    assert len(google.calls("setIamPolicy")) == 1
    assert len(bindings(google)) == 1


@pytest.mark.parametrize("status", [409, 503, 429, 403])
def test_an_error_of_google_is_outlived(networked: World, google: Google, status: int) -> None:
    request = networked.file()
    networked.press(BOB, request)
    google.faults.set(Fault(method="setIamPolicy", status=status))
    networked.passes(30)

    assert networked.state(request) == "active"
    assert len(bindings(google)) == 1
