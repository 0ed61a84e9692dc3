"""Reminders by mail: to whom the chat does not reach, one at a time, and counted beside those of the chat."""

import pytest

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import Unavailable
from tests.approvals.reconcile.letters import NAMED, NO_ROOM
from tests.approvals.reconcile.reminding import BOTH, TOP, lose, rule, told
from tests.support.world import APPROVERS, BOB, CAROL, World, policy

LATE_MAIL = (TOP, f"{TOP}  remind: {{first: 10m}}\n  email: {{after: 9h}}\n  pending: 12h\n")


@pytest.fixture
def world(world: World) -> World:
    world.people.groups[APPROVERS] = set(BOTH)
    return world


def test_whom_the_chat_does_not_reach_is_reminded_by_mail(world: World) -> None:
    world.policy = policy(NO_ROOM, NAMED, (TOP, f"{TOP}  remind: {{first: 10m}}\n  email: {{after: 5m}}\n"))
    world.open_(mail=True)
    lose(world, BOB)
    world.file()
    world.passes(19 * 60)

    assert world.postman.sent("remind") == [BOB]
    assert told(world) == [(CAROL,)]


def test_whom_the_chat_did_not_reach_the_last_time_is_reminded_by_mail(world: World) -> None:
    world.policy = policy(NO_ROOM, NAMED, LATE_MAIL)
    world.open_(mail=True)
    world.file()
    world.passes(300)
    lose(world, BOB)
    world.passes(1400)
    assert world.postman.sent("remind") == []

    world.passes(600)
    assert world.postman.sent("remind") == [BOB]


def test_whose_mail_waits_for_its_server_gets_one_and_a_reminder_counts_from_it(world: World) -> None:
    world.policy = policy(NO_ROOM, NAMED, LATE_MAIL)
    world.open_(mail=True)
    lose(world, BOB)
    world.postman.refuses = {BOB: Unavailable("greylisted", retry_after=1200.0)}
    world.file()
    world.passes(29 * 60)
    world.postman.refuses = {}
    world.passes(20 * 60)
    assert [letter.notice.step for letter in world.postman.letters if letter.to == BOB] == ["call"]

    world.passes(5 * 60)
    assert [letter.notice.step for letter in world.postman.letters if letter.to == BOB] == ["call", "remind"]


def test_without_mail_a_reminder_goes_by_the_chat_even_so(world: World) -> None:
    world.policy = policy(NO_ROOM, NAMED, rule("{first: 10m}"))
    world.open_(mail=True)
    plain = world.room.post
    lose(world, BOB)
    world.file()
    world.passes(300)
    world.room.post = plain  # type: ignore[method-assign]
    world.passes(400)

    assert (BOB,) in told(world)
    assert world.postman.sent("remind") == []


def test_a_mail_that_was_refused_puts_no_reminder_off(world: World) -> None:
    world.policy = policy((TOP, f"{TOP}  remind: {{first: 10m}}\n  email: {{after: 8m}}\n"))
    world.open_(mail=True)
    world.postman.refuses = {BOB: ChannelError("no such mailbox")}
    world.file()
    world.passes(700)

    assert world.postman.sent() == [CAROL]
    assert told(world) == [(BOB,)]


def test_a_mail_counts_as_the_reminder_of_its_time(world: World) -> None:
    world.policy = policy((TOP, f"{TOP}  remind: {{first: 10m}}\n  email: {{after: 10m}}\n"))
    world.open_(mail=True)
    world.file()
    world.passes(19 * 60)
    assert world.postman.sent() == list(BOTH)
    assert told(world) == []

    world.passes(90)
    assert told(world) == [BOTH]
