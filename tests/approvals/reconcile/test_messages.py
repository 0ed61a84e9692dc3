"""Every message shows the true state, and only the one on record can be pressed."""

from datetime import timedelta

import msgspec
import pytest

from approvals.ports.messages import ChannelError, ToAccount, ToPerson
from approvals.refusals.errors import Refused, Unavailable
from approvals.tokens import LIFE
from approvals.uses.votes import Press
from sandbox.google import Google
from tests.approvals.reconcile.clouds import strip
from tests.support.builders import RESOURCE
from tests.support.doubles import ref
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy


def drawn_version(world: World, request_id: str, key: str) -> int:
    drawn = world.room.only(request_id, key).drawn
    assert drawn is not None
    return drawn.request.version


def test_a_first_post_has_no_buttons_and_the_redraw_adds_them(world: World) -> None:
    request = world.file()
    world.room.faults = []
    world.pass_()

    message = world.room.only(request.id, "card")
    assert message.posted.token == ""
    assert world.tokens.open(message.token, act="review", now=world.clock()).request == request.id


def test_only_the_card_has_buttons(world: World) -> None:
    request = world.file()
    world.pass_()

    assert {message.notice.key: bool(message.token) for message in world.room.of(request.id)} == {
        "card": True,
        "status": False,
    }


def test_a_button_of_the_card_decides(world: World) -> None:
    request = world.file()
    world.pass_()
    press = Press(token=world.room.only(request.id, "card").token, verdict="approve")
    reviewed = world.uses.deciding.review(world.identity(BOB), press, now=world.clock())

    assert reviewed.request.state == "approved"


def test_a_post_whose_answer_was_lost_leaves_an_orphan_without_buttons(world: World) -> None:
    request = world.file()
    world.room.lose = 1
    world.passes(60)

    orphan, card = world.room.of(request.id, "card")
    assert orphan.token == ""
    assert card.token != ""
    world.press(BOB, request)
    world.pass_()
    assert orphan.drawn is None
    assert card.token == ""


def test_a_decided_card_has_no_buttons(world: World) -> None:
    for verdict in ("approve", "deny"):
        request = world.file()
        world.pass_()
        world.press(BOB, request, "approve" if verdict == "approve" else "deny")
        world.pass_()

        assert world.room.only(request.id, "card").token == ""


def test_every_change_is_drawn_on_every_copy(world: World, cloud: Google) -> None:
    request = world.file()
    world.pass_()
    for change in (lambda: world.press(BOB, request), lambda: world.end(ALICE, request)):
        change()
        world.pass_()
        for key in ("card", "status"):
            assert drawn_version(world, request.id, key) == world.read(request).version
    assert cloud.policies()[RESOURCE].get("bindings", []) == []


def test_nothing_is_drawn_when_nothing_changed(world: World) -> None:
    request = world.granted()
    calls = world.room.calls
    for _ in range(3):
        world.reconciler.subject(f"request:{request.id}")

    assert world.room.calls == calls


def test_a_message_that_could_not_be_sent_is_sent_later(world: World) -> None:
    request = world.file()
    world.room.faults = [Unavailable("down")] * 7
    world.passes(180)

    assert world.room.only(request.id, "card").token
    assert len(world.room.of(request.id, "status")) == 1


def test_each_try_doubles_the_wait_once(world: World) -> None:
    """Waits of 1, 2, 4, 8, 16, 32 seconds at most, a sweep every 15: tried at 0, 15, 30, 45, 60, 90 and 135 s."""
    world.file()
    world.room.faults = [Unavailable("down")] * 1000
    world.passes(180)

    card_and_status = 2
    assert world.room.calls >= 7 * card_and_status


def test_a_redraw_whose_answer_was_lost_is_made_again(world: World) -> None:
    request = world.file()
    world.pass_()
    world.room.lose = 2
    world.press(BOB, request)
    world.passes(60)

    assert drawn_version(world, request.id, "card") == world.read(request).version


def test_what_the_channel_asks_to_wait_is_waited(world: World) -> None:
    request = world.file()
    world.room.faults = [Unavailable("ratelimited", retry_after=100)]
    world.passes(90)
    assert world.room.of(request.id, "card") == []
    world.passes(30)

    assert len(world.room.of(request.id, "card")) == 1


def test_a_deleted_card_is_posted_again_at_most_three_times(world: World) -> None:
    request = world.file()
    world.passes(15)
    for _ in range(6):
        for message in world.room.of(request.id, "card"):
            message.deleted = True
        world.policy = policy(("max: 4h", "max: 5h")) if world.policy == policy() else policy()
        world.store.wake(f"request:{request.id}", due=world.clock())
        _touch(world, request.id)
        world.passes(600)

    made = [m for m in world.room.messages.values() if m.notice.key == "card"]
    assert len(made) == 4


