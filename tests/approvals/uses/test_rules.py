"""What guardrails and rules refuse is refused at the request and at the click, by whichever way somebody comes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.judging.fitting import Fitting
from approvals.policy.fences import Denial, Fences
from approvals.policy.model import Policy
from approvals.requests import Request
from approvals.uses.votes import Press, Shown
from tests.support.pages import Visitors
from tests.support.refusing import refusing
from tests.support.world import ALICE, BOB, CAROL, DAN, World, policy, refused

RULE = "    requesters: [alice@example.com"
TWO, LONGER = ("needed: 1", "needed: 2"), ("defaults:\n", "defaults:\n  pending: 8h\n")
BERLIN = ("version: 1\n", "version: 1\ntimezone: Europe/Berlin\n")


def with_rule(key: str, rule: str, *more: tuple[str, str]) -> Policy:
    return policy(BERLIN, (RULE, f"    {key}: '{rule}'\n{RULE}"), *more)


def denied() -> Policy:
    """Everybody may have it, and alice explicitly not."""
    denial = Denial(who=("user:alice@example.com",), what=("projects/*",), reason="Not for contractors")
    return msgspec.structs.replace(policy(), guardrails=Fences(deny=(denial,)))


def by_button(world: World, request: Request) -> Any:
    return world.press(BOB, request)


def by_form(world: World, request: Request) -> Any:
    return world.press(BOB, request, printed_name="bob", meaning="I read it.")


def opening_the_form(world: World, request: Request) -> Any:
    return world.look(BOB, request)


def by_a_program(world: World, request: Request) -> Any:
    """As `/v1` and the command line vote: by what they say that they have shown."""
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    press, now = Press(token="", verdict="approve"), world.clock()
    return world.uses.deciding.vote(world.identity(BOB), shown, press, now=now)


WAYS: dict[str, Callable[[World, Request], Any]] = {
    "card button": by_button,
    "sign form": by_form,
    "opening the sign form": opening_the_form,
    "program": by_a_program,
}


def guarded(**guardrails: Any) -> Policy:
    return msgspec.structs.replace(policy(), guardrails=Fences(**guardrails))


LATER: dict[str, tuple[Callable[[], Policy], str]] = {
    "denial": (denied, "guardrail.said"),
    "role": (lambda: guarded(never_roles=("roles/run.*",)), "guardrail.role"),
    "longest": (lambda: guarded(max_duration=timedelta(minutes=59)), "terms.changed"),
    "when": (lambda: with_rule("when", "request.weekday < 6"), "when"),
    "when fails": (lambda: with_rule("when", 'request.justification.matches("(")'), "when.error"),
    "approve_when": (lambda: with_rule("approve_when", 'approver.channel == "web"'), "approve_when"),
    "approve_when fails": (
        lambda: with_rule("approve_when", "approver.auth_age < request.duration"),
        "approve_when.error",
    ),
}
"""Policies that are newer than a request, and the code by which each refuses it."""


@pytest.mark.parametrize("rule", LATER)
@pytest.mark.parametrize("way", WAYS)
def test_what_came_to_be_refused_after_the_filing_is_refused_at_the_click(
    world: World, way: str, rule: str
) -> None:
    request = world.file()
    later, code = LATER[rule]
    world.policy = later()

    with refused(code):
        WAYS[way](world, request)
    assert world.read(request).reviews == ()


@pytest.mark.parametrize("rule", [rule for rule in LATER if not rule.startswith(("approve_when", "longest"))])
def test_it_is_refused_when_it_is_asked_for_as_well(world: World, rule: str) -> None:
    later, code = LATER[rule]
    world.policy = later()

    with refused(code):
        world.file()
    with refused(code):
        world.uses.asking.check(world.identity(ALICE), world.ask(), now=world.clock())


@pytest.mark.parametrize("rule", [rule for rule in LATER if not rule.startswith("approve_when")])
def test_its_page_offers_no_approval_and_says_why(world: World, rule: str) -> None:
    request = world.file()
    later, code = LATER[rule]
    world.policy = later()
    faced = world.uses.facing.face(Visitors(world).identity(BOB), request.id, now=world.clock())

    assert not faced.would_count("approve")
    assert faced.against["approve"].code == code
    assert faced.would_count("deny")


def test_an_allowance_by_one_and_a_denial_by_another_are_a_denial_everywhere(world: World) -> None:
    """Where self-approval is allowed and denied, it is not asked, not offered and not granted."""
    world.policy = denied()

    with refusing("Not for contractors"):
        world.file(ALICE, "logs")
    assert world.granted(BOB, "logs").grants


def test_who_waits_and_can_never_get_it_any_more_is_told_and_waits_no_longer(world: World) -> None:
    request = world.file()
    world.policy = denied()
    world.pass_()

    decision = world.read(request).decision
    assert decision is not None
    assert (decision.outcome, str(decision.reason)) == (
        "expired",
        "guardrail.said (said='Not for contractors')",
    )


def test_a_card_shows_before_any_press_what_would_be_refused(world: World) -> None:
    request = world.file()
    world.policy = with_rule("approve_when", 'approver.channel == "web"')

    assert world.waiting_for(BOB) == []
    world.policy = policy()
    assert world.waiting_for(BOB) == [request.id]


def test_outside_of_its_hours_a_vote_is_refused_and_nothing_is_lost(world: World) -> None:
    world.policy = with_rule("when", "request.hour == 11", TWO, LONGER)  # it is 11:00 in Berlin
    request = world.file()
    world.press(BOB, request)
    world.clock.advance(61 * 60)
    with refused("when"):
        world.press(CAROL, request)
    late = world.read(request)
    assert [review.person for review in late.reviews] == [BOB]


def test_a_vote_from_a_page_counts_where_the_rule_wants_one_and_is_counted_again_by_what_was_kept(
    world: World,
) -> None:
    world.policy = with_rule("approve_when", 'approver.channel == "web"', TWO)
    request = world.file()
    visitors = Visitors(world)
    world.vote(visitors.identity(BOB), request)
    with refused("approve_when"):
        world.press(CAROL, request)
    world.vote(visitors.identity(CAROL), request)

    kept = world.read(request)
    assert [review.means for review in kept.reviews] == ["web", "web"]
    assert kept.state == "approved"


def test_the_rule_is_frozen_with_the_request(world: World) -> None:
    world.policy = with_rule("approve_when", 'approver.channel == "web"')
    request = world.file()
    world.policy = policy()

    with refused("approve_when"):
        world.press(BOB, request)
    assert "approve_when" in request.covered


def test_a_vote_that_no_longer_fits_counts_no_more_and_can_be_given_anew(world: World) -> None:
    world.policy = policy(TWO)
    request = world.file()
    world.press(BOB, request)
    world.policy = with_rule("approve_when", 'approver.channel == "web"', TWO)
    visitors = Visitors(world)
    visitors.vote(CAROL, request)
    assert world.read(request).state == "pending"

    visitors.vote(BOB, request)

    assert world.read(request).state == "approved"


def test_a_vote_is_judged_by_the_time_at_which_it_was_given(world: World) -> None:
    rule = 'request.hour == 11 || approver.principal == "carol@example.com"'
    world.policy = with_rule("approve_when", rule, TWO, ("defaults:\n", "defaults:\n  pending: 8h\n"))
    request = world.file()
    world.press(BOB, request)
    world.clock.advance(2 * 60 * 60)

    with refused("approve_when"):
        world.press(DAN, request)
    world.press(CAROL, request)

    assert world.read(request).state == "approved"


def test_a_vote_of_an_older_release_that_kept_no_channel_does_not_fit(world: World) -> None:
    world.policy = with_rule("approve_when", 'approver.channel == "chat"', TWO)
    request = world.file()
    world.press(BOB, request)
    (vote,) = world.read(request).reviews
    fitting = Fitting(request, world.policy, world.cases.of(request, now=world.clock()).evidence.memberships)

    assert fitting.takes('approver.channel == "chat"', vote)
    assert not fitting.takes('approver.channel == "web"', vote)
    assert not fitting.takes('approver.channel == "chat"', msgspec.structs.replace(vote, means=""))


def test_a_denial_needs_no_rule(world: World) -> None:
    world.policy = with_rule("approve_when", "false")
    request = world.file()

    world.press(BOB, request, "deny")

    assert world.read(request).state == "denied"
