"""A vote given on a page, on the cards: how long it counts, and that it counts no more once that is over."""

import pytest

from approvals.requests import Request
from approvals.telling.cards import Card
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, World, policy

HOUR = 3600
LONG = ("defaults:\n", "defaults:\n  pending: 12h\n")
BY_PAGE = ("  domains: [example.com]\n", "  domains: [example.com]\n  accept: {decide: web}\n")


@pytest.fixture
def pages(world: World) -> Visitors:
    world.policy = policy(LONG)
    return Visitors(world)


def drawn(world: World, request: Request) -> Card:
    card = world.room.only(request.id, "card").drawn
    assert card is not None
    return card


def said(world: World, request: Request) -> list[str]:
    return [plain(line) for line in view(drawn(world, request)).reviews]


def test_the_card_says_until_when_a_page_s_vote_counts(world: World, pages: Visitors) -> None:
    request = world.file(ALICE, "pair")
    pages.vote(BOB, request)
    world.pass_()

    assert said(world, request) == [
        f"{BOB} approved 2026-11-22 10:00 UTC (while this waits it counts until 2026-11-22 11:00 UTC)"
    ]


def test_and_is_drawn_anew_when_it_counts_no_more(world: World, pages: Visitors) -> None:
    request = world.file(ALICE, "pair")
    pages.vote(BOB, request)
    world.pass_()
    assert "1 of 2 done" in view(drawn(world, request)).headline

    world.passes(HOUR + 2)

    assert said(world, request) == [
        f"{BOB} approved 2026-11-22 10:00 UTC (counts no more: it has to be given again on the request's page)"
    ]
    assert "0 of 2 done" in view(drawn(world, request)).headline


def test_a_renewed_vote_counts_from_then_on_and_of_the_old_one_nothing_is_said(
    world: World, pages: Visitors
) -> None:
    request = world.file(ALICE, "pair")
    pages.vote(BOB, request)
    world.passes(HOUR + 2)
    pages.vote(BOB, request)
    world.pass_()

    first, second = said(world, request)
    assert "(" not in first
    assert "counts until 2026-11-22 12:00" in second


def test_a_vote_in_the_chat_says_nothing_of_it(world: World, pages: Visitors) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.pass_()

    assert said(world, request) == [f"{BOB} (bob) approved 2026-11-22 10:00 UTC"]


def test_once_it_is_decided_nothing_grows_old(world: World, pages: Visitors) -> None:
    request = world.file(ALICE, "pair")
    pages.vote(BOB, request)
    pages.vote(CAROL, request)
    world.passes(2 * HOUR)

    assert world.read(request).state == "approved"
    assert not any("counts" in line for line in said(world, request))


def test_where_the_policy_wants_a_page_the_card_leads_there_and_says_which_votes_count_no_more(
    world: World, pages: Visitors
) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.policy = policy(LONG, BY_PAGE)
    world.clock.advance(1)
    world.reconciler.look_at_waiting()
    world.pass_()

    actions = view(drawn(world, request)).actions.approvers
    assert [action.kind for action in actions] == ["page", "take_back"]
    assert "counts no more" in said(world, request)[0]
