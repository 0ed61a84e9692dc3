"""Standing in: whose right counts while somebody is away, and that two count as one."""

from datetime import timedelta

import pytest

from approvals.receipts import claims
from approvals.requests import Request
from tests.support.fridays import KINDS
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused

ONE = '- {approvers: ["group:approvers@example.com"], needed: 1}'
TWO = ONE.replace("1}", "2}")
LEADS = "leads@example.com"
DELEGATES = ("entitlements:\n", f'delegates: ["group:{LEADS}"]\nentitlements:\n')


@pytest.fixture
def world(world: World) -> World:
    world.policy = policy(DELEGATES)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    world.people.groups[LEADS] = {DAN, CAROL, ALICE}
    return world


def leave(world: World, person: str, delegate: str, *, hours: float = 8) -> None:
    until = world.clock() + timedelta(hours=hours)
    world.uses.standing_in.leave(world.identity(person), until=until, delegate=delegate, now=world.clock())


def back(world: World, person: str) -> None:
    world.uses.standing_in.back(world.identity(person), now=world.clock())


def cannot(world: World, person: str, request: Request, code: str) -> None:
    with refused(code):
        world.press(person, request)
    assert request.id not in world.waiting_for(person)


# --- who cannot


@pytest.mark.parametrize(
    ("delegate", "hours", "code"),
    [
        (BOB, 8, "away.self"),
        ("b@", 8, "address"),
        (GWEN, 8, "away.delegate"),
        ("eve@elsewhere.org", 8, "away.delegate"),
        (DAN, 0, "away.time"),
        (DAN, -1, "away.time"),
        (DAN, 90 * 24 + 1, "away.time"),
    ],
)
def test_nobody_leaves_so(world: World, delegate: str, hours: float, code: str) -> None:
    with refused(code):
        leave(world, BOB, delegate, hours=hours)
    assert world.uses.standing_in.own(world.identity(BOB), now=world.clock()).absence is None


def test_where_the_policy_names_nobody_nobody_stands_in(world: World) -> None:
    leave(world, BOB, DAN)
    world.policy = policy()
    cannot(world, DAN, world.file(), "not_approver")
    with refused("away.off"):
        leave(world, BOB, DAN)


def test_it_is_one_step(world: World) -> None:
    leave(world, CAROL, DAN)
    with refused("away.too"):
        leave(world, BOB, CAROL)

    leave(world, DAN, ALICE)
    cannot(world, ALICE, world.file(GWEN), "not_approver")


def test_the_requester_decides_nothing_by_another_nor_another_by_them(world: World) -> None:
    leave(world, BOB, ALICE)
    cannot(world, ALICE, world.file(ALICE), "self")

    world.people.groups[APPROVERS] = {ALICE, CAROL}
    back(world, BOB)
    leave(world, ALICE, DAN)
    cannot(world, DAN, world.file(ALICE), "not_approver")


@pytest.mark.parametrize(
    "ended", ["by time", "by themselves", "by the policy", "by the directory", "by a restore"]
)
def test_when_it_is_over_nobody_stands_in(world: World, ended: str) -> None:
    leave(world, BOB, DAN)
    request = world.file()
    assert request.id in world.waiting_for(DAN)

    if ended == "by time":
        leave(world, BOB, DAN, hours=0.5)
        world.clock.advance(1801)
    elif ended == "by themselves":
        back(world, BOB)
    elif ended == "by the policy":
        world.policy = policy(("entitlements:\n", f"delegates: [{CAROL}]\nentitlements:\n"))
    elif ended == "by the directory":
        world.people.groups[LEADS] = {CAROL}
        world.clock.advance(61)
    else:
        world.cases.generation = lambda: "another"
    cannot(world, DAN, request, "not_approver")


@pytest.mark.parametrize("kind", KINDS)
def test_a_vote_for_somebody_counts_no_more_when_they_are_back(world: World, kind: str) -> None:
    world.policy = policy(DELEGATES, (ONE, TWO), *KINDS[kind])
    leave(world, BOB, DAN)
    request = world.file()
    world.press(DAN, request)
    back(world, BOB)
    world.press(CAROL, request)
    assert world.read(request).state == "pending"

    world.press(BOB, request)
    assert world.read(request).state == "approved"


@pytest.mark.parametrize("kind", KINDS)
def test_the_two_count_as_one_whoever_is_first(world: World, kind: str) -> None:
    world.policy = policy(DELEGATES, (ONE, TWO), *KINDS[kind])
    leave(world, BOB, DAN)
    request = world.file()
    world.press(DAN, request)
    cannot(world, BOB, request, "one_person")

    other = world.file(GWEN)
    world.press(BOB, other)
    cannot(world, DAN, other, "one_person")
    assert {world.read(each).state for each in (request, other)} == {"pending"}


def test_two_approvers_of_whom_one_stands_in_for_the_other_are_one_even_afterwards(world: World) -> None:
    world.policy = policy(DELEGATES, (ONE, TWO))
    request = world.file()
    world.press(BOB, request)
    leave(world, BOB, CAROL)
    cannot(world, CAROL, request, "one_person")

    other = world.file(GWEN)
    world.press(CAROL, other)
    back(world, BOB)
    cannot(world, BOB, other, "one_person")
    assert world.read(other).state == "pending"


def test_an_answer_that_does_not_come_is_no(world: World) -> None:
    leave(world, BOB, DAN)
    request = world.file()
    world.clock.advance(61)
    world.people.down = True
    with pytest.raises(Exception, match="checked"):
        world.press(DAN, request)
    assert world.read(request).reviews == ()


