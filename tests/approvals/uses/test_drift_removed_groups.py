"""Who is taken out of a group: nobody of whom it is not certain, and nobody is told to be out who is in it."""

from datetime import timedelta

import msgspec

from approvals.requests import Request
from approvals.uses.drifting import drift
from tests.approvals.uses.test_drifting import means, taking_out
from tests.approvals.uses.test_drifting_groups import left_over, looked, world
from tests.support.damage import spoil
from tests.support.fridays import GROUP, OF_GROUP
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, GWEN, policy

__all__ = ["world"]


def test_whose_membership_was_made_anew_during_the_removal_is_not_told_to_be_out(world: Joined) -> None:
    request = left_over(world)

    def made_anew() -> None:
        world.google.groups.take(GROUP, ALICE)
        world.google.groups.put(GROUP, ALICE, until=world.end_of(request).timestamp())

    world.wire.writes = [made_anew]
    found = looked(world, remove=True)

    assert (found.removed, [each.resource for each in found.kept]) == ((), [f"groups/{GROUP}"])
    assert ([each.kind for each in found.found], found.unread) == (["over"], ())
    assert list(world.held()) == [ALICE]
    told = [each.action for each in world.store.entries("") if each.action.startswith("drift.")]
    assert told == ["drift.removing", "drift.refused"]
    assert [each.member for each in looked(world, remove=True).removed] == [f"user:{ALICE}"]


def test_who_is_over_by_the_second_look_alone_is_told_as_well(world: Joined) -> None:
    of_gwen = world.granted(GWEN)
    world.end(GWEN, of_gwen)
    request = left_over(world)
    late = world.end_of(of_gwen).timestamp()
    world.wire.reads = [None, None, lambda: world.google.groups.put(GROUP, GWEN, until=late)]
    found = looked(world, remove=True)

    assert {(each.member, each.request) for each in found.removed} == {
        (f"user:{ALICE}", request.id),
        (f"user:{GWEN}", of_gwen.id),
    }
    assert (found.found, world.held()) == ((), {})


def test_a_clock_that_is_ahead_takes_nobody_out_whose_grant_lives(world: Joined) -> None:
    world.granted()
    before, ahead = world.held(), world.clock() + timedelta(hours=2)
    out = msgspec.structs.replace(taking_out(world, world.wire), clock=lambda: ahead)
    found = drift(world.policy, means(world, world.wire), now=ahead, taking_out=out)

    assert (found.removed, world.held()) == ((), before)


def test_of_whom_a_record_cannot_be_read_is_never_taken(world: Joined) -> None:
    left_over(world)
    spoil(world.store, world.granted())

    assert looked(world, remove=True).removed == ()
    assert list(world.held()) == [ALICE]


def test_whose_address_only_looks_like_ours_is_somebody_else(world: Joined) -> None:
    other = "\N{KELVIN SIGN}im@example.com"
    world.people.join("kim@example.com")
    world.policy = policy(OF_GROUP, ("gwen@example.com]", "kim@example.com]"))
    request = world.granted("kim@example.com")
    world.end("kim@example.com", request)
    world.pass_()
    world.google.groups.put(GROUP, other, until=world.end_of(request).timestamp())
    found = looked(world, remove=True)

    assert ([each.kind for each in found.found], found.removed) == (["lookalike"], ())
    assert list(world.held()) == [other]


def test_what_was_approved_between_the_two_looks_is_never_taken(world: Joined) -> None:
    left_over(world)
    kept: list[Request] = []

    def approved() -> None:
        kept.append(world.file())
        world.press(BOB, kept[0])

    world.wire.reads = [None, None, approved]
    found = looked(world, remove=True)

    assert (found.removed, list(world.held())) == ((), [ALICE])
    assert [each.action for each in world.store.entries("") if each.action.startswith("drift.")] == []
    world.passes(60)
    assert (world.state(kept[0]), list(world.held())) == ("active", [ALICE])


def test_of_several_each_is_told_for_itself(world: Joined) -> None:
    of_gwen = world.granted(GWEN)
    world.end(GWEN, of_gwen)
    left_over(world)
    world.google.groups.put(GROUP, GWEN, until=world.end_of(of_gwen).timestamp())
    world.wire.writes = [None, "lost"]
    found = looked(world, remove=True)

    assert len(found.removed) == len(found.found) == 1
    assert {each.member for each in (*found.removed, *found.found)} == {f"user:{ALICE}", f"user:{GWEN}"}
    told = [(each.action, each.detail.get("sure")) for each in world.store.entries("") if "drift." in each.action]
    assert told == [("drift.removing", None), ("drift.removing", None), ("drift.refused", False)]
    assert [each.resource for each in found.kept] == [f"groups/{GROUP}"]
