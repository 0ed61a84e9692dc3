"""Two approvals of one membership: it lasts as long as either of them, never longer, and gone means gone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.requests import Request
from sandbox.google import Fault
from tests.support.fridays import GROUP
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, CAROL, GWEN

MINUTE = 60


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Joined]:
    world = Joined(tmp_path)
    yield world
    world.close()


def both(world: Joined) -> tuple[Request, Request]:
    """One for an hour, and half an hour later another one for an hour: they overlap, neither holds the other."""
    first = world.granted(minutes=60)
    world.passes(30 * MINUTE, step=5 * MINUTE)
    second = world.granted(minutes=60)
    assert world.held() == {ALICE: world.end_of(second)}
    return first, second


def removed(world: Joined, request: Request) -> bool:
    return all(each.removed for each in world.read(request).grants)


def test_what_ends_first_takes_nothing_from_the_other_and_the_other_ends_in_its_time(world: Joined) -> None:
    first, second = both(world)

    world.passes(30 * MINUTE + 5, step=MINUTE)
    assert (world.state(first), world.state(second)) == ("ended", "active")
    assert world.held() == {ALICE: world.end_of(second)}
    assert removed(world, first)

    world.passes(31 * MINUTE, step=5 * MINUTE)
    assert world.held() == {}
    assert removed(world, second)


@pytest.mark.parametrize("by", [ALICE, CAROL])
def test_the_longer_one_that_is_ended_early_leaves_what_the_shorter_one_was_approved_for(
    world: Joined, by: str
) -> None:
    first, second = both(world)

    world.end(by, second, why="" if by == ALICE else "no longer")
    world.pass_()

    assert world.held() == {ALICE: world.end_of(first)}
    assert world.state(first) == "active"
    world.passes(31 * MINUTE, step=5 * MINUTE)
    assert world.held() == {}
    assert removed(world, first)
    assert removed(world, second)


def test_the_shorter_one_that_is_ended_early_changes_nothing(world: Joined) -> None:
    first, second = both(world)
    sent = world.wire.sent

    world.end(ALICE, first)
    world.passes(10)

    assert world.held() == {ALICE: world.end_of(second)}
    assert world.wire.sent == sent
    assert removed(world, first)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_that_are_ended_early_leave_nothing_at_once(world: Joined, order: tuple[int, int]) -> None:
    two = both(world)

    for number in order:
        world.end(ALICE, two[number])
    world.pass_()

    assert world.held() == {}
    assert all(removed(world, each) for each in two)


def test_whoever_is_taken_out_by_hand_is_out_of_both_and_stays_out(world: Joined) -> None:
    two = both(world)
    world.google.groups.take(GROUP, ALICE)
    sent = world.wire.sent

    world.passes(90 * MINUTE, step=5 * MINUTE)

    assert [world.state(each) for each in two] == ["revoked", "revoked"]
    assert world.held() == {}
    assert world.wire.sent == sent


def test_what_was_gone_is_not_put_back_by_an_approval_that_came_before_it_was_noticed(world: Joined) -> None:
    """The one that was there is revoked; the new one is a new approval, and lasts for its own time alone."""
    first = world.granted(minutes=120)
    world.google.groups.take(GROUP, ALICE)
    second = world.file(minutes=30)
    world.press(BOB, second)
    world.passes(2 * MINUTE)

    assert world.state(first) == "revoked"
    assert world.held() == {ALICE: world.end_of(second)}
    world.passes(31 * MINUTE, step=5 * MINUTE)
    assert world.held() == {}


def test_a_third_hand_that_shortens_it_ends_both(world: Joined) -> None:
    """The end that stands is nobody's approval: it is theirs, and is left."""
    two = both(world)
    shorter = world.clock() + timedelta(minutes=5)
    world.google.groups.put(GROUP, ALICE, until=shorter.timestamp())

    world.passes(2 * MINUTE)

    assert [world.state(each) for each in two] == ["revoked", "revoked"]
    assert world.held() == {ALICE: shorter}


def test_between_two_that_do_not_meet_nobody_is_in(world: Joined) -> None:
    first = world.granted(minutes=30)
    later = world.scheduled(timedelta(hours=1))

    for _ in range(30):
        world.passes(MINUTE)
        assert world.held() in ({ALICE: world.end_of(first)}, {})
    while world.clock() < world.begin_of(later):
        assert world.held() == {}
        world.passes(MINUTE)
    world.passes(MINUTE)
    assert world.held() == {ALICE: world.end_of(later)}


@pytest.mark.parametrize("lost", ["lost", "late"])
def test_a_change_of_the_end_whose_answer_does_not_come_gives_nobody_more(world: Joined, lost: str) -> None:
    first, second = both(world)
    world.wire.writes.append(lost)  # type: ignore[arg-type]

    world.end(ALICE, second)
    world.passes(MINUTE)
    world.wire.land()
    world.passes(MINUTE)

    assert world.held() == {ALICE: world.end_of(first)}
    world.end(ALICE, first)
    world.passes(MINUTE)
    assert world.held() == {}


def test_an_approval_that_google_does_not_take_leaves_the_other_as_it_is(world: Joined) -> None:
    first = world.granted(minutes=60)
    world.google.faults.set(Fault(method="memberships.modifyMembershipRoles", status=503, times=10_000))
    second = world.file(minutes=120)
    world.press(BOB, second)
    world.passes(5 * MINUTE)

    assert world.held() == {ALICE: world.end_of(first)}
    assert (world.state(first), world.state(second)) == ("active", "activating")
    world.passes(56 * MINUTE, step=MINUTE)
    assert world.held() in ({}, {ALICE: world.end_of(second)})


def test_one_persons_two_are_nobody_elses(world: Joined) -> None:
    two = both(world)
    theirs = world.granted(GWEN, minutes=120)

    for each in two:
        world.end(ALICE, each)
    world.pass_()

    assert world.held() == {GWEN: world.end_of(theirs)}
