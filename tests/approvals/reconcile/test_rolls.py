"""Whoever's turn it is is told once: not the requester, nobody who has voted, and nobody twice."""

import pytest

from approvals.ports.messages import ChannelError, Notice, ToPerson
from approvals.refusals.errors import NotSent, Unavailable
from approvals.requests import Request
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

ONE = '- {approvers: ["group:approvers@example.com"], needed: 1}'
THEN_CAROL = (ONE, f"{ONE}\n      - {{approvers: [carol@example.com, alice@example.com], sign: typed}}")


def told(world: World, request: Request) -> list[tuple[str, ...]]:
    """The people of each call so far, and no call is about another message than the card."""
    card = next(ts for ts, message in world.room.messages.items() if message.notice.key == "card")
    assert all(call.about is not None and call.about.ts == card for call in world.room.turns)
    return [call.people for call in world.room.turns]


def test_the_requester_is_never_told(world: World) -> None:
    world.people.groups[APPROVERS] = {ALICE, "a.smith@example.com", BOB}
    request = world.file()
    world.passes(60)

    assert told(world, request) == [(BOB,)]


def test_those_who_have_voted_are_not_told_and_the_next_are_when_their_stage_opens(world: World) -> None:
    world.policy = policy(THEN_CAROL)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    request = world.file(GWEN)
    world.passes(30)
    assert told(world, request) == [(BOB, CAROL)]

    world.press(BOB, request)
    world.passes(30)

    assert told(world, request) == [(BOB, CAROL), (ALICE, CAROL)]


def test_nobody_who_has_voted_is_told_of_a_later_stage(world: World) -> None:
    later = (ONE, f"{ONE}\n      - {{approvers: [bob@example.com, dan@example.com]}}")
    world.policy = policy(later)
    request = world.file()
    world.press(BOB, request)
    world.passes(30)

    assert told(world, request)[-1] == (DAN,)


def test_a_call_whose_answer_was_lost_is_not_repeated(world: World) -> None:
    request = world.file()
    room, plain = world.room, world.room.post

    def losing(notice: Notice, card: object, *, timeout: float) -> object:
        posted = plain(notice, card, timeout=timeout)  # type: ignore[arg-type]
        if notice.kind == "turn":
            raise Unavailable("the answer was lost")
        return posted

    room.post = losing  # type: ignore[method-assign, assignment]
    world.passes(300)

    assert len(told(world, request)) == 1


@pytest.mark.parametrize("error", [NotSent("Slack asks to wait"), ChannelError("not now")])
def test_a_call_that_was_certainly_not_sent_is_sent_later(world: World, error: Exception) -> None:
    request = world.file()
    room, plain, faults = world.room, world.room.post, [error]

    def failing(notice: Notice, card: object, *, timeout: float) -> object:
        if notice.kind == "turn" and faults:
            raise faults.pop()
        return plain(notice, card, timeout=timeout)  # type: ignore[arg-type]

    room.post = failing  # type: ignore[method-assign, assignment]
    world.passes(300)

    assert told(world, request) == [(BOB, CAROL, DAN)]


def test_each_is_told_once_however_often_the_request_is_looked_at(world: World) -> None:
    request = world.file()
    world.passes(600)
    world.restart()
    world.passes(600)

    assert told(world, request) == [(BOB, CAROL, DAN)]


def test_nobody_is_told_again_when_the_policy_takes_one_more_into_the_stage(world: World) -> None:
    request = world.file()
    world.passes(30)
    world.policy = policy((ONE, '- {approvers: ["group:approvers@example.com", gwen@example.com], needed: 2}'))
    world.store.wake(f"request:{request.id}", due=world.clock())
    world.passes(30)

    assert told(world, request) == [(BOB, CAROL, DAN), (GWEN,)]


@pytest.mark.parametrize("trouble", ["too many", "down", "a whole domain"])
def test_where_they_cannot_all_be_named_the_call_says_so(world: World, trouble: str) -> None:
    if trouble == "too many":
        world.people.groups[APPROVERS] = {f"person{number}@example.com" for number in range(21)}
    elif trouble == "down":
        del world.people.groups[APPROVERS]
    else:
        world.policy = policy((ONE, '- {approvers: ["domain:example.com"], needed: 1}'))
    request = world.file()
    world.passes(30)

    assert told(world, request) == [()]
    assert [call.whole for call in world.room.turns] == [False]


def test_nobody_is_told_of_what_needs_nobody(world: World) -> None:
    world.file(entitlement="logs")
    world.passes(30)

    assert world.room.turns == []


def test_the_policy_may_have_each_told_directly(world: World) -> None:
    world.policy = policy(('channel: "#access"', 'channel: "#access"\n  notify: direct'))
    request = world.file()
    world.passes(30)

    assert told(world, request) == [(BOB,), (CAROL,), (DAN,)]
    assert [call.to for call in world.room.turns] == [ToPerson(who) for who in (BOB, CAROL, DAN)]
    assert not any(call.threaded for call in world.room.turns)


def cards(world: World, request: Request) -> set[object]:
    return {message.notice.to for message in world.room.of(request.id) if message.notice.kind == "card"}


def test_who_got_a_card_of_their_own_is_not_told_of_it_once_more(world: World) -> None:
    named = "- {approvers: [bob@example.com], needed: 1}"
    world.policy = policy(
        ('  channel: "#access"\n', ""), (ONE, f"{named}\n      - {{approvers: [carol@example.com]}}")
    )
    request = world.file()
    world.passes(30)
    assert cards(world, request) == {ToPerson(BOB)}
    assert world.room.turns == []

    world.press(BOB, request)
    world.passes(30)

    assert cards(world, request) == {ToPerson(BOB), ToPerson(CAROL)}
    assert world.room.turns == []
