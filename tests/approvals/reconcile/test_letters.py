"""Letters: to those whom the chat does not reach, when their turn is, and to nobody else."""

import pytest

from approvals.freezes.freezing import freeze, thaw
from approvals.ports.messages import ChannelError
from approvals.reconcile.rolls import MOST
from approvals.refusals.errors import Unavailable
from tests.approvals.reconcile.letters import GONE, NAMED, NO_ROOM, ONE, email, steps
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

THEN_CAROL = (ONE, f"{ONE}\n      - {{approvers: [carol@example.com]}}")


@pytest.fixture
def world(world: World) -> World:
    world.open_(mail=True)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    return world


# --- who gets none


def test_nobody_gets_a_letter_before_its_time(world: World) -> None:
    world.file()
    world.passes(599)

    assert world.postman.letters == []


def test_never_means_none_whatever_the_chat_does(world: World) -> None:
    world.policy = policy(email("never"))
    request = world.file()
    world.room.faults = [GONE]
    world.pass_()
    world.room.faults = [GONE]
    world.passes(1200)

    assert world.postman.letters == []
    assert steps(world, request) == ["unseen"]


def test_the_requester_is_never_asked_not_by_an_alias_either(world: World) -> None:
    world.policy = policy(email("always"))
    world.people.groups[APPROVERS] = {ALICE, "a.smith@example.com", BOB}
    world.file()
    world.pass_()

    assert world.postman.sent() == [BOB]


def test_whoever_has_voted_and_whose_turn_comes_later_gets_none(world: World) -> None:
    world.policy = policy(email("{after: 10m}"), (ONE, f"{ONE.replace('1', '2')}\n      - {{approvers: [{DAN}]}}"))
    request = world.file(GWEN)
    world.press(BOB, request)
    world.passes(600)

    assert world.postman.sent() == [CAROL]


def test_whoever_votes_while_their_letter_waits_for_the_postman_gets_none(world: World) -> None:
    world.policy = policy(email("always"), (ONE, ONE.replace("1", "2")))
    request = world.file(GWEN)
    world.postman.down = Unavailable("no answer")
    world.passes(10)
    world.press(BOB, request)
    world.postman.down = None
    world.passes(600)

    assert world.postman.sent() == [CAROL]


def test_who_decides_in_time_keeps_the_postman_at_home(world: World) -> None:
    request = world.file()
    world.passes(300)
    world.press(BOB, request)
    world.passes(1200)

    assert world.postman.letters == []


def test_nobody_outside_the_domains_and_no_group_is_written_to(world: World) -> None:
    world.policy = policy(email("always"))
    world.people.groups[APPROVERS] = {BOB, "eve@elsewhere.org"}
    world.file()
    world.pass_()

    assert world.postman.sent() == [BOB]


