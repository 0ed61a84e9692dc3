"""Addresses with odd letters, bindings that somebody renamed, and projects that are gone."""

from collections.abc import Callable
from typing import Any

from approvals.ports.targets import Forbidden, Impossible
from handlers.wording.refusing.refusals import worded
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, put, strip
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, refused

HOUR, DAY = 3600, 86400


def rename(cloud: Google) -> None:
    """Give our binding another title and description by hand."""
    (made,) = bindings(cloud)
    kept = made["condition"] | {"title": "temporary", "description": "see the wiki"}
    cloud.edit(RESOURCE, lambda policy: policy.update(bindings=[made | {"condition": kept}]))


def test_a_bar_in_an_address_is_part_of_it(world: World, cloud: Google) -> None:
    person = "a|b@example.com"
    world.people.join(person)
    request = world.file(person, "logs")
    world.pass_()
    assert world.state(request) == "active"
    assert [each["members"] for each in bindings(cloud)] == [[f"user:{person}"]]
    world.end(person, request)
    world.pass_()

    assert (world.state(request), bindings(cloud)) == ("ended", [])


def test_a_binding_that_was_renamed_is_still_ours_to_remove(world: World, cloud: Google, wire: Wire) -> None:
    request = world.granted()
    rename(cloud)
    world.passes(120)
    assert (world.state(request), wire.sent, len(bindings(cloud))) == ("active", 1, 1)
    world.end(ALICE, request)
    world.pass_()

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.cause, grant.removed) == ("ended", "holder", True)
    assert bindings(cloud) == []


def test_what_nobody_but_its_holder_can_end_here_can_be_removed_in_iam(world: World, cloud: Google) -> None:
    request = world.granted(ALICE, "logs")
    with refused("not_approver"):
        world.end(BOB, request)
    strip(cloud)
    world.passes(120)

    assert world.state(request) == "revoked"
    world.passes(HOUR)
    assert bindings(cloud) == []


def test_a_project_that_is_gone_is_told_once_and_then_looked_at_once_a_day(world: World, wire: Wire) -> None:
    request = world.granted()
    wire.reads = [Forbidden(f"no permission, or it does not exist: call {number}") for number in range(5000)]
    world.passes(HOUR + DAY, step=600)
    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.removed) == ("ended", False)
    assert worded(grant.trouble).startswith("no permission")
    left, calls = len(wire.reads), world.room.calls
    world.passes(4 * DAY, step=HOUR)

    assert 3 <= left - len(wire.reads) <= 5
    assert world.actions(request).count("grant.trouble") == 1
    assert world.room.calls == calls
    wire.reads = []
    world.passes(2 * DAY, step=HOUR)
    assert world.actions(request)[-1] == "grant.removed"


def edited(cloud: Google, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change each binding by hand."""
    cloud.edit(RESOURCE, lambda policy: policy.update(bindings=[change(each) for each in policy["bindings"]]))


def test_a_binding_that_was_made_a_second_time_by_hand_goes_with_the_first(
    world: World, cloud: Google, wire: Wire
) -> None:
    """It gives what ours gives, under the same condition: only its title is another."""
    request = world.granted()
    (made,) = bindings(cloud)
    put(cloud, [made | {"condition": made["condition"] | {"title": "copied"}}])
    world.passes(120)
    assert (world.state(request), wire.sent, len(bindings(cloud))) == ("active", 1, 2)
    world.end(ALICE, request)
    world.pass_()

    assert (bindings(cloud), world.read(request).grants[0].removed) == ([], True)


def test_capitals_that_google_gives_back_make_nobody_else_of_a_member(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.granted()
    edited(cloud, lambda each: each | {"members": ["user:Alice@Example.com"]})
    world.passes(120)
    assert (world.state(request), wire.sent) == ("active", 1)
    world.end(ALICE, request)
    world.pass_()

    assert bindings(cloud) == []


def test_whose_account_google_deleted_has_no_access_and_keeps_nobody_from_theirs(
    world: World, cloud: Google
) -> None:
    """What Google makes of the binding is no longer ours to change, and stays as it is in later writes."""
    request, other = world.granted(), world.granted(GWEN)
    gone = "deleted:user:alice@example.com?uid=123456789012345678901"
    edited(cloud, lambda each: each | {"members": [gone]} if "user:alice@example.com" in each["members"] else each)
    world.passes(90)
    world.end(GWEN, other)
    later = world.granted(BOB, "logs")

    assert [world.state(each) for each in (request, other, later)] == ["revoked", "ended", "active"]
    assert [each["members"] for each in bindings(cloud)] == [[gone], ["user:bob@example.com"]]


def test_a_condition_that_somebody_changed_is_theirs_and_the_access_is_revoked(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.granted()
    shorter = {"title": "shorter", "expression": 'request.time < timestamp("2026-11-22T10:30:00Z")'}
    edited(cloud, lambda each: each | {"condition": shorter})
    world.passes(HOUR + 90)

    assert (world.state(request), wire.sent) == ("revoked", 1)
    assert [each["condition"] for each in bindings(cloud)] == [shorter]


def test_of_a_policy_that_is_full_somebody_who_leaves_makes_room_and_whoever_has_none_is_told(
    world: World, cloud: Google
) -> None:
    """IAM counts 1,500 principals in a policy, every occurrence."""
    over = world.granted(GWEN, "logs", minutes=10)
    put(cloud, [{"role": "roles/viewer", "members": [f"user:u{number}@example.com" for number in range(1499)]}])
    world.clock.advance(600)
    asked = [world.file(person, "logs") for person in (ALICE, BOB, CAROL)]
    world.passes(60)

    assert world.read(over).grants[0].removed
    assert sorted(world.state(each) for each in asked) == ["active", "failed", "failed"]
    (cause,) = {worded(grant.cause) for each in asked if (grant := world.read(each).grants[0]).state == "failed"}
    assert "1,500" in cause


def test_twenty_conditions_of_others_for_the_same_person_and_role_keep_nobody_else(
    world: World, cloud: Google
) -> None:
    put(cloud, [condition_of_their_own(number) for number in range(20)])
    full, other = world.file(ALICE, "logs"), world.file(BOB, "logs")
    world.passes(60)

    assert (world.state(full), world.state(other)) == ("failed", "active")
    assert len(bindings(cloud)) == 21


def condition_of_their_own(number: int) -> dict[str, Any]:
    condition = {"title": "own", "expression": f"request.time.getHours() < {number}"}
    return {"role": "roles/logging.viewer", "members": ["user:alice@example.com"], "condition": condition}


def test_a_project_that_is_deleted_and_comes_back_loses_and_gains_nobody_anything(
    world: World, cloud: Google, wire: Wire
) -> None:
    """While it is gone some access ends by its time, some is ended, and some is asked for."""
    short, ended, kept = (world.granted(who, "logs", minutes=m) for who, m in ((ALICE, 5), (BOB, 60), (GWEN, 60)))
    wire.reads = [Impossible("Project not found")] * 1000
    world.end(BOB, ended)
    asked = world.file(CAROL, "logs")
    world.passes(600)
    assert [world.state(each) for each in (short, ended, kept, asked)] == [
        "ended",
        "ended",
        "active",
        "activating",
    ]
    assert not any(grant.removed for each in (short, ended) for grant in world.read(each).grants)
    wire.reads = []
    world.passes(330)

    assert [world.state(each) for each in (short, ended, kept, asked)] == ["ended", "ended", "active", "active"]
    assert all(grant.removed for each in (short, ended) for grant in world.read(each).grants)
    assert {each["members"][0] for each in bindings(cloud)} == {"user:gwen@example.com", "user:carol@example.com"}
