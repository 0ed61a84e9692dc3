"""Votes given on a page: how long they count, how they are given again, and where a chat's do not count at all."""

import msgspec
import pytest

from approvals.requests import Request
from approvals.times import rfc3339
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, World, policy, refused

DECIDE_BY_PAGE = ("  domains: [example.com]\n", "  domains: [example.com]\n  accept: {decide: web}\n")
ASK_BY_PAGE = ("  domains: [example.com]\n", "  domains: [example.com]\n  accept: {request: web}\n")
HOUR = 3600


@pytest.fixture
def pages(world: World) -> Visitors:
    return Visitors(world)


def waits_for_long(world: World) -> Request:
    world.policy = policy(("defaults:\n", "defaults:\n  pending: 12h\n"))
    return world.file(ALICE, "pair")


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_where_the_policy_wants_a_page_no_press_in_the_chat_decides(world: World, verdict: str) -> None:
    world.policy = policy(DECIDE_BY_PAGE)
    request = world.file()

    with refused("accept.decide"):
        world.press(BOB, request, verdict)  # type: ignore[arg-type]
    with refused("accept.decide"):
        world.look(BOB, request, verdict)  # type: ignore[arg-type]
    assert world.read(request).reviews == ()


def test_there_the_page_decides(world: World, pages: Visitors) -> None:
    world.policy = policy(DECIDE_BY_PAGE)
    request = world.file()

    pages.vote(BOB, request)

    assert world.read(request).state == "approved"


def test_a_vote_that_was_given_in_the_chat_before_counts_no_more_and_can_be_given_on_the_page(
    world: World, pages: Visitors
) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.policy = policy(DECIDE_BY_PAGE)

    pages.vote(CAROL, request)
    assert world.read(request).state == "pending"

    pages.vote(BOB, request)
    assert world.read(request).state == "approved"
    assert world.read(request).decision.by == (CAROL, BOB)  # type: ignore[union-attr]