def test_while_everything_is_frozen_nobody_is_asked_and_afterwards_they_are(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    freeze(world.store, by="os:root", why=None, now=world.clock())
    world.restart()
    world.passes(60)
    assert world.postman.letters == []

    thaw(world.store, by="os:root", why=None, now=world.clock())
    world.restart()
    world.reconciler.look_at_waiting()
    world.pass_()
    assert world.postman.sent() == [BOB, CAROL]
    assert world.read(request).state == "pending"


# --- when


def test_when_nobody_decides_for_as_long_as_the_policy_says_each_gets_one(world: World) -> None:
    world.file()
    world.passes(600)

    assert world.postman.sent() == [BOB, CAROL]
    world.passes(1800)
    assert world.postman.sent() == [BOB, CAROL]


def test_always_means_at_once(world: World) -> None:
    world.policy = policy(email("always"))
    world.file()
    world.pass_()

    assert world.postman.sent() == [BOB, CAROL]


def test_an_entitlement_s_own_rule_holds_for_it(world: World) -> None:
    world.policy = policy(email("never"), (ONE, f"{ONE}\n    email: {{after: 1m}}"))
    world.file()
    world.passes(60)

    assert world.postman.sent() == [BOB, CAROL]


def test_the_time_of_a_stage_counts_from_its_opening(world: World) -> None:
    world.policy = policy(THEN_CAROL)
    request = world.file(GWEN)
    world.passes(540)
    world.press(BOB, request)
    world.passes(585)
    assert world.postman.letters == []

    world.passes(15)
    assert world.postman.sent() == [CAROL]


@pytest.mark.parametrize("less", [False, True])
def test_whose_turn_comes_once_more_gets_a_letter_for_it_of_what_was_offered_as_well(
    world: World, less: bool
) -> None:
    world.policy = policy(email("always"), THEN_CAROL)
    request = world.file(GWEN)
    if less:
        world.offer(BOB, request, minutes=30)
        request = world.accept(GWEN, request)
    world.pass_()
    assert world.postman.sent() == [BOB, CAROL]

    world.press(BOB, request)
    world.pass_()

    assert world.postman.sent() == [BOB, CAROL, CAROL]


def test_a_stage_that_the_policy_has_changed_begins_anew(world: World) -> None:
    request = world.file()
    world.passes(590)
    world.policy = policy((ONE, f"- {{approvers: [{CAROL}, {DAN}], needed: 2}}"))
    world.reconciler.look_at_waiting()
    world.passes(30)

    assert world.postman.letters == []
    assert world.read(request).state == "pending"


def test_a_card_that_is_refused_for_good_sends_letters_at_once(world: World) -> None:
    request = world.file()
    world.room.faults = [GONE]
    world.pass_()

    assert world.postman.sent() == [BOB, CAROL]
    assert "unseen" not in steps(world, request)


def test_a_card_that_fails_for_a_minute_sends_letters(world: World) -> None:
    world.file()
    world.room.faults = [Unavailable("Slack does not answer")] * 1000
    world.passes(59)
    assert world.postman.letters == []

    world.passes(2, step=1)
    assert world.postman.sent() == [BOB, CAROL]


def test_a_card_that_stands_without_buttons_for_a_minute_sends_letters(world: World) -> None:
    request = world.file()
    world.reconciler.subject(f"request:{request.id}")
    world.room.only(request.id, "card").locked = True
    world.restart()
    world.passes(61)

    assert bool(world.postman.letters) == (world.room.only(request.id, "card").drawn is None)


def test_of_direct_messages_only_who_is_not_reached_gets_a_letter(world: World) -> None:
    world.policy = policy(NO_ROOM, NAMED)
    world.file()
    world.room.faults = [ChannelError("no such person in Slack")]
    world.pass_()

    assert world.postman.sent() == [BOB]


def test_members_of_a_group_whom_no_message_can_reach_get_letters_at_once(world: World) -> None:
    world.policy = policy(NO_ROOM)
    request = world.file()
    world.pass_()

    assert world.postman.sent() == [BOB, CAROL]
    assert steps(world, request) == []


# --- to whom


def test_a_group_of_many_is_written_to_twenty_of_and_the_card_says_so(world: World) -> None:
    world.policy = policy(email("always"))
    world.people.groups[APPROVERS] = {f"p{number:02}@example.com" for number in range(MOST + 3)}
    request = world.file()
    world.pass_()

    assert len(world.postman.sent()) == MOST
    drawn = world.room.only(request.id, "card").drawn
    assert drawn is not None
    assert drawn.unmailed is not None
    assert drawn.unmailed.more == 3


def test_a_group_that_cannot_be_resolved_is_said_on_the_card_and_asked_again(world: World) -> None:
    world.policy = policy(email("always"), (ONE, f'- {{approvers: ["group:away@example.com", {DAN}]}}'))
    request = world.file()
    world.pass_()
    drawn = world.room.only(request.id, "card").drawn

    assert world.postman.sent() == [DAN]
    assert drawn is not None
    assert drawn.unmailed is not None
    assert drawn.unmailed.unknown == ("group:away@example.com",)


def test_a_directory_that_is_silent_is_asked_again_and_then_the_card_says_nothing(world: World) -> None:
    world.policy = policy(email("always"))
    world.people.down = True
    request = world.file()
    world.pass_()
    assert world.postman.letters == []

    world.people.down = False
    world.passes(120)
    assert world.postman.sent() == [BOB, CAROL]
    drawn = world.room.only(request.id, "card").drawn
    assert drawn is not None
    assert drawn.unmailed is None


def test_who_asked_gets_a_copy_without_a_token_where_the_policy_says_so(world: World) -> None:
    world.policy = policy(email("{copy: requester}"))
    world.file()
    world.pass_()

    assert world.postman.sent("copy") == [ALICE]
    assert {letter.notice.step: bool(letter.card.token) for letter in world.postman.letters} == {
        "call": True,
        "copy": False,
    }