def _touch(world: World, request_id: str) -> None:
    """Let the card be out of date: its token is about to run out."""
    world.clock.advance(1)
    request = world.store.request(request_id)
    body = world.store.lease(f"request:{request_id}", owner="test", now=world.clock(), until=world.clock())
    assert body is not None
    aged = body.body.replace(b'"drawn":"%d.' % request.version, b'"drawn":"0.')
    world.store.release(world.store.save(body, aged), due=world.clock())


def test_a_message_that_the_channel_refuses_for_good_does_not_stop_the_others(world: World) -> None:
    request = world.file()
    world.room.faults = [ChannelError("channel_not_found")]
    world.pass_()

    assert [message.notice.key for message in world.room.of(request.id)] == ["status"]


def test_a_failing_channel_does_not_keep_access_from_being_given_or_ended(world: World, cloud: Google) -> None:
    request = world.file(minutes=10)
    world.room.faults = [Unavailable("down")] * 10_000
    world.press(BOB, request)
    world.pass_()
    assert world.state(request) == "active"
    world.passes(600)

    assert world.state(request) == "ended"
    assert cloud.policies()[RESOURCE].get("bindings", []) == []


def test_a_message_that_nobody_wants_any_more_is_not_waited_for(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    world.people.down = True
    world.room.faults = [Unavailable("down")] * 1000
    world.passes(30)
    assert world.read(request).state == "pending"
    world.room.faults = []
    world.people.down = False
    world.restart()
    world.passes(600)

    assert world.read(request).state == "approved"
    assert world.room.of(request.id, "step:progress:2") == []
    assert world.reconciler.due() == []


def test_a_card_where_an_older_policy_sent_it_is_kept_true_as_well(world: World) -> None:
    world.policy = policy(('  channel: "#access"\n', ""), ('"group:approvers@example.com"', BOB))
    request = world.file()
    world.pass_()
    assert world.room.only(request.id, f"card:{BOB}").token
    world.policy = policy(('"group:approvers@example.com"', BOB))
    world.press(BOB, request)
    world.pass_()

    old = world.room.only(request.id, f"card:{BOB}")
    assert old.token == ""
    assert drawn_version(world, request.id, f"card:{BOB}") == world.read(request).version


def test_a_token_is_renewed_before_it_expires(world: World) -> None:
    world.policy = policy(("  channel:", "  pending: 24h\n  channel:"))
    request = world.file()
    world.pass_()
    first = world.room.only(request.id, "card").token
    world.clock.advance((LIFE - timedelta(minutes=59)).total_seconds())
    world.pass_()
    second = world.room.only(request.id, "card").token

    assert second != first
    world.clock.advance(3600)
    with pytest.raises(Refused) as refusal:
        world.tokens.open(first, act="review", now=world.clock())
    assert refusal.value.code == "token_expired"
    assert world.tokens.open(second, act="review", now=world.clock()).request == request.id


def test_a_token_that_lasts_as_long_as_its_request_is_not_renewed(world: World) -> None:
    request = world.file()
    world.pass_()
    calls = world.room.calls
    world.passes(3500)
    # Only whoever asked hears that it expires soon.
    assert world.room.calls == calls + 1
    assert world.room.only(request.id, "step:expires").drawn is None
    world.passes(200)

    assert world.read(request).state == "expired"
    assert world.room.only(request.id, "card").token == ""


def test_a_restored_store_draws_every_card_with_new_tokens(world: World) -> None:
    request = world.file()
    world.pass_()
    old = world.room.only(request.id, "card").token
    world.installation = msgspec.structs.replace(world.installation, generation="another")
    world.reconciler.subject(f"request:{request.id}")

    new = world.room.only(request.id, "card").token
    with pytest.raises(Refused):
        world.tokens.open(old, act="review", now=world.clock())
    assert world.tokens.open(new, act="review", now=world.clock()).request == request.id


def test_the_requester_is_told_each_step_once(world: World, cloud: Google) -> None:
    request = world.file(GWEN, "pair", minutes=10)
    world.press(BOB, request)
    world.pass_()
    world.press(CAROL, request)
    world.passes(660)

    steps = [message.notice.step for message in world.room.of(request.id) if message.notice.kind == "step"]
    assert steps == ["progress:1", "active", "ends", "ended"]
    assert {m.notice.to for m in world.room.of(request.id) if m.notice.kind == "step"} == {ToAccount(ref(GWEN))}
    assert cloud.policies()[RESOURCE].get("bindings", []) == []


def test_approvers_are_told_directly_where_the_policy_names_no_channel(world: World) -> None:
    world.policy = policy(
        ('  channel: "#access"\n', ""), ('"group:approvers@example.com"', f"{ALICE}, {BOB}, {CAROL}")
    )
    request = world.file()
    world.pass_()

    cards = [message.notice.to for message in world.room.of(request.id) if message.notice.kind == "card"]
    assert cards == [ToPerson(BOB), ToPerson(CAROL)]


def test_an_end_from_outside_is_told(world: World, cloud: Google) -> None:
    request = world.granted()
    strip(cloud)
    world.passes(75)

    assert [m.notice.step for m in world.room.of(request.id) if m.notice.kind == "step"] == ["active", "revoked"]
