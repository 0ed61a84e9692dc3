"""Letters: to those whom the chat does not reach, when their turn is, and once; the outcome to whoever got one."""

from datetime import timedelta

import pytest

from approvals.errors import NotSent, Unavailable
from approvals.freezing import freeze, thaw
from approvals.ports.messages import ChannelError
from approvals.reconcile.rolls import MOST
from approvals.requests import Request
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused

ONE = '- {approvers: ["group:approvers@example.com"], needed: 1}'
THEN_CAROL = (ONE, f"{ONE}\n      - {{approvers: [carol@example.com]}}")
NO_ROOM = ('  channel: "#access"\n', "")
NAMED = (ONE, "- {approvers: [bob@example.com, carol@example.com]}")
GONE = ChannelError("there is no such channel")


def email(rule: str) -> tuple[str, str]:
    return ("max: 4h}\n", f"max: 4h}}\n  email: {rule}\n")


@pytest.fixture
def world(world: World) -> World:
    world.open_mail()
    world.people.groups[APPROVERS] = {BOB, CAROL}
    return world


def steps(world: World, request: Request) -> list[str]:
    return [message.notice.step for message in world.room.of(request.id) if message.notice.kind == "step"]


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


# --- once, and nothing is lost


def test_a_postman_who_is_away_for_a_day_loses_nothing(world: World) -> None:
    world.policy = policy(email("always"), ("max: 4h}\n", "max: 4h}\n  pending: 72h\n"))
    world.file()
    world.postman.down = NotSent("no connection")
    world.passes(86400, step=1800)
    assert world.postman.letters == []

    world.postman.down = None
    world.passes(300)
    assert sorted(world.postman.sent()) == [BOB, CAROL]


def test_an_outcome_waits_for_the_postman_as_well(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    world.pass_()
    world.press(BOB, request)
    world.postman.down = NotSent("no connection")
    world.passes(86400, step=1800)

    world.postman.down = None
    world.passes(300)
    assert sorted(world.postman.sent("outcome")) == [BOB, CAROL]


def test_a_letter_whose_answer_was_lost_goes_again_under_the_same_key(world: World) -> None:
    world.policy = policy(email("always"))
    world.file()
    world.postman.lost = [Unavailable("the server said nothing")]
    world.passes(10)

    assert sorted(world.postman.sent()) == [BOB, BOB, CAROL]
    assert len({letter.notice.key for letter in world.postman.letters}) == 2


def test_a_letter_that_was_cut_off_by_a_crash_goes_again_under_the_same_key(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    world.postman.lost = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        world.pass_()

    world.restart()
    world.passes(60)
    assert sorted(world.postman.sent()) == [BOB, BOB, CAROL]
    assert world.read(request).state == "pending"


def test_what_a_server_refuses_for_good_is_not_offered_again_and_the_requester_is_told(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    world.postman.refuses[BOB] = ChannelError("550 no such mailbox")
    world.passes(1200)
    world.postman.refuses.clear()
    world.passes(600)

    assert world.postman.sent() == [CAROL]
    assert steps(world, request) == [f"unmailed:{BOB}"]


def test_where_chat_and_mail_refuse_everybody_the_requester_learns_it(world: World) -> None:
    world.policy = policy(NAMED)
    request = world.file()
    world.room.faults = [GONE]
    world.postman.refuses = {BOB: ChannelError("550"), CAROL: ChannelError("550")}
    world.room.faults = [GONE]
    world.pass_()
    world.passes(120)

    assert set(steps(world, request)) >= {f"unmailed:{BOB}", f"unmailed:{CAROL}"}


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


# --- the outcome


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_whoever_got_a_letter_is_told_the_outcome_in_its_thread(world: World, verdict: str) -> None:
    world.policy = policy(email("{copy: requester}"))
    request = world.file()
    world.pass_()
    world.press(BOB, request, verdict, **({"comment": "No."} if verdict == "deny" else {}))  # type: ignore[arg-type]
    world.passes(60)

    assert world.postman.sent("outcome") == [BOB, CAROL, ALICE]
    follows = [letter.notice.follows for letter in world.postman.letters if letter.notice.step == "outcome"]
    assert follows == [(f"letter:0:{BOB}",), (f"letter:0:{CAROL}",), (f"letter:copy:{ALICE}",)]
    assert {bool(letter.card.token) for letter in world.postman.letters if letter.notice.step == "outcome"} == {
        False
    }


def test_a_request_that_nobody_decides_is_told_as_expired(world: World) -> None:
    request = world.file()
    world.passes(3600 + 60)

    assert world.read(request).state == "expired"
    assert world.postman.sent("outcome") == [BOB, CAROL]


def test_a_vote_while_a_letter_is_on_its_way_is_followed_by_the_outcome(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    voted: list[object] = []

    def vote() -> None:
        if not voted:
            voted.append(world.press(CAROL, request))

    world.postman.during = vote
    world.passes(60)

    assert world.read(request).state == "approved"
    assert set(world.postman.sent("outcome")) == set(world.postman.sent())


def test_the_token_of_a_letter_decides_once_and_not_for_the_requester(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    world.pass_()
    token = world.postman.letters[0].card.token
    with refused("self"):
        world.vote_by_token(world.identity(ALICE), token)

    assert world.vote_by_token(world.identity(CAROL), token).request.state == "approved"
    with refused("decided"):
        world.vote_by_token(world.identity(BOB), token)
    world.pass_()
    assert {m.drawn.request.state for m in world.room.of(request.id) if m.drawn} == {"approved"}


def test_a_later_stage_s_letter_stands_in_the_thread_of_the_first(world: World) -> None:
    world.policy = policy(email("always"), (ONE, f"{ONE}\n      - {{approvers: [{CAROL}, {DAN}]}}"))
    request = world.file(GWEN)
    world.pass_()
    world.press(BOB, request)
    world.pass_()

    second = {letter.to: letter.notice.follows for letter in world.postman.letters[2:]}
    assert second == {CAROL: (f"letter:0:{CAROL}",), DAN: ()}


def test_without_a_way_for_letters_the_chat_s_troubles_are_told_as_before(world: World) -> None:
    world.has_mail = False
    world.restart()
    request = world.file()
    world.room.faults = [GONE]
    world.passes(3)

    assert "unseen" in steps(world, request)
    assert world.postman.letters == []
    assert world.clock() - request.filed < timedelta(minutes=1)