# --- who can


@pytest.mark.parametrize("kind", KINDS)
def test_who_stands_in_approves_and_the_record_says_for_whom(world: World, kind: str) -> None:
    world.policy = policy(DELEGATES, *KINDS[kind])
    leave(world, BOB, DAN)
    request = world.file()
    assert request.id in world.waiting_for(DAN)
    world.press(DAN, request)

    found = world.read(request)
    assert (found.state, found.decision and found.decision.by) == ("approved", (DAN,))
    assert [(vote.person, vote.behalf, vote.beside) for vote in found.reviews] == [(DAN, BOB, (BOB,))]
    signed = claims(found, issuer="countersign:test", jti="j", now=world.clock())
    assert [(vote["person"], vote["behalf"]) for vote in signed["reviews"]] == [(DAN, BOB)]
    (said,) = [entry for entry in world.store.entries(request.id) if entry.action == "review.approve"]
    assert (said.detail["behalf"], said.detail["beside"]) == (BOB, [BOB])


def test_who_stands_in_may_deny(world: World) -> None:
    leave(world, BOB, DAN)
    request = world.file()
    world.press(DAN, request, "deny", comment="not now")

    assert world.read(request).state == "denied"
    assert world.read(request).reviews[0].behalf == BOB


def test_who_may_approve_anyway_votes_for_themselves(world: World) -> None:
    leave(world, BOB, CAROL)
    request = world.file()
    world.press(CAROL, request)

    assert [(vote.behalf, vote.beside) for vote in world.read(request).reviews] == [("", (BOB,))]
    signed = claims(world.read(request), issuer="countersign:test", jti="j", now=world.clock())
    assert "behalf" not in signed["reviews"][0]


def test_coming_back_while_the_last_approval_is_kept_keeps_it_from_counting(world: World) -> None:
    leave(world, BOB, DAN)
    request = world.file()
    plain = world.store.commit
    moved: list[bool] = []

    def racing(change: object) -> None:
        if not moved:
            moved.append(True)
            back(world, BOB)
        plain(change)  # type: ignore[arg-type]

    world.store.commit = racing  # type: ignore[method-assign]
    with refused("not_approver"):
        world.press(DAN, request)
    assert world.read(request).state == "pending"


def test_who_is_away_is_not_asked_and_who_stands_in_is(world: World) -> None:
    leave(world, BOB, DAN)
    world.file()
    world.passes(60)

    assert [call.people for call in world.room.turns] == [(CAROL, DAN)]


def test_each_move_is_in_the_installation_s_chain(world: World) -> None:
    leave(world, BOB, DAN)
    back(world, BOB)
    with refused("away.not"):
        back(world, BOB)

    moves = [entry for entry in world.store.entries("") if entry.action in {"away", "back"}]
    assert [(entry.actor, entry.action) for entry in moves] == [(BOB, "away"), (BOB, "back")]
    assert moves[0].detail["delegate"] == DAN


def test_what_is_so_is_shown_to_both(world: World) -> None:
    leave(world, BOB, DAN)
    leave(world, BOB, CAROL, hours=3)

    own = world.uses.standing_in.own(world.identity(BOB), now=world.clock())
    assert own.absence is not None
    assert own.absence.delegate == CAROL
    assert [each.person for each in world.uses.standing_in.own(world.identity(CAROL), now=world.clock()).by] == [
        BOB
    ]
    assert world.uses.standing_in.own(world.identity(DAN), now=world.clock()).by == ()


TEAM = f"groups:\n  team: [{ALICE}, {DAN}]\nidentity:\n"
NAMED = ("group:approvers@example.com", f"user:{BOB}")
DIRECT = ('  channel: "#access"\n', "")
APART = ("needed: 1}", 'needed: 1, not_same: "group:team"}')


@pytest.mark.parametrize(("who", "asked"), [(ALICE, {BOB}), (GWEN, {DAN})], ids=["own team", "others"])
def test_who_may_not_decide_for_this_requester_is_not_asked_for_another_either(
    world: World, who: str, asked: set[str]
) -> None:
    world.policy = policy(DELEGATES, NAMED, APART, ("identity:\n", TEAM))
    leave(world, BOB, DAN)
    world.file(who)
    world.passes(60)

    assert {person for call in world.room.turns for person in call.people} == asked


@pytest.mark.parametrize(("who", "asked"), [(ALICE, {BOB}), (GWEN, {DAN})], ids=["own team", "others"])
def test_nor_do_they_get_a_card_of_their_own(world: World, who: str, asked: set[str]) -> None:
    world.policy = policy(DELEGATES, NAMED, APART, ("identity:\n", TEAM), DIRECT)
    leave(world, BOB, DAN)
    request = world.file(who)
    world.passes(60)

    assert carded(world, request) == asked


def test_a_request_that_waits_is_asked_of_who_stands_in_at_once_and_not_only_when_it_is_looked_at_again(
    world: World,
) -> None:
    world.policy = policy(DELEGATES, NAMED, DIRECT)
    request = world.file()
    world.passes(60)
    assert carded(world, request) == {BOB}

    leave(world, BOB, DAN)
    world.pass_()
    assert DAN in carded(world, request)


def carded(world: World, request: Request) -> set[str]:
    """Who has a card of their own."""
    keys = [message.notice.key for message in world.room.of(request.id) if message.notice.kind == "card"]
    return {key.removeprefix("card:") for key in keys}
