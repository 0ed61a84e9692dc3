"""Who stands in and whom they stand in for are one person, also afterwards and where one of them is barred."""

from tests.approvals.uses.test_standing_in import DIRECT, NAMED, ONE, back, cannot, carded, leave, world
from tests.support.frozen import freeze_part
from tests.support.world import ALICE, BOB, CAROL, DAN, World, policy

__all__ = ["world"]

PEOPLE = (ONE, f"- {{approvers: [{BOB}, {CAROL}, {DAN}], needed: 2}}")
NAMES = ("entitlements:\n", f"delegates: [{ALICE}, {CAROL}, {DAN}]\nentitlements:\n")


def test_a_vote_for_somebody_who_is_back_counts_no_more_where_all_are_known_by_name(world: World) -> None:
    world.policy = policy(NAMES, (ONE, f"- {{approvers: [{BOB}, {CAROL}], needed: 2}}"))
    leave(world, BOB, DAN)
    request = world.file()
    world.press(DAN, request)
    back(world, BOB)
    world.press(CAROL, request)
    assert world.read(request).state == "pending"


def test_who_voted_while_somebody_stood_in_for_them_and_that_person_are_one_even_afterwards(
    world: World,
) -> None:
    world.policy = policy(NAMES, PEOPLE)
    leave(world, BOB, CAROL)
    request = world.file()
    world.press(BOB, request)
    back(world, BOB)
    cannot(world, CAROL, request, "one_person")

    world.press(DAN, request)
    assert world.read(request).state == "approved"


def test_nobody_takes_a_place_without_which_the_one_they_stand_in_for_leaves_a_later_stage_empty(
    world: World,
) -> None:
    both = f"- {{approvers: [{CAROL}, {DAN}], needed: 1}}\n      - {{approvers: [{BOB}], needed: 1}}"
    world.policy = policy(NAMES, (ONE, both))
    leave(world, BOB, CAROL)
    cannot(world, CAROL, world.file(), "needed_later")


def test_nobody_votes_for_somebody_who_is_frozen(world: World) -> None:
    world.policy = policy(NAMES, (ONE, f"- {{approvers: [{BOB}, {CAROL}], needed: 2}}"))
    leave(world, BOB, DAN)
    request = world.file()
    world.press(DAN, request)
    freeze_part(world.store, "person", BOB, now=world.clock())
    world.freeze.moved()
    world.press(CAROL, request)
    assert world.read(request).state == "pending"


def test_where_who_stands_in_is_who_asks_whoever_is_away_is_asked(world: World) -> None:
    world.policy = policy(NAMES, NAMED, DIRECT)
    leave(world, BOB, ALICE)
    request = world.file(ALICE)
    world.passes(60)

    assert carded(world, request) == {BOB}
