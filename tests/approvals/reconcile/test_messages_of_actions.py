"""Which messages an action calls for: nobody is asked before whoever it is for has confirmed it."""

import pytest

from approvals.grants import LEFT, SESSION, Gone
from approvals.ids import webhook_subject
from approvals.requests import Request
from approvals.taking import take
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from tests.support.doubles import Message
from tests.support.refunds import ASSERTED, Till
from tests.support.world import ALICE, BOB, World


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


def keys(world: World, request: Request) -> list[str]:
    return sorted(message.notice.key for message in world.room.of(request.id))


def drawn(message: Message) -> str:
    assert message.drawn is not None
    return standing(message.drawn.request).words


def test_approvers_get_no_card_before_the_person_has_confirmed(till: Till) -> None:
    world, request = till.world, till.asserting().ask(person=ASSERTED)
    world.pass_()
    assert keys(world, request) == ["status"]
    assert not world.room.turns

    till.confirm(ALICE, request)
    world.pass_()

    assert keys(world, request) == ["card", "status"]
    assert world.room.turns


def test_what_nobody_confirms_in_time_is_over_without_a_card(till: Till) -> None:
    world, request = till.world, till.asserting().ask(person=ASSERTED)
    world.passes(5 * 3600, step=600)

    assert world.read(request).state == "expired"
    assert keys(world, request) == ["status", "step:expired"]


def test_whoever_it_is_for_and_the_approvers_see_it_used(till: Till) -> None:
    request = till.approved()
    till.swept()
    till.consume(request)
    till.swept()

    room = till.world.room
    assert [drawn(room.only(request.id, key)) for key in ("card", "status")] == ["Used", "Used"]


def test_whoever_it_is_for_is_told_that_an_approver_revoked_it(till: Till) -> None:
    request = till.approved()
    till.swept()
    till.world.end(BOB, request, why="Wrong order.")
    till.swept()

    told = till.world.room.only(request.id, "step:lapsed").posted
    assert told.request.lapsed is not None
    assert plain(standing(told.request).meaning).startswith("It was approved, and bob@example.com took that back")


@pytest.mark.parametrize(
    ("cause", "because"),
    [(LEFT, "the account of alice@example.com is deactivated"), (SESSION, "a session of alice@example.com was")],
)
def test_whoever_it_is_for_and_its_application_are_told_that_security_ended_it(
    till: Till, cause: Gone, because: str
) -> None:
    world, request = till.world, till.approved()
    till.swept()
    assert list(take(world.store, [world.read(request)], cause=cause, now=world.clock()))
    assert webhook_subject("shop", request.id) in world.reconciler.due()
    till.swept()

    told = world.room.only(request.id, "step:lapsed").posted
    assert plain(standing(told.request).meaning).startswith(f"It was approved, and taken back: {because}")
    till.swept()
    assert keys(world, request) == ["card", "status", "step:lapsed"]


def test_who_revokes_it_by_herself_is_told_nothing_more(till: Till) -> None:
    request = till.approved()
    till.swept()
    till.world.end(ALICE, request)
    till.swept()

    assert keys(till.world, request) == ["card", "status"]
    assert till.world.read(request).state == "lapsed"
