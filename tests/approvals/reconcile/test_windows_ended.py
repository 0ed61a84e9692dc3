"""Whoever a window of several calls is for hears in a message of its own that somebody else ended it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.grants import LEFT, SESSION, Gone
from approvals.policy.reminding import EmailRule
from approvals.policy.tools import CallWindow
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.reviews import typed
from approvals.taking import take
from approvals.uses import revoking
from approvals.uses.votes import Press
from handlers.wording.steps import step
from handlers.wording.text.lines import plain
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World

LASTS = timedelta(minutes=30)
SEVERAL = msgspec.structs.replace(DELETE, window=CallWindow(lasts=LASTS, uses=3))
MAILED = msgspec.structs.replace(SEVERAL, email=EmailRule(after=timedelta(0), copy=True))
WHY = "It goes too far."
Ends = Callable[[Assistant, Request], object]


@pytest.fixture
def world(tmp_path: Path, wire: Wire) -> Iterator[World]:
    with closing(World(tmp_path, granter=wire)) as made:
        yield made


@pytest.fixture
def assistant(world: World) -> Iterator[Assistant]:
    with closing(Assistant(world, action=SEVERAL)) as made:
        yield made


def later(world: World, seconds: float = 600) -> None:
    """What is due now and so many seconds later."""
    world.pass_()
    world.clock.advance(seconds)
    world.pass_()


def opened(assistant: Assistant) -> Request:
    """A call that was approved for several, of which people were told."""
    request, world = assistant.read(str(assistant.asks().json["id"])), assistant.world
    world.pass_()
    token = world.tokens.mint(request, act="review", now=world.clock())
    press = Press(token=token, verdict="approve", window=True)
    world.uses.deciding.review(world.identity(BOB), press, now=world.clock())
    world.pass_()
    return request


def used(assistant: Assistant) -> Request:
    """The same, whose first call was made."""
    request = opened(assistant)
    assert assistant.uses(request.id).status == 200
    assistant.world.pass_()
    return request


def lapsed(assistant: Assistant) -> Request:
    """The same, whose first call was not made in time, while others still can be."""
    short = msgspec.structs.replace(SEVERAL, use_by=timedelta(minutes=5))
    assistant.put(short)
    request = opened(assistant)
    later(assistant.world, 360)
    assert assistant.read(request.id).state == "lapsed"
    return request


def told(assistant: Assistant, request: Request) -> list[str]:
    """What she was told that is not about its votes, in words."""
    found = [each for each in assistant.world.room.of(request.id) if each.notice.kind == "step"]
    said = [(step(each.notice.step, each.posted), each) for each in found if ":" not in each.notice.step]
    assert all(str(each.notice.to) == ALICE for _, each in said)
    return [f"{plain(words.sentence)} {words.title}: {plain(words.quote)}" for words, _ in said]


# --- who ends it


def by_approver(assistant: Assistant, request: Request) -> None:
    assistant.world.end(BOB, assistant.read(request.id), why=WHY)


def of_person(assistant: Assistant, _: Request) -> None:
    world, why = assistant.world, typed(WHY, salt="salt")
    assert revoking.revoke(world.store, world.policy.identity, ALICE, by="os:root", why=why, now=world.clock())


def of_action(assistant: Assistant, _: Request) -> None:
    world, why = assistant.world, typed(WHY, salt="salt")
    assert revoking.revoke_entitlement(world.store, "crm-delete", by="os:root", why=why, now=world.clock())


def gone(cause: Gone) -> Ends:
    def ends(assistant: Assistant, request: Request) -> None:
        world = assistant.world
        assert list(take(world.store, [assistant.read(request.id)], cause=cause, now=world.clock()))

    return ends


OTHERS: dict[str, tuple[Ends, str]] = {
    "an approver": (by_approver, BOB),
    "an operator, of a person": (of_person, "an administrator (root)"),
    "an operator, of an action": (of_action, "an administrator (root)"),
    "an account that left": (gone(LEFT), f"the account of {ALICE} is deactivated"),
    "a session that was revoked": (gone(SESSION), f"a session of {ALICE} was revoked"),
}


@pytest.mark.parametrize("first", [opened, used, lapsed])
@pytest.mark.parametrize("who", OTHERS)
def test_whoever_it_is_for_is_told_once_who_else_ended_it_and_why(
    assistant: Assistant, who: str, first: Callable[[Assistant], Request]
) -> None:
    ends, named = OTHERS[who]
    request = first(assistant)
    assert told(assistant, request) == []

    ends(assistant, request)
    later(assistant.world)

    (said,) = told(assistant, request)
    assert named in said
    assert ("Reason: It goes too far." in said) == (ends in (by_approver, of_person, of_action))
    assert request.id in said


def test_of_a_window_the_message_says_what_cannot_be_done_any_more(assistant: Assistant) -> None:
    request = used(assistant)
    assert assistant.asks(arguments={"account": "B-1"}).json["approval"] == "window"
    by_approver(assistant, request)
    assistant.world.pass_()

    (said,) = told(assistant, request)
    assert said.startswith(
        "An approval for several calls was revoked: the request that an agent, Coding assistant,"
    )
    assert "2 of 3 calls with any arguments were taken." in said
    assert "No more calls can be taken, and what was taken and not made cannot be made." in said


# --- who is told nothing


def by_herself(assistant: Assistant, request: Request) -> None:
    assistant.world.end(ALICE, assistant.read(request.id))


def in_time(assistant: Assistant, request: Request) -> None:
    later(assistant.world, LASTS.total_seconds())
    window = assistant.read(request.id).window
    assert window is not None
    assert window.shut is not None


@pytest.mark.parametrize("ends", [by_herself, in_time])
@pytest.mark.parametrize("first", [used, lapsed])
def test_who_ends_it_by_herself_or_lets_its_time_run_out_is_told_nothing_more(
    assistant: Assistant, ends: Ends, first: Callable[[Assistant], Request]
) -> None:
    request = first(assistant)

    ends(assistant, request)
    later(assistant.world)

    assert told(assistant, request) == []


def test_nobody_is_told_of_each_call_that_was_taken_from_it(assistant: Assistant) -> None:
    request = used(assistant)
    taken = [str(assistant.asks(arguments={"account": f"B-{each}"}).json["id"]) for each in range(2)]
    by_approver(assistant, request)
    later(assistant.world)

    assert [assistant.world.room.of(each) for each in taken] == [[], []]
    assert len(told(assistant, request)) == 1


# --- by which way


def test_a_chat_that_does_not_answer_is_asked_again_until_it_was_told(assistant: Assistant) -> None:
    request = used(assistant)
    assistant.world.room.faults = [Unavailable("Slack is away")] * 3
    by_approver(assistant, request)
    later(assistant.world)

    assert len(told(assistant, request)) == 1


def test_it_is_told_in_each_chat_and_mail_tells_what_was_decided_alone(world: World) -> None:
    """As of any access that somebody else ended: a mail stands for what was asked, and its page says the rest."""
    world.open_(lobby=True, mail=True)
    with closing(Assistant(world, action=MAILED)) as made:
        request = used(made)
        by_approver(made, request)
        later(world)

        assert len(told(made, request)) == 1
        assert [each.notice.step for each in world.lobby.board.of(request.id)].count("shut") == 1
        assert [each.notice.step for each in world.postman.letters if each.to == ALICE] == ["copy", "outcome"]
