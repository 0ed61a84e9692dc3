"""What is over before its first post is never posted, and costs the channel nothing."""

import pytest

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import Unavailable
from tests.support.world import ALICE, BOB, GWEN, World


def keys(world: World, request_id: str) -> list[str]:
    return [message.notice.key for message in world.room.of(request_id)]


def withdraw(world: World, request_id: str) -> None:
    world.uses.ending.withdraw(world.identity(ALICE), request_id, now=world.clock())


def test_what_is_withdrawn_before_its_first_post_is_never_posted(world: World) -> None:
    request = world.file()
    withdraw(world, request.id)
    world.passes(60)

    assert keys(world, request.id) == []
    assert world.room.calls == 0


@pytest.mark.parametrize(
    "refusal",
    [Unavailable("too many calls", retry_after=30), ChannelError("channel_not_found")],
    ids=["429", "no"],
)
def test_what_is_withdrawn_while_its_first_post_is_put_off_is_never_posted(
    world: World, refusal: Exception
) -> None:
    world.room.faults = [refusal, refusal]
    request = world.file()
    world.pass_()
    withdraw(world, request.id)
    world.passes(600)

    assert keys(world, request.id) == []


def test_what_may_have_been_posted_says_how_it_ended(world: World) -> None:
    world.room.lose = 2
    request = world.file()
    world.pass_()
    withdraw(world, request.id)
    world.passes(60)

    last = world.room.of(request.id, "card")[-1].drawn
    assert last is not None
    assert last.request.state == "withdrawn"


def test_who_asked_is_told_of_a_denial_and_of_an_expiry_that_nobody_saw_coming(world: World) -> None:
    world.room.faults = [Unavailable("too many calls", retry_after=30)] * 4
    denied, expired = world.file(), world.file(GWEN)
    world.pass_()
    world.press(BOB, denied, "deny", comment="No.")
    world.clock.advance(3600)
    world.passes(60)

    assert keys(world, denied.id) == ["step:denied"]
    assert keys(world, expired.id) == ["step:expired"]


def test_access_that_nobody_had_to_approve_is_still_shown_to_all(world: World) -> None:
    request = world.file(GWEN, "logs")
    world.pass_()

    assert "card" in keys(world, request.id)
