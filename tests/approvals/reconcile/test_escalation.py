"""When nobody decides others are told, once; and nobody gets a right by it."""

import pytest

from approvals.ports.messages import ToPerson, ToRoom
from approvals.refusals.errors import Unavailable
from tests.approvals.reconcile.letters import NAMED, NO_ROOM, ONE
from tests.approvals.reconcile.reminding import BOTH, TOP, escalate, lose, silence, told
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy


@pytest.fixture
def world(world: World) -> World:
    world.people.groups[APPROVERS] = set(BOTH)
    return world


def test_others_are_told_once_and_the_room_without_names(world: World) -> None:
    world.policy = policy(escalate(f'{{after: 30m, to: [{DAN}], channel: "#oncall"}}'))
    world.file()
    world.passes(29 * 60)
    assert told(world, "escalated") == []

    world.passes(3600)
    world.restart()
    world.passes(3600)
    calls = [(call.to, call.people) for call in world.room.turns if call.step == "escalated"]
    assert calls == [(ToRoom("#oncall"), ()), (ToPerson(DAN), ())]


def test_who_was_told_of_the_stage_is_not_told_again_nor_is_who_voted_or_asked(world: World) -> None:
    world.policy = policy(
        escalate(f"{{after: 30m, to: [{ALICE}, {BOB}, {CAROL}, {DAN}]}}"), (ONE, ONE.replace("1", "2"))
    )
    request = world.file()
    world.press(CAROL, request)
    world.passes(1900)

    assert [call.to for call in world.room.turns if call.step.startswith("escalated")] == [ToPerson(DAN)]


def test_who_came_later_and_was_reminded_is_not_told_again(world: World) -> None:
    world.policy = policy(
        (TOP, f"{TOP}  remind: {{first: 10m}}\n  escalate: {{after: 15m, to: [{DAN}, {GWEN}]}}\n")
    )
    world.file()
    world.passes(60)
    world.people.groups[APPROVERS] = {*BOTH, DAN}
    world.passes(15 * 60)

    assert DAN in told(world)[0]
    assert [call.to for call in world.room.turns if call.step.startswith("escalated")] == [ToPerson(GWEN)]


def test_who_was_asked_by_mail_is_not_told_again(world: World) -> None:
    many = [f"p{number:02}@example.com" for number in range(21)]  # too many to be named in the chat
    world.people.groups[APPROVERS] = set(many)
    world.policy = policy(
        (TOP, f"{TOP}  escalate: {{after: 5m, to: [{many[0]}, {GWEN}]}}\n  email: {{after: 2m}}\n")
    )
    world.open_(mail=True)
    world.file()
    world.passes(350)

    assert many[0] in world.postman.sent()
    assert [call.to for call in world.room.turns if call.step.startswith("escalated")] == [ToPerson(GWEN)]


def test_an_escalation_counts_as_a_reminder(world: World) -> None:
    world.policy = policy(
        (TOP, f"{TOP}  remind: {{first: 50m}}\n  escalate: {{after: 40m, to: [{DAN}]}}\n  pending: 4h\n")
    )
    world.file()
    world.passes(60)
    world.people.groups[APPROVERS] = {*BOTH, DAN}
    world.passes(55 * 60)
    assert [call.to for call in world.room.turns if call.step == "escalated:able"] == [ToPerson(DAN)]
    assert told(world) == [BOTH]

    world.passes(36 * 60)
    assert told(world) == [BOTH, (DAN,)]


def test_who_votes_before_the_chat_takes_it_is_not_told_any_more(world: World) -> None:
    world.policy = policy(
        escalate(f"{{after: 30m, to: [{BOB}, {GWEN}]}}"), (ONE, f"{ONE.replace('1', '2')}\n    quiet: [{BOB}]")
    )
    request = world.file()
    world.passes(1790)
    world.room.faults = [Unavailable("no answer", retry_after=60.0) for _ in range(2)]
    world.passes(30)
    world.press(BOB, request)
    world.passes(120)

    assert [call.to for call in world.room.turns if call.step.startswith("escalated")] == [ToPerson(GWEN)]


def test_whom_the_directory_cannot_name_is_told_once_it_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.people.groups["leads@example.com"] = {GWEN, DAN}
    world.policy = policy(escalate(f'{{after: 30m, to: ["group:leads@example.com", {DAN}], channel: "#oncall"}}'))
    world.file()
    world.passes(1700)
    silence(world, monkeypatch)
    world.passes(300)
    assert [call.to for call in world.room.turns if call.step == "escalated"] == [ToRoom("#oncall"), ToPerson(DAN)]

    monkeypatch.undo()
    world.passes(70)
    world.restart()
    world.passes(600)
    assert [call.to for call in world.room.turns if call.step == "escalated"][2:] == [ToPerson(GWEN)]


def test_it_gives_nobody_a_right_and_says_who_has_it(world: World) -> None:
    quiet = (ONE, f"{ONE}\n    quiet: [{BOB}]")
    world.policy = policy(escalate(f"{{after: 30m, to: [{BOB}, {GWEN}]}}"), quiet)
    request = world.file()
    world.passes(1900)

    assert [(call.to, call.step) for call in world.room.turns if call.step.startswith("escalated")] == [
        (ToPerson(BOB), "escalated:able"),
        (ToPerson(GWEN), "escalated"),
    ]
    assert request.id not in world.waiting_for(GWEN)
    assert request.id in world.waiting_for(BOB)


def test_whom_the_stage_keeps_apart_is_not_told_that_they_may(world: World) -> None:
    team = ("identity:\n", f"groups:\n  team: [{ALICE}, {DAN}]\nidentity:\n")
    apart = (ONE, f'- {{approvers: ["group:approvers@example.com", {DAN}], not_same: "group:team"}}')
    world.policy = policy(team, apart, escalate(f"{{after: 30m, to: [{DAN}]}}"))
    world.file()
    world.passes(1900)

    assert [call.step for call in world.room.turns if call.to == ToPerson(DAN)] == ["escalated"]


def test_where_each_has_a_card_of_their_own_a_quiet_approver_gets_one_by_it(world: World) -> None:
    world.policy = policy(
        NO_ROOM, escalate(f"{{after: 30m, to: [{BOB}]}}"), (ONE, f"{NAMED[1]}\n    quiet: [{BOB}]")
    )
    request = world.file()
    world.passes(1700)
    assert [m.notice.to for m in world.room.of(request.id) if m.notice.kind == "card"] == [ToPerson(CAROL)]

    world.passes(200)
    assert world.room.only(request.id, f"card:{BOB}").token
    assert told(world, "escalated:able") == []


def test_whom_the_chat_does_not_reach_is_told_by_mail(world: World) -> None:
    world.policy = policy(
        (TOP, f"{TOP}  escalate: {{after: 5m, to: [{GWEN}]}}\n  email: {{after: 2h}}\n  pending: 12h\n")
    )
    world.open_(mail=True)
    lose(world, GWEN)
    world.file()
    world.passes(350)

    assert world.postman.sent("told") == [GWEN]
    assert [bool(letter.card.token) for letter in world.postman.letters] == [False]
