"""Whatever failed before, nothing stays due in the past: a pass over what is due comes to its end."""

import msgspec
import pytest

from approvals.freezes.freezing import freeze, thaw
from approvals.ports.messages import ChannelError, Notice, Posted
from approvals.reconcile.posts import Post, Posts
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.telling.cards import Card
from countersign_client import shapes
from tests.approvals.reconcile.reminding import silence
from tests.approvals.reconcile.test_standing_in import DELEGATES, leave
from tests.approvals.uses.test_break_glass import break_, glass
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

SECURITY = "#security"
BESIDE = ('["group:approvers@example.com"], needed: 1', f'["group:approvers@example.com", "{BOB}"], needed: 1')


def kept(world: World, request: Request) -> Posts:
    return shapes.decode(world.store.recorded(f"request:{request.id}"), Posts)


def refusing(_notice: Notice, _card: Card, *, timeout: float) -> Posted:
    raise ChannelError("is_archived")


def test_a_card_that_could_not_be_redrawn_and_is_right_again_is_tried_no_more(world: World) -> None:
    """Frozen, and nobody lets it say so; thawed, it says what is so."""
    request = world.file()
    world.pass_()
    card = world.room.only(request.id, "card")
    card.locked = True
    freeze(world.store, by="operator", why=None, now=world.clock())
    world.reconciler.look_at_waiting()
    world.pass_()
    assert kept(world, request).of("card").next is not None
    thaw(world.store, by="operator", why=None, now=world.clock())
    world.reconciler.look_at_waiting()
    world.passes(900)

    assert kept(world, request).of("card").next is None
    card.locked = False
    world.press(BOB, request)
    world.passes(60)
    assert card.drawn is not None
    assert card.drawn.request.state == "approved"


def test_a_time_that_a_release_before_this_one_left_to_what_is_said_once_is_taken_away(world: World) -> None:
    request = world.file()
    world.pass_()
    posts = kept(world, request)
    (turn,) = [key for key in posts.posts if key.startswith("turn:")]
    stuck = posts.having(turn, Post(begun=True, tries=2, next=world.clock()))
    subject, now = f"request:{request.id}", world.clock()
    lease = world.store.lease(subject, owner="before", now=now, until=now)
    assert lease is not None
    world.store.release(world.store.save(lease, msgspec.json.encode(stuck)), due=now)
    world.pass_()

    assert len(world.room.turns) == 1
    assert kept(world, request).of(turn).next is None


def test_while_an_alarm_has_no_card_a_silent_directory_is_not_asked_without_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policy = msgspec.structs.replace(glass(), security_channel=SECURITY)
    silence(world, monkeypatch)
    request = break_(world)
    world.pass_()
    world.room.only(request.id, "card").deleted = True
    with monkeypatch.context() as archived:
        archived.setattr(world.room, "post", refusing)
        world.clock.advance(5)
        world.end(ALICE, request)
        world.passes(300)
    assert kept(world, request).of("card").posted is None
    assert [str(each.to) for each in world.room.turns] == [SECURITY]
    monkeypatch.undo()
    world.passes(900)

    assert [str(each.to) for each in world.room.turns][1:] == [BOB, CAROL, DAN]


def test_who_stands_in_is_called_once_the_directory_says_again_for_whom(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policy = policy(DELEGATES)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    request = world.file()
    world.pass_()
    silence(world, monkeypatch)
    leave(world)
    world.passes(120)
    monkeypatch.undo()
    world.passes(120)

    assert [each.people for each in world.room.turns] == [(BOB, CAROL), (DAN,)]
    assert world.read(request).state == "pending"


def test_who_stands_in_for_somebody_named_is_called_though_a_directory_is_silent_which_is_asked_in_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policy = policy(DELEGATES, BESIDE)
    world.people.groups[APPROVERS] = {CAROL}
    request = world.file()
    world.pass_()
    asked: list[str] = []

    def silent(group: str, *, most: int, timeout: float) -> frozenset[str]:
        asked.append(group)
        raise Unavailable("the directory does not answer")

    monkeypatch.setattr(world.people, "members", silent)
    leave(world)
    for _ in range(5):
        world.reconciler.look_at_waiting()
        world.passes(5, step=5)

    assert [each.people for each in world.room.turns] == [(BOB, CAROL), (DAN,)]
    assert len(asked) == 1
    monkeypatch.undo()
    world.people.groups[APPROVERS] = {CAROL, GWEN}
    world.passes(120)

    assert [each.people for each in world.room.turns] == [(BOB, CAROL), (DAN,), (GWEN,)]
    assert world.read(request).state == "pending"
