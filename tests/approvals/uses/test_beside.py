"""Stages side by side as people live them: who is told, who is refused, who can say no, and what they come to."""

import pytest

from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.uses.votes import Press, Shown
from tests.support.fridays import KINDS
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, policy, refused

ONE = '- {approvers: ["group:approvers@example.com"], needed: 1}'
DOMAINS = "identity:\n"
GROUPS = """\
groups:
  db: [bob@example.com, dan@example.com]
  net: [bob@example.com]
  team: [alice@example.com, dan@example.com]
identity:
"""


def staged(*stages: str) -> tuple[tuple[str, str], ...]:
    return ((DOMAINS, GROUPS), (ONE, "\n      ".join(f"- {{{stage}}}" for stage in stages)))


EACH = staged('approvers: ["group:db"]', 'approvers: ["group:net"], order: any', "approvers: [carol@example.com]")
APART = staged('approvers: ["group:db"], not_same: "group:team"')
DIRECT = ('  channel: "#access"\n', "")


def told(world: World) -> list[tuple[str, ...]]:
    return [call.people for call in world.room.turns]


@pytest.fixture
def filed(world: World) -> Request:
    world.policy = policy(*EACH)
    request = world.file()
    world.passes(30)
    return request


def test_one_person_in_both_groups_gives_one_approval(world: World, filed: Request) -> None:
    world.press(BOB, filed)
    with refused("not_yet"):
        world.press(CAROL, filed)
    assert world.read(filed).state == "pending"


@pytest.mark.parametrize("order", [(BOB, DAN), (DAN, BOB)])
def test_the_two_of_them_are_one_of_each_whoever_is_first(
    world: World, filed: Request, order: tuple[str, str]
) -> None:
    for person in (*order, CAROL):
        world.press(person, filed)
    decision = world.read(filed).decision
    assert decision is not None
    assert set(decision.by) == {BOB, DAN, CAROL}


def test_all_of_a_step_are_told_at_once_by_one_message_and_the_next_when_it_opens(
    world: World, filed: Request
) -> None:
    assert told(world) == [(BOB, DAN)]
    world.press(DAN, filed)
    world.passes(30)
    assert told(world) == [(BOB, DAN)]
    world.press(BOB, filed)
    world.passes(30)
    assert told(world) == [(BOB, DAN), (CAROL,)]


def test_without_a_channel_a_later_stage_gets_its_cards_when_it_opens(world: World) -> None:
    world.policy = policy(*EACH, DIRECT)
    request = world.file()
    world.passes(30)
    assert {message.notice.key for message in world.room.of(request.id) if message.notice.kind == "card"} == {
        f"card:{BOB}",
        f"card:{DAN}",
    }
    for person in (BOB, DAN):
        world.press(person, request)
    world.passes(30)
    assert f"card:{CAROL}" in {message.notice.key for message in world.room.of(request.id)}


@pytest.mark.parametrize("way", ["card", "call"])
@pytest.mark.parametrize("approved", [(), (BOB,), (BOB, DAN)])
@pytest.mark.parametrize("person", [BOB, DAN, CAROL])
def test_whoever_may_approve_in_any_stage_can_deny_at_any_time(
    world: World, filed: Request, approved: tuple[str, ...], person: str, way: str
) -> None:
    for each in approved:
        world.press(each, filed)
    if person in approved:
        world.press(person, world.read(filed), "take_back")
    if way == "card":
        world.press(person, world.read(filed), "deny")
    else:
        shown = Shown(request=filed.id, revision=filed.revision, digest=filed.digest)
        denial = Press(token="", verdict="deny")
        world.uses.deciding.vote(world.identity(person), shown, denial, now=world.clock())
    assert world.read(filed).state == "denied"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_the_requester_s_own_team_neither_approves_nor_denies_nor_is_asked(
    world: World, verdict: str, kind: str
) -> None:
    world.policy = policy(*APART, *KINDS[kind])
    request = world.file(ALICE)
    world.passes(30)
    assert told(world) == [(BOB,)]
    with refused("not_approver.same"):
        world.press(DAN, request, verdict)  # type: ignore[arg-type]
    world.press(BOB, request)
    assert world.read(request).state == "approved"


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_whom_nobody_can_tell_from_the_requester_s_team_does_not_count(world: World, verdict: str) -> None:
    world.policy = policy(*staged('approvers: ["group:db"], not_same: "group:team@example.com"'))
    request = world.file(GWEN)
    with pytest.raises(Unavailable):
        world.press(DAN, request, verdict)  # type: ignore[arg-type]
    assert world.read(request).state == "pending"

    world.people.groups["team@example.com"] = {DAN}
    world.clock.advance(120)
    world.press(DAN, world.read(request))
    assert world.read(request).state == "approved"


def test_for_somebody_of_another_team_they_do(world: World) -> None:
    world.policy = policy(*APART)
    request = world.file(GWEN)
    world.press(DAN, request)
    assert world.read(request).state == "approved"


def test_who_asks_from_a_team_of_all_approvers_cannot_ask(world: World) -> None:
    world.policy = policy(*staged('approvers: ["group:db"], not_same: "group:db"'))
    with refused("approvers.few"):
        world.file(BOB)


def test_where_the_policy_puts_the_approver_into_the_team_meanwhile_the_vote_counts_no_more(world: World) -> None:
    some = 'approvers: ["group:db", carol@example.com, alice@example.com], needed: 2, not_same: "group:team"'
    world.policy = policy(*staged(some))
    request = world.file(GWEN)
    world.press(BOB, request)
    world.policy = policy(
        (DOMAINS, GROUPS.replace("[alice@example.com,", "[gwen@example.com, bob@example.com,")), *staged(some)[1:]
    )
    world.press(CAROL, request)
    assert world.read(request).state == "pending"
    world.press(ALICE, request)
    decision = world.read(request).decision
    assert decision is not None
    assert set(decision.by) == {CAROL, ALICE}
