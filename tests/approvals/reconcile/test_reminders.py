"""Reminders: to whoever's turn it is, in their hours, once for one thing, and never to who has decided."""

from datetime import UTC, datetime

import pytest

from approvals.freezes.freezing import freeze
from approvals.ports.messages import ToPerson, ToRoom
from approvals.reconcile.reminders import MOST_ROUNDS
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from tests.approvals.reconcile.letters import NAMED, NO_ROOM, ONE
from tests.approvals.reconcile.reminding import BOTH, TOP, rule, told
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy


def minutes(world: World, request: Request) -> float:
    return (world.clock() - request.filed).total_seconds() / 60


@pytest.fixture
def world(world: World) -> World:
    world.people.groups[APPROVERS] = set(BOTH)
    world.policy = policy(rule("{first: 10m, factor: 2}"))
    return world


# --- who gets none


def test_nobody_is_reminded_where_the_policy_says_nothing(world: World) -> None:
    world.policy = policy()
    world.file()
    world.passes(3500)

    assert told(world) == []


def test_who_has_voted_and_who_asked_are_not_reminded(world: World) -> None:
    world.policy = policy(rule("{first: 10m}"), (ONE, ONE.replace("1", "2")))
    world.people.groups[APPROVERS] = {ALICE, "a.smith@example.com", BOB, CAROL}
    request = world.file()
    world.press(BOB, request)
    world.passes(601)

    assert told(world) == [(CAROL,)]


def test_nobody_is_reminded_of_what_is_decided(world: World) -> None:
    request = world.file()
    world.press(BOB, request, "deny", comment="not now")
    world.passes(3500)

    assert told(world) == []


def test_nobody_is_reminded_while_everything_is_frozen(world: World) -> None:
    world.file()
    world.pass_()
    freeze(world.store, by="os:root", why=None, now=world.clock())
    world.restart()
    world.passes(3500)

    assert told(world) == []


def test_who_is_quiet_is_asked_for_nothing_and_may_approve(world: World) -> None:
    world.policy = policy(rule("{first: 10m}"), (ONE, f"{ONE}\n    quiet: [{BOB}]"))
    request = world.file()
    world.passes(601)

    assert [call.people for call in world.room.turns] == [(CAROL,), (CAROL,)]
    assert request.id in world.waiting_for(BOB)
    world.press(BOB, request)
    assert world.read(request).state == "approved"


def test_who_is_quiet_gets_no_direct_message_and_no_letter(world: World) -> None:
    mails = (TOP, f"{TOP}  email: always\n")
    world.policy = policy(NO_ROOM, mails, (ONE, f"{NAMED[1]}\n    quiet: [{BOB}]"))
    world.open_(mail=True)
    request = world.file()
    world.passes(601)

    cards = [message.notice.to for message in world.room.of(request.id) if message.notice.kind == "card"]
    assert cards == [ToPerson(CAROL)]
    assert world.postman.sent() == [CAROL]


# --- when


def test_the_time_between_two_grows_by_the_factor(world: World) -> None:
    request = world.file()
    at: list[float] = []
    for _ in range(80):
        before = len(told(world))
        world.passes(60, step=60)
        if len(told(world)) > before:
            at.append(minutes(world, request))

    assert at == [10, 30, 70]
    assert told(world) == [BOTH] * 3


def test_after_a_long_time_away_each_is_reminded_once(world: World) -> None:
    world.file()
    world.pass_()
    world.clock.advance(6 * 3600)
    world.pass_()

    assert told(world) == [BOTH]


def test_there_is_an_end_to_it_with_a_factor_of_one(world: World) -> None:
    world.policy = policy(rule("{first: 10m, factor: 1}"))
    world.file()
    world.passes(6 * 3600, step=300)

    assert len(told(world)) == MOST_ROUNDS


def test_each_is_reminded_in_the_hours_of_their_own_time_zone(world: World) -> None:
    world.policy = policy(rule('{first: 10m, hours: "09:00-18:00"}', pending="48h"))
    world.clock.now = datetime(2026, 1, 6, 7, 30, tzinfo=UTC)
    world.room.zones = {BOB: "Europe/Berlin", CAROL: "America/New_York"}
    world.file()
    world.passes(25 * 60)
    assert told(world) == []

    world.passes(10 * 60)
    assert told(world) == [(BOB,)], "nine in Berlin"
    world.passes(6 * 3600, step=300)
    assert CAROL in told(world)[-1], "nine in New York"
    assert not any(CAROL in people for people in told(world)[:-1])


def test_a_reminder_that_is_late_waits_for_the_next_hours(world: World) -> None:
    world.policy = policy(rule('{first: 10m, hours: "09:00-18:00"}', pending="48h"))
    world.clock.now = datetime(2026, 1, 6, 17, 40, tzinfo=UTC)
    world.file()
    world.pass_()
    world.clock.advance(4 * 3600)
    world.passes(11 * 3600, step=1800)
    assert told(world) == [], "it was due before six, when nothing ran"

    world.passes(1500, step=300)
    assert told(world) == [BOTH]


def test_who_has_no_zone_lives_where_the_policy_says(world: World) -> None:
    world.policy = policy(
        rule('{first: 10m, hours: "09:00-18:00"}'), ("version: 1\n", "version: 1\ntimezone: Asia/Tokyo\n")
    )
    world.clock.now = datetime(2026, 1, 6, 0, 30, tzinfo=UTC)
    world.room.zones = {BOB: "Mars/Olympus_Mons"}
    world.file()
    world.passes(601)

    assert told(world) == [BOTH]


def test_the_time_of_a_stage_counts_from_its_opening(world: World) -> None:
    then = (ONE, f"{ONE}\n      - {{approvers: [{DAN}]}}")
    world.policy = policy(rule("{first: 10m}"), then)
    request = world.file(GWEN)
    world.passes(540)
    world.press(BOB, request)
    world.passes(590)
    assert told(world) == []

    world.passes(30)
    assert told(world) == [(DAN,)]


# --- by which way


def test_a_reminder_stands_below_the_card(world: World) -> None:
    world.file()
    world.passes(601)

    (call,) = [call for call in world.room.turns if call.step == "remind"]
    assert (call.to, call.threaded) == (ToRoom("#access"), True)


def test_where_the_policy_names_no_channel_each_is_reminded_directly(world: World) -> None:
    world.policy = policy(NO_ROOM, NAMED, rule("{first: 10m}"))
    world.file()
    world.passes(601)

    assert [call.to for call in world.room.turns] == [ToPerson(BOB), ToPerson(CAROL)]


def test_more_people_than_can_be_named_are_reminded_by_the_thread_alone(world: World) -> None:
    world.people.groups[APPROVERS] = {f"p{number}@example.com" for number in range(21)}
    world.file()
    world.passes(601)

    assert [(call.people, call.whole) for call in world.room.turns if call.step == "remind"] == [((), False)]


# --- once, whatever fails


def test_a_reminder_whose_answer_was_lost_is_not_repeated(world: World) -> None:
    world.file()
    world.passes(590)
    world.room.lose = 1
    world.passes(60)
    world.restart()
    world.passes(600)

    assert told(world) == [BOTH]


def test_a_reminder_that_waits_for_the_chat_goes_only_to_who_has_not_voted_since(world: World) -> None:
    world.policy = policy(rule("{first: 10m}"), (ONE, ONE.replace("1", "2")))
    request = world.file(GWEN)
    world.passes(590)
    world.room.faults = [Unavailable("no answer", retry_after=60.0)]
    world.passes(30)
    world.press(BOB, request)
    world.passes(120)

    assert told(world) == [(CAROL,)]
