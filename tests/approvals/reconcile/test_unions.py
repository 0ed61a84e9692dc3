"""Several grants of one person: joined bindings, and ends that cut nobody."""

import pytest

from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, during, in_force, windows
from tests.support.direct import Wire
from tests.support.world import ALICE, GWEN, World


def test_overlapping_windows_become_one_binding(world: World, cloud: Google) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.granted()

    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:30:00"))]
    assert (world.state(first), world.state(second)) == ("active", "active")


def test_the_first_end_of_a_joined_binding_does_not_cut_the_second(world: World, cloud: Google) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.granted()
    world.passes(1860)
    assert (world.state(first), world.state(second)) == ("ended", "active")
    assert in_force(cloud, world.clock())
    world.passes(1800)

    assert world.state(second) == "ended"
    assert bindings(cloud) == []


@pytest.mark.parametrize("ended", ["first", "second"])
def test_ending_one_of_two_never_cuts_the_other(world: World, cloud: Google, ended: str) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.granted()
    world.end(ALICE, first if ended == "first" else second)
    world.pass_()

    assert windows(cloud) == [
        ("roles/run.admin", during("10:30:00", "11:30:00") if ended == "first" else during("10:00:00", "11:00:00"))
    ]
    other = second if ended == "first" else first
    assert world.state(other) == "active"
    assert in_force(cloud, world.clock())


def test_an_extension_leaves_no_gap(world: World, cloud: Google, wire: Wire) -> None:
    world.granted()
    world.clock.advance(1800)
    gaps: list[bool] = []
    wire.reads = [lambda: gaps.append(in_force(cloud, world.clock()))] * 5
    world.granted()

    assert gaps
    assert all(gaps)


def test_people_do_not_share_bindings(world: World, cloud: Google) -> None:
    world.granted(ALICE)
    gwens = world.granted(GWEN)
    world.end(GWEN, gwens)
    world.pass_()

    assert in_force(cloud, world.clock(), person=ALICE)
    assert not in_force(cloud, world.clock(), person=GWEN)
