"""Letters go once, none is lost, and whoever got one is told the outcome in its thread."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import NotSent, Refused, Unavailable
from approvals.reviews import Verdict
from tests.approvals.reconcile.letters import GONE, NAMED, ONE, email, steps
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused


@pytest.fixture
def world(world: World) -> World:
    world.open_(mail=True)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    return world


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
    # Nobody else was asked for what is decided.
    assert world.postman.sent() == [BOB]
    assert world.postman.sent("outcome") == [BOB]


@pytest.mark.parametrize("later", [NotSent("451 greylisted"), ChannelError("550 no such mailbox")])
@pytest.mark.parametrize("first", [Unavailable("the server said nothing"), KeyboardInterrupt()])
def test_who_may_have_got_a_letter_that_the_server_refused_the_second_time_is_told_the_outcome(
    world: World, first: Exception, later: Exception
) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    world.postman.lost = [first]
    with suppress(KeyboardInterrupt):
        world.pass_()
    world.restart()
    world.postman.refuses[BOB] = later
    world.passes(60)
    world.press(CAROL, request)
    world.postman.refuses.clear()
    world.passes(600)

    assert world.postman.sent().count(BOB) == 1
    assert sorted(world.postman.sent("outcome")) == [BOB, CAROL]


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


def test_of_a_letter_and_a_card_that_decide_at_the_same_instant_one_does(world: World) -> None:
    world.policy = policy(email("always"))
    request = world.file()
    world.pass_()
    by_letter = world.postman.letters[0].card.token
    by_card = world.room.only(request.id, "card").token
    assert by_letter != by_card
    begin, decided = Barrier(2), []

    def vote(person: str, token: str, verdict: Verdict) -> None:
        identity = world.identity(person)
        begin.wait(60)
        with suppress(Refused):
            decided.append(world.vote_by_token(identity, token, verdict).request.state)

    both = [
        Thread(target=vote, args=(BOB, by_letter, "approve")),
        Thread(target=vote, args=(CAROL, by_card, "deny")),
    ]
    for each in both:
        each.start()
    for each in both:
        each.join(60)

    world.passes(60)
    assert len(decided) == 1
    assert world.read(request).state == decided[0]
    assert sorted(world.postman.sent("outcome")) == [BOB, CAROL]
    outcomes = {letter.card.request.state for letter in world.postman.letters if letter.notice.step == "outcome"}
    assert outcomes == set(decided)
    assert {m.drawn.request.state for m in world.room.of(request.id, "card") if m.drawn} == set(decided)


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