def test_taking_back_works_in_the_chat_all_the_same(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.policy = policy(DECIDE_BY_PAGE)

    taken = world.uses.deciding.take_back(world.identity(BOB), request.id, now=world.clock())

    assert taken.verdict == "take_back"


def test_where_the_policy_wants_a_page_nobody_asks_in_the_chat(world: World, pages: Visitors) -> None:
    world.policy = policy(ASK_BY_PAGE)

    with refused("accept.request"):
        world.file(ALICE, "logs")
    assert world.file_by(pages.identity(ALICE), "logs").state == "approved"


def test_what_was_asked_in_the_chat_before_is_not_approved_any_more(world: World) -> None:
    request = world.file()
    world.policy = policy(ASK_BY_PAGE)

    with refused("terms.changed"):
        world.press(BOB, request)
    world.pass_()

    assert world.read(request).state == "expired"


@pytest.mark.parametrize(
    "stricter",
    [
        "  web: {access_levels: [accessPolicies/1/accessLevels/office]}\n",
        "  web: {attributes: {role: [admin]}}\n",
    ],
)
def test_what_was_asked_on_a_page_by_less_than_the_policy_wants_now_is_not_approved_any_more(
    world: World, pages: Visitors, stricter: str
) -> None:
    """Who asked is judged again by what the proxy said then, for nobody can be asked later."""
    request = world.file_by(pages.identity(ALICE), "admin")
    world.policy = policy(("  domains: [example.com]\n", f"  domains: [example.com]\n{stricter}"))

    with refused("terms.changed"):
        world.press(BOB, request)
    world.clock.advance(60)
    world.reconciler.look_at_waiting()
    world.pass_()

    assert world.read(request).state == "expired"
    assert world.read(request).reviews == ()


def test_an_account_of_nobody_s_organisation_asked_for_nothing_that_is_approved(
    world: World, pages: Visitors
) -> None:
    """As a record that was changed by hand would have it: the address is ours, the organisation is not."""
    asked = world.file_by(pages.identity(ALICE), "admin")
    spoilt = msgspec.structs.replace(asked, how=msgspec.structs.replace(asked.how, organisation=""))

    case = world.cases.of(spoilt, now=world.clock())

    with refused("terms.changed"):
        case.offer()


def test_how_long_ago_a_page_was_asked_on_is_no_reason_against_it(world: World, pages: Visitors) -> None:
    world.policy = policy(("defaults:\n", "defaults:\n  pending: 12h\n"))
    request = world.file_by(pages.identity(ALICE), "admin")
    world.clock.advance(11 * HOUR)

    world.press(BOB, request)

    assert world.read(request).state == "approved"


def test_the_audit_tells_how_who_asked_was_authenticated(world: World, pages: Visitors) -> None:
    request = world.file_by(pages.identity(ALICE), "admin")

    (filed,) = world.store.entries(request.id)
    assert filed.detail["how"]["organisation"] == request.how.organisation == "example.com"
    assert filed.detail["how"]["read_at"] == rfc3339(world.clock())


def test_withdrawing_and_ending_work_in_the_chat_all_the_same(world: World) -> None:
    waiting, active = world.file(), world.granted(ALICE, "pair")
    world.policy = policy(ASK_BY_PAGE)

    world.uses.ending.withdraw(world.identity(ALICE), waiting.id, now=world.clock())
    world.end(ALICE, active)

    assert world.read(waiting).state == "withdrawn"
    assert world.state(active) == "ended"


def test_a_vote_on_a_page_counts_for_an_hour_and_no_second_longer(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    world.clock.advance(HOUR + 1)

    world.press(CAROL, request)
    world.pass_()

    assert world.read(request).state == "pending"


def test_what_was_looked_up_just_before_makes_it_serve_no_longer(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    world.clock.advance(HOUR - 5)
    assert world.cases.of(world.read(request), now=world.clock()).frozen.stages[0].counted == (BOB,)
    world.clock.advance(6)

    world.press(CAROL, request)

    assert world.read(request).state == "pending"


def test_within_the_hour_it_is_counted_again_without_anybody_s_word(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    world.clock.advance(HOUR)

    world.press(CAROL, request)

    assert world.read(request).state == "approved"


def test_the_policy_says_how_long(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    shorter = ("  domains: [example.com]\n", "  domains: [example.com]\n  proof_age: 5m\n")
    world.policy = policy(("defaults:\n", "defaults:\n  pending: 12h\n"), shorter)
    world.clock.advance(301)

    world.press(CAROL, request)

    assert world.read(request).state == "pending"


def test_a_renewed_vote_takes_the_place_of_the_old_one_and_counts_once(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    world.clock.advance(HOUR + 1)

    again = pages.vote(BOB, request)

    assert not again.repeated
    votes = world.read(request).reviews
    assert [(vote.number, vote.renews) for vote in votes] == [(1, False), (2, True)]
    assert votes[1].how.read_at == world.clock()
    assert world.read(request).state == "pending"
    assert world.cases.of(world.read(request), now=world.clock()).frozen.stages[0].counted == (BOB,)


def test_it_can_be_renewed_in_the_chat_as_well(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    world.clock.advance(HOUR + 1)

    world.press(BOB, world.read(request))
    world.press(CAROL, request)

    assert world.read(request).state == "approved"


def test_a_vote_that_still_counts_is_not_renewed(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request)
    world.clock.advance(60)

    assert pages.vote(BOB, request).repeated
    assert world.press(BOB, request).repeated
    assert len(world.read(request).reviews) == 1


def test_a_denial_is_never_renewed(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request, "deny")

    assert pages.vote(BOB, request).repeated
    assert world.read(request).state == "denied"


def test_a_form_votes_once_whatever_came_after(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request, form="form-1")
    world.uses.deciding.take_back(pages.identity(BOB), request.id, now=world.clock())

    with refused("older_card"):
        pages.vote(BOB, request, form="form-1")
    assert [vote.verdict for vote in world.read(request).reviews] == ["approve", "take_back"]


def test_the_audit_tells_how_each_vote_was_given(world: World, pages: Visitors) -> None:
    request = waits_for_long(world)
    pages.vote(BOB, request, form="form-1")
    world.clock.advance(HOUR + 1)
    pages.vote(BOB, request, form="form-2")

    told = [entry.detail for entry in world.store.entries(request.id) if entry.action == "review.approve"]
    assert [each.get("renews", False) for each in told] == [False, True]
    assert [each["form"] for each in told] == ["form-1", "form-2"]
    assert told[0]["how"]["organisation"] == "example.com"
    assert world.read(request).reviews[0].account.startswith("iap:")
