"""What does not fit whole on a card is approved on its page alone, whoever presses what elsewhere."""

from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement, Stage
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.uses.acting import Acting
from approvals.uses.commits import Commits
from approvals.uses.votes import Press, Shown
from tests.support.pages import Visitors
from tests.support.refunds import ASSERTED, REFUND, Till
from tests.support.world import ALICE, BOB, GWEN, World, refused

LONG = '{"note":"' + "x" * 2_901 + '"}'
ONE_LINE_LESS = '{"note":"' + "x" * 2_800 + '"}'
SIGNED = Requirement(kind="stages", stages=(Stage(approvers=("user:bob@example.com",), sign="typed"),))
PLAIN = Requirement(kind="stages", stages=(Stage(approvers=("user:bob@example.com",)),))


def asked(world: World, data: str, *, requirement: Requirement = PLAIN) -> Request:
    """The shop asks for a refund on alice's behalf."""
    till = Till(world).ruled(action=msgspec.structs.replace(REFUND, requirement=requirement))
    return till.ask(till.errand(data=data))


def by_button(world: World, request: Request) -> Any:
    return world.press(BOB, request)


def by_form(world: World, request: Request) -> Any:
    return world.press(BOB, request, printed_name="bob", meaning="I read it.")


def opening_the_form(world: World, request: Request) -> Any:
    return world.look(BOB, request)


def by_a_program(world: World, request: Request) -> Any:
    """As the API and the command line vote: by what they say that they have shown."""
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    press, now = Press(token="", verdict="approve"), world.clock()
    return world.uses.deciding.vote(Visitors(world).identity(BOB), shown, press, now=now)


ELSEWHERE = {
    "card button": (by_button, PLAIN),
    "sign form": (by_form, SIGNED),
    "opening the sign form": (opening_the_form, SIGNED),
    "program": (by_a_program, PLAIN),
}


@pytest.mark.parametrize("way", ELSEWHERE)
def test_nobody_approves_elsewhere_what_only_its_page_shows_whole(world: World, way: str) -> None:
    press, requirement = ELSEWHERE[way]
    request = asked(world, LONG, requirement=requirement)

    with refused("page_only"):
        press(world, request)
    assert world.read(request).reviews == ()


@pytest.mark.parametrize("way", ELSEWHERE)
def test_what_fits_is_approved_there(world: World, way: str) -> None:
    press, requirement = ELSEWHERE[way]

    press(world, asked(world, ONE_LINE_LESS, requirement=requirement))


def test_on_its_page_it_is_approved(world: World) -> None:
    request = asked(world, LONG)

    Visitors(world).vote(BOB, request, form="f1")

    assert world.read(request).state == "approved"


def test_it_can_be_denied_anywhere(world: World) -> None:
    request = asked(world, LONG)

    world.press(BOB, request, "deny", comment="No.")

    assert world.read(request).state == "denied"


def test_who_decides_nothing_here_learns_no_more_than_ever(world: World) -> None:
    request = asked(world, LONG)

    with refused("not_approver"):
        world.press(GWEN, request)


def test_nor_does_anybody_confirm_elsewhere_that_it_is_for_them(world: World) -> None:
    till = Till(world).asserting()
    request = till.ask(till.errand(data=LONG), ASSERTED)

    with refused("page_only"):
        till.confirm(ALICE, request)
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    alice = Visitors(world).identity(ALICE, purpose="request")
    assert world.uses.confirming.confirm(alice, shown, now=world.clock()).confirmed is not None


def test_a_program_is_told_that_it_cannot_and_a_page_offers_it(world: World) -> None:
    request, facing, now = asked(world, LONG), world.uses.facing, world.clock()
    bob = Visitors(world).identity(BOB)

    program = facing.face(bob, request.id, now=now, token=False)
    assert program.against["approve"].code == "page_only"
    assert not program.would_count("approve")
    assert program.would_count("deny")
    page = facing.face(bob, request.id, now=now)
    assert page.would_count("approve")
    assert not page.card.too_long


def test_where_there_are_no_pages_it_is_not_even_asked_for(world: World) -> None:
    till = Till(world)
    commits = Commits(store=world.store, freeze=world.freeze, woken=lambda _: None)
    world.uses = msgspec.structs.replace(
        world.uses,
        acting=Acting(store=world.store, cases=world.cases, freeze=world.freeze, commits=commits, has_pages=False),
    )

    with pytest.raises(Refused) as refusal:
        till.ask(till.errand(data=LONG))
    assert refusal.value.code == "no_pages"
    assert till.ask(till.errand(data=ONE_LINE_LESS)).state == "pending"
    assert till.judged("allow").ask(till.errand(data=LONG)).state == "approved"
