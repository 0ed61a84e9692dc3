"""As people leave and are back while it waits, whoever is asked then is called once, and nobody who decided."""

import pytest

from tests.approvals.reconcile.test_standing_in import DELEGATES, NAMED, back, leave, world
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

__all__ = ["world"]


def called(world: World) -> list[str]:
    """Who was told that it is their turn, by name, in order."""
    return [person for turn in world.room.turns for person in turn.people]


@pytest.fixture(params=["thread", "direct"])
def shared(request: pytest.FixtureRequest, world: World) -> World:
    """A world whose cards go to a channel."""
    notify = ('  channel: "#access"\n', f'  channel: "#access"\n  notify: {request.param}\n')
    world.policy = policy(DELEGATES, NAMED, notify)
    return world


def test_whoever_is_away_or_back_while_it_waits_nobody_is_called_twice(shared: World) -> None:
    shared.file()
    shared.passes(30)
    assert called(shared) == [BOB]

    for _ in range(3):
        leave(shared, hours=0.2)
        shared.passes(30)
        back(shared)
        shared.passes(30)
    assert called(shared) == [BOB, DAN]


@pytest.mark.parametrize("ended", ["by time", "early"])
def test_who_is_back_is_called_for_what_was_filed_meanwhile_and_waits(shared: World, ended: str) -> None:
    leave(shared, hours=0.2)
    shared.file()
    shared.passes(30)
    assert called(shared) == [DAN]

    if ended == "early":
        back(shared)
    shared.passes(0.2 * 3600)
    assert called(shared) == [DAN, BOB]


def test_an_approver_who_decided_hears_nothing_of_it_and_nor_does_who_stands_in_for_them(shared: World) -> None:
    both = ('["group:approvers@example.com"], needed: 1}', f"[{BOB}, {GWEN}], needed: 2}}")
    shared.policy = policy(DELEGATES, both)
    request = shared.file()
    shared.passes(30)
    shared.press(BOB, request)
    leave(shared)
    shared.passes(60)
    back(shared)
    shared.passes(60)

    assert shared.read(request).state == "pending"
    assert called(shared) == [BOB, GWEN]


def test_who_counts_as_one_with_who_decided_is_not_asked_in_a_later_stage_either(shared: World) -> None:
    stages = f"[{BOB}], needed: 1}}\n      - {{approvers: [{GWEN}, {DAN}], needed: 1}}"
    shared.policy = policy(DELEGATES, ('["group:approvers@example.com"], needed: 1}', stages))
    leave(shared)
    request = shared.file()
    shared.press(BOB, request)
    back(shared)
    shared.passes(60)

    assert called(shared) == [GWEN]


def test_who_was_called_because_somebody_left_is_not_told_again_that_nobody_decides(shared: World) -> None:
    escalated = ('  channel: "#access"\n', f'  channel: "#access"\n  escalate: {{after: 5m, to: [{DAN}]}}\n')
    shared.policy = policy(DELEGATES, NAMED, escalated)
    shared.file()
    shared.passes(30)
    leave(shared)
    shared.passes(600)

    assert called(shared) == [BOB, DAN]
    assert [turn.to for turn in shared.room.turns if turn.step.startswith("escalated")] == []


def test_a_directory_that_does_not_answer_is_asked_again_who_is_called(world: World) -> None:
    world.policy = policy(DELEGATES)
    world.people.groups[APPROVERS] = {BOB}
    request = world.file()
    world.passes(30)
    world.clock.advance(61)
    world.people.down = True
    leave(world)
    world.passes(30)
    assert called(world) == [BOB]

    world.people.down = False
    world.store.wake(f"request:{request.id}", due=world.clock())
    world.passes(90)
    assert called(world) == [BOB, DAN]


def test_who_stands_in_is_called_though_they_are_a_quiet_backup_and_not_for_a_quiet_one(world: World) -> None:
    named = ('["group:approvers@example.com"], needed: 1}\n', f"[{BOB}, {CAROL}, {DAN}], needed: 1}}\n")
    quiet = ("    approval:\n", f"    quiet: [{DAN}, {CAROL}]\n    approval:\n")
    world.policy = policy(DELEGATES, named, quiet)
    leave(world)
    leave(world, ALICE, who=CAROL)
    world.file(GWEN)
    world.passes(30)

    assert called(world) == [DAN]


def test_who_stood_in_gets_no_letter_and_who_is_back_does(world: World) -> None:
    world.policy = policy(
        DELEGATES, NAMED, ('  channel: "#access"\n', '  channel: "#access"\n  email: {after: 10m}\n')
    )
    world.open_(mail=True)
    leave(world, hours=0.1)
    world.file()
    world.passes(700)
    assert world.postman.sent() == [BOB]

    leave(world)
    world.passes(60)
    assert world.postman.sent() == [BOB, DAN]
