"""Messages of one request in two channels: each stands where its reader is, and none goes astray."""

from datetime import timedelta

import msgspec
import pytest

from approvals.people.accounts import How
from approvals.ports.messages import ToAccount, ToPerson, ToRoom
from approvals.reconcile.posts import Posts
from approvals.requests import Request
from tests.support.doubles import ref
from tests.support.lobby import BADGE
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, World, policy, refused

NAMED = f'approvers: ["user:{BOB}", "user:{CAROL}"], needed: 1'
DIRECTLY = (('  channel: "#access"\n', ""), ('approvers: ["group:approvers@example.com"], needed: 1', NAMED))


@pytest.fixture
def world(world: World) -> World:
    world.open_(lobby=True)
    return world


def in_slack(world: World, request: Request) -> list[str]:
    return [message.notice.key for message in world.room.of(request.id)]


def in_the_lobby(world: World, request: Request) -> list[str]:
    return [message.notice.key for message in world.lobby.board.of(request.id)]


def filed_at_the_counter(world: World) -> Request:
    visitor = world.lobby.enter(ALICE, How())
    return world.file_by(world.accounts.entrance("lobby").identify(visitor, purpose="request", now=world.clock()))


def test_who_asked_where_no_messages_go_is_told_where_some_do(world: World) -> None:
    request = filed_at_the_counter(world)
    world.has_lobby = False
    world.restart()

    world.pass_()
    world.press(BOB, request)
    world.pass_()

    assert in_slack(world, request) == ["card", "status", "step:active"]
    assert {str(each.notice.to) for each in world.room.of(request.id)} == {"#access", ALICE}


def test_what_stands_in_one_channel_is_not_redrawn_in_the_other(world: World) -> None:
    request = filed_at_the_counter(world)
    world.pass_()
    standing = msgspec.json.decode(world.store.recorded(f"request:{request.id}"), type=Posts).posts

    where = {key: post.posted.channel for key, post in standing.items() if post.posted}
    assert (where["card"], where["status"]) == ("slack", "lobby")


def test_the_buttons_of_a_card_in_the_lobby_are_none_for_the_requester(world: World) -> None:
    world.policy = policy(*DIRECTLY)
    request = world.file(ALICE)
    world.pass_()
    token = world.lobby.board.only(request.id, f"card:{BOB} by lobby").token

    with refused("self"):
        world.vote_by_token(world.identity(ALICE), token)


def test_a_request_s_messages_go_to_whom_they_concern_each_in_their_own_channel(world: World) -> None:
    request = filed_at_the_counter(world)

    world.pass_()
    world.press(BOB, request)
    world.pass_()

    assert in_slack(world, request) == ["card"]
    assert in_the_lobby(world, request) == ["status", "step:active"]
    assert {str(message.notice.to) for message in world.lobby.board.of(request.id)} == {f"lobby:{ALICE}"}
    assert {message.drawn.request.state for message in world.room.of(request.id) if message.drawn} == {"approved"}


def test_a_person_has_a_card_in_each_channel_and_one_vote(world: World) -> None:
    world.policy = policy(*DIRECTLY)
    request = world.file(ALICE)
    world.pass_()

    assert in_slack(world, request) == [f"card:{BOB}", f"card:{CAROL}", "status"]
    assert in_the_lobby(world, request) == [f"card:{BOB} by lobby", f"card:{CAROL} by lobby"]
    token = world.lobby.board.only(request.id, f"card:{BOB} by lobby").token
    carol = world.accounts.entrance("lobby").identify(
        world.lobby.enter(CAROL, BADGE), purpose="decide", now=world.clock()
    )
    assert world.vote_by_token(carol, token).request.state == "approved"

    world.pass_()
    cards = [*world.room.of(request.id), *world.lobby.board.of(request.id)]
    assert {message.drawn.request.state for message in cards if message.drawn} == {"approved"}
    assert {message.token for message in cards} == {""}


def test_people_are_reached_at_once_although_the_clock_went_back(world: World) -> None:
    world.policy = policy(*DIRECTLY)
    request = world.file(ALICE)
    world.clock.advance(-5)

    world.reconciler.subject(f"request:{request.id}")

    assert in_slack(world, request) == [f"card:{BOB}", f"card:{CAROL}", "status"]


def test_a_call_in_the_lobby_links_to_no_card_of_slack(world: World) -> None:
    world.people.groups[APPROVERS] = {BOB}
    world.policy = policy(("  channel:", "  notify: direct\n  channel:"))
    request = world.file(ALICE)

    world.pass_()

    assert [(call.key.rpartition(":")[2], str(call.to)) for call in world.lobby.board.turns] == [
        (f"{BOB} by lobby", BOB)
    ]
    assert world.lobby.board.turns[0].about is None
    assert world.room.turns[0].about is not None
    assert world.read(request).state == "pending"


def test_a_message_that_0_1_0_posted_is_redrawn_where_it_stands(world: World) -> None:
    request = world.file(ALICE)
    world.pass_()
    lease = world.store.lease(
        f"request:{request.id}", owner="first", now=world.clock(), until=world.clock() + timedelta(seconds=30)
    )
    assert lease is not None
    old = lease.body.replace(b',"channel":"slack"', b"")
    assert old != lease.body
    world.store.release(world.store.save(lease, old), due=world.clock())

    world.press(BOB, request)
    world.pass_()

    assert world.room.only(request.id, "card").drawn.request.state == "approved"  # type: ignore[union-attr]


@pytest.mark.parametrize("to", [ToRoom("#access"), ToAccount(ref(BOB)), ToPerson(BOB)])
def test_a_recipient_reads_as_what_people_call_it(to: ToRoom | ToAccount | ToPerson) -> None:
    assert str(to) in {"#access", ref(BOB), BOB}
