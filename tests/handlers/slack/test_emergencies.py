"""Breaking the glass and reviewing it in Slack: two confirmations, whichever way somebody asks, one finding."""

import json
from datetime import timedelta

import msgspec
import pytest

from approvals.policy.access import BreakGlass, DurationRule
from approvals.policy.model import Policy, Requirement
from approvals.requests import Request
from sandbox.slack.records import Message, Outcome
from tests.handlers.slack.bed import Bed
from tests.support.shown import words

GLASS = "compute-admin-prod"
TYPED = {"entitlement": GLASS, "duration": "30m", "justification": "CHG-42 the site is down"}
LINE = f"break-glass {GLASS} for 30m because CHG-42 the site is down"


def for_emergencies(policy: Policy) -> Policy:
    """The example's policy, in which one entitlement is for emergencies that bob reviews."""
    rule = BreakGlass(max=timedelta(hours=1), by=("user:bob@example.com",), within=timedelta(days=3))
    chosen = msgspec.structs.replace(
        policy.entitlements[GLASS],
        requirement=Requirement(kind="break_glass"),
        duration=DurationRule(default=timedelta(minutes=30), max=rule.max),
        break_glass=rule,
    )
    return msgspec.structs.replace(policy, entitlements={**policy.entitlements, GLASS: chosen})


@pytest.fixture
def glass(bed: Bed) -> Bed:
    bed.policy = for_emergencies(bed.policy)
    return bed


def had(bed: Bed) -> list[Request]:
    return list(bed.store.open_of("alice@example.com"))


def by_form(bed: Bed) -> Outcome:
    bed.box.slack.command("alice", "/jit")
    return bed.box.slack.submit("alice", TYPED)


def by_line(line: str) -> object:
    return lambda bed: bed.box.slack.command("alice", f"/jit {line}")


WAYS = {
    "form": by_form,
    "break-glass": by_line(LINE),
    "smart dash": by_line(LINE.replace("break-glass", "break–glass")),
    "ordinary request": by_line(LINE.replace("break-glass", "request")),
    "without a verb": by_line(LINE.removeprefix("break-glass ")),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_nothing_is_given_before_the_second_form_is_sent(glass: Bed, way: object) -> None:
    outcome: Outcome = way(glass)  # type: ignore[operator]

    assert outcome.view is not None
    assert outcome.view["callback_id"] == "break_glass"
    assert had(glass) == []

    assert glass.box.slack.submit("alice").ok
    (request,) = had(glass)
    assert (request.state, request.terms.duration) == ("approved", timedelta(minutes=30))
    assert request.terms.justification.text == "CHG-42 the site is down"
    assert request.after_review is not None


def test_who_goes_back_finds_what_they_typed_and_has_nothing(glass: Bed) -> None:
    by_form(glass)
    left = glass.box.slack.close("alice")

    assert left.view is not None
    assert left.view["callback_id"] == "request"
    assert had(glass) == []


def test_who_declares_in_a_line_and_thinks_better_of_it_has_the_line_again(glass: Bed) -> None:
    line = f"/jit {LINE} & <so on>"
    answered = glass.box.slack.command("alice", line)
    assert answered.view is not None
    assert answered.view["close"]["text"] == "No, not now"
    glass.box.slack.close("alice")

    said = json.loads(answered.body)["blocks"][0]["text"]["text"]
    assert said.endswith(f"\n{line}")
    assert "nothing was done" in said
    assert had(glass) == []


def test_what_stands_against_it_is_said_in_the_first_form(glass: Bed) -> None:
    glass.box.slack.command("alice", "/jit")
    outcome = glass.box.slack.submit("alice", TYPED | {"duration": "3h"})

    assert list(outcome.errors) == ["duration"]
    assert had(glass) == []


def test_one_that_is_not_reviewed_keeps_from_the_next_one(glass: Bed) -> None:
    by_form(glass)
    glass.box.slack.submit("alice")
    (first,) = had(glass)
    outcome = by_form(glass)

    assert first.id in outcome.errors["entitlement"]
    assert len(had(glass)) == 1


def test_what_others_approve_is_no_emergency(glass: Bed) -> None:
    glass.box.slack.command("alice", f"/jit {LINE.replace(GLASS, 'customer-data')}")

    assert "no access for emergencies" in glass.whispers("alice")[-1]
    assert glass.requests() == []


# --- reviewing


@pytest.fixture
def card(glass: Bed) -> Message:
    """The card of an emergency of alice's, with its buttons."""
    by_form(glass)
    glass.box.slack.submit("alice")
    (request,) = had(glass)
    return glass.draw(request, token="")


def finding(bed: Bed) -> object:
    (request,) = had(bed) or [bed.store.request(had_id(bed))]
    return request.after_review.finding if request.after_review is not None else None


def had_id(bed: Bed) -> str:
    return next(chain for chain in bed.store.chains() if chain)


@pytest.mark.parametrize(("who", "said"), [("alice", "your own emergency"), ("carol", "can review this")])
def test_who_may_not_review_it_is_told_so(glass: Bed, card: Message, who: str, said: str) -> None:
    for button in ("justified", "unjustified"):
        glass.press(who, button, card)
        assert said in glass.whispers(who)[-1]
    assert finding(glass) is None


def test_a_guest_among_the_reviewers_reviews_nothing(glass: Bed, card: Message) -> None:
    chosen = glass.policy.entitlements[GLASS]
    assert chosen.break_glass is not None
    rule = msgspec.structs.replace(chosen.break_glass, by=(*chosen.break_glass.by, "user:gwen@example.com"))
    chosen = msgspec.structs.replace(chosen, break_glass=rule)
    guests = msgspec.structs.replace(glass.policy.identity, guests="request")
    glass.policy = msgspec.structs.replace(
        glass.policy, identity=guests, entitlements={**glass.policy.entitlements, GLASS: chosen}
    )
    glass.box.slack.change_person("gwen", email="gwen@example.com")
    glass.press("gwen", "justified", card)

    assert "uests" in glass.whispers("gwen")[-1]
    assert finding(glass) is None


def test_a_review_says_why(glass: Bed, card: Message) -> None:
    glass.press("bob", "unjustified", card)
    outcome = glass.box.slack.submit("bob", {"reason": " "})

    assert list(outcome.errors) == ["reason"]
    assert finding(glass) is None


@pytest.mark.parametrize(("button", "justified"), [("justified", True), ("unjustified", False)])
def test_a_reviewer_says_whether_it_was_justified_and_why(
    glass: Bed, card: Message, button: str, justified: bool
) -> None:
    assert "Break-glass, not reviewed yet" in words(card)
    glass.press("bob", button, card)
    assert glass.box.slack.submit("bob", {"reason": "I looked at the graphs"}).ok

    found = glass.store.request(had_id(glass)).after_review
    assert found is not None
    assert found.finding is not None
    assert (found.finding.by, found.finding.justified) == ("bob@example.com", justified)
    assert found.finding.why.text == "I looked at the graphs"
    drawn = words(glass.draw(glass.store.request(had_id(glass)), token=""))
    assert ("not justified" in drawn) is not justified
    assert "I looked at the graphs" in drawn


def test_it_is_listed_for_who_reviews_it_and_for_who_had_it(glass: Bed, card: Message) -> None:
    for who, order in (("bob", "pending"), ("alice", "mine")):
        glass.box.slack.command(who, f"/jit {order}")
        said = glass.whispers(who)[-1]
        assert had_id(glass) in said
        assert "not reviewed yet" in said
