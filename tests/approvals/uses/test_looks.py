"""Who gets a form to sign or to deny, before anything is typed."""

import pytest

from approvals.requests import Request
from approvals.reviews import Verdict
from approvals.telling.cards import Card
from approvals.uses.votes import Press, Voted
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, policy, refused

ONE_APPROVER = '- {approvers: ["group:approvers@example.com"], needed: 1}'
BOB_THEN_CAROL = """\
- {approvers: [bob@example.com], needed: 1}
      - {approvers: [carol@example.com], needed: 1, sign: typed}"""
VERDICTS: tuple[Verdict, ...] = ("approve", "deny")


def look(world: World, person: str, request: Request, verdict: Verdict) -> Card | Voted:
    token = world.tokens.mint(request, act="review", now=world.clock())
    return world.uses.deciding.look(world.identity(person), Press(token=token, verdict=verdict), now=world.clock())


@pytest.mark.parametrize("verdict", VERDICTS)
def test_only_who_may_decide_gets_a_form(world: World, verdict: Verdict) -> None:
    request = world.file()
    for person, code in ((ALICE, "self"), (GWEN, "not_approver")):
        with refused(code):
            look(world, person, request, verdict)

    assert look(world, BOB, request, verdict).request == request


def test_who_has_approved_is_shown_the_vote_that_stands(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)

    found = look(world, BOB, request, "approve")

    assert isinstance(found, Voted)
    assert (found.repeated, found.verdict) == (True, "approve")


def test_who_has_approved_may_still_deny_on_the_card_as_it_is_now(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)

    with refused("older_card"):
        look(world, BOB, request, "deny")
    assert isinstance(look(world, BOB, world.read(request), "deny"), Card)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_who_has_denied_is_told_so_rather_than_that_it_is_decided(world: World, verdict: Verdict) -> None:
    request = world.file()
    world.press(BOB, request, "deny")

    found = look(world, BOB, request, verdict)

    assert isinstance(found, Voted)
    assert found.verdict == "deny"
    with refused("decided"):
        look(world, CAROL, request, verdict)


def test_nobody_gets_the_signing_form_before_it_is_their_turn(world: World) -> None:
    world.policy = policy((ONE_APPROVER, BOB_THEN_CAROL))
    request = world.file()
    with refused("not_yet"):
        look(world, CAROL, request, "approve")
    world.press(BOB, request)

    assert isinstance(look(world, CAROL, request, "approve"), Card)


def test_nobody_gets_the_signing_form_for_a_step_that_is_met(world: World) -> None:
    world.policy = policy(
        (ONE_APPROVER, BOB_THEN_CAROL.replace("bob@example.com", "bob@example.com, dan@example.com"))
    )
    request = world.file()
    world.press(BOB, request)
    with refused("not_needed"):
        look(world, DAN, request, "approve")


def test_an_approver_of_any_step_may_deny_at_any_time(world: World) -> None:
    world.policy = policy((ONE_APPROVER, BOB_THEN_CAROL))
    request = world.file()

    assert isinstance(look(world, CAROL, request, "deny"), Card)
