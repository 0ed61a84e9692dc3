"""Addresses with odd letters, bindings that somebody renamed, and projects that are gone."""

from approvals.ports.targets import Forbidden
from handlers.wording.refusals import worded
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, strip
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World, refused

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
