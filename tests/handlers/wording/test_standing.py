"""Every state has words of its own, and what people are told of each step."""

import re
from datetime import timedelta
from typing import Any

import pytest

from approvals.policy.model import Requirement, Stage
from approvals.ports.messages import Notice
from approvals.refusals.errors import Conflict, NotFound, Refused, Unavailable
from approvals.refusals.reasons import reason
from approvals.requests import Decision
from approvals.reviews import standing as standing_votes
from approvals.reviews import typed
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.slack.cards import message
from handlers.wording.errors import error_id, generic, in_words
from handlers.wording.facts import lasting
from handlers.wording.standing import standing
from handlers.wording.steps import step
from handlers.wording.text.lines import plain
from sandbox.slack.limits import too_long
from tests.support.builders import NOW, filed, grant, review, terms

TWO = Requirement(kind="stages", stages=(Stage(approvers=("group:sre",), needed=2),))


def card(**changes: Any) -> Card:
    request = filed(**({"terms": terms(requirement=TWO)} | changes)).request
    counted = tuple(held.person for held in standing_votes(request.reviews))
    held = (StageTally(counted=counted, unknown=(), needed=2),)
    return Card(request=request, tally=Tally(requirement=TWO, stages=held))


def staged(requirement: Requirement, *counted: tuple[str, ...], **changes: Any) -> Card:
    """A card on which these people count, stage by stage."""
    request = filed(terms=terms(requirement=requirement), **changes).request
    held = tuple(
        StageTally(counted=people, unknown=(), needed=stage.needed)
        for stage, people in zip(requirement.stages, counted, strict=True)
    )
    return Card(request=request, tally=Tally(requirement=requirement, stages=held))


def decided(outcome: Any, **changes: Any) -> Decision:
    return Decision(outcome=outcome, at=NOW, by=changes.pop("by", ("bob@example.com",)), **changes)


def approved(state: Any, **changes: Any) -> dict[str, Any]:
    return {"state": "approved", "decision": decided("approved"), "grant": grant(state, **changes)}


STATES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "Waiting for approval", "Nothing is granted yet"),
    ({"state": "denied", "decision": decided("denied")}, "Denied", "bob@example.com"),
    ({"state": "withdrawn", "decision": decided("withdrawn")}, "Withdrawn", "bob@example.com"),
    (
        {"state": "expired", "decision": decided("expired", by=(), reason="time")},
        "Expired",
        "Nobody decided in time",
    ),
    ({"state": "expired", "decision": decided("expired", by=(), reason="Not you.")}, "Expired", "Not you."),
    (
        {"state": "expired", "decision": decided("expired", by=(), reason=reason("terms.changed"))},
        "Expired",
        "The policy has changed and no longer offers what was asked. Ask again. Nothing was granted.",
    ),
    (approved("activating"), "being set up", "Access ends 2026-11-22 11:00 UTC."),
    (
        approved("activating", trouble="the role is missing"),
        "being set up",
        "Access ends 2026-11-22 11:00 UTC. So far it could not be made: the role is missing.",
    ),
    (
        approved("activating", trouble="Google is unavailable."),
        "being set up",
        "could not be made: Google is unavailable.",
    ),
    (approved("active"), "active", "2026-11-22 11:00 UTC"),
    (approved("ended", cause="time", removed=True), "ended", "time was over"),
    (approved("ended", cause="holder"), "ended", "being removed"),
    (approved("ended", cause="time", trouble="403"), "ended", "403"),
    (approved("revoked", cause="outside", removed=True), "revoked", "not put back"),
    (approved("revoked", cause="person", closed_by="dan@example.com"), "revoked", "dan@example.com ended it"),
    (approved("revoked", cause="person", closed_by="os:root"), "revoked", "An administrator (root) ended it"),
    (approved("ended", cause="time", trouble="Not now."), "ended", "meets trouble: Not now. It has no effect"),
    (approved("failed", cause="no such role", removed=True), "failed", "no such role"),
    (approved("failed", cause="No such role. ", removed=True), "failed", "could not be made: No such role."),
]


def test_a_reason_of_any_length_keeps_nobody_from_hearing_of_an_end() -> None:
    ended = card(**approved("revoked", closed_by="os:root", why=typed('"' * 60_000, salt="s" * 16)))

    told = message(Notice(key="step:revoked", kind="step", step="revoked", to=None), ended, buttons=False)

    assert "Your access was taken away" in told.text
    assert not too_long(list(told.blocks))


@pytest.mark.parametrize(("changes", "words", "meaning"), STATES, ids=lambda value: str(value)[:20])
def test_every_state_in_words(changes: dict[str, Any], words: str, meaning: str) -> None:
    now = standing(card(**changes).request)

    assert words in now.words
    assert meaning in plain(now.meaning)
    assert ".." not in plain(now.meaning)


def test_states_differ_in_words_and_not_only_in_symbols() -> None:
    requests = [card(**changes).request for changes, _, _ in STATES]
    words = {standing(r).words for r in requests}

    assert len(words) == len({(r.state, r.grant.state if r.grant else "") for r in requests})


def test_progress_says_who_approved_and_what_is_missing() -> None:
    told = step("progress:1", card(reviews=(review("bob@example.com"),)))

    assert plain(told.sentence).startswith("bob@example.com approved your request for Payments administration")
    assert "It still needs 1 more approval by sre. It expires unless decided by " in plain(told.sentence)


def test_progress_names_the_steps_that_follow_and_leaves_out_what_is_met() -> None:
    security = Stage(approvers=("group:security",), sign="typed")
    three = Requirement(kind="stages", stages=(*TWO.stages, security))
    bob, dan = review("bob@example.com"), review("dan@example.com")

    half = step("progress:1", staged(three, (bob.person,), (), reviews=(bob,)))
    last = step("progress:2", staged(three, (bob.person, dan.person), (), reviews=(bob, dan)))

    assert "It still needs 1 more approval by sre, then 1 signature by security. " in plain(half.sentence)
    assert "It still needs 1 signature by security. " in plain(last.sentence)


def test_what_was_taken_back_is_told_with_what_it_needs_now() -> None:
    votes = (review("bob@example.com"), review("bob@example.com", verdict="take_back", number=2))
    told = step("taken:1", card(reviews=votes))

    said = plain(told.sentence)
    assert said.startswith("bob@example.com took back the approval of your request for ")
    assert "It still needs " in said


def test_progress_told_late_does_not_ask_for_more() -> None:
    told = step("progress:1", card(reviews=(review("bob@example.com"),), **approved("active")))

    assert "needs" not in plain(told.sentence)
    assert "active" in plain(told.sentence)


def test_a_denial_carries_its_reason_apart() -> None:
    comment = typed("Use the runbook\u202e", salt="s" * 16)
    told = step("denied", card(state="denied", decision=decided("denied", comment=comment)))

    assert plain(told.quote) == "Use the runbook"
    assert plain(told.sentence).endswith(" was denied by bob@example.com.")


@pytest.mark.parametrize("name", ["active", "ended", "revoked", "failed"])
def test_steps_of_a_grant_name_the_request(name: Any) -> None:
    told = plain(step(name, card(**approved(name, cause="time"))).sentence)

    assert "r-0123456789" in told
    assert "project payments-prod" in told


def test_errors_that_people_may_be_told() -> None:
    assert in_words(Refused("guest.end")) == "Guests cannot end the access of others."
    assert "Try again in a minute" in in_words(Unavailable("users.info: secret detail"))
    assert "secret detail" not in in_words(Unavailable("users.info: secret detail"))
    assert "same moment" in in_words(Conflict("x"))
    assert "no such request" in in_words(NotFound("x"))


def test_an_unexpected_error_is_never_worded() -> None:
    with pytest.raises(ZeroDivisionError):
        in_words(ZeroDivisionError("details"))
    reference = error_id()
    assert reference in generic(reference)


def test_error_ids_are_short_and_differ() -> None:
    made = {error_id() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"e-[0-9a-f]{8}", each) for each in made)


def test_what_was_cancelled_before_it_began_has_no_window_that_ends_before_it_starts() -> None:
    start = NOW + timedelta(hours=1)
    never = grant("ended", start=start, cause="holder", closed_at=NOW)
    request = filed(terms=terms(start=start), state="approved", grant=never).request

    assert plain(lasting(request, request.grant)) == "1 hour from 2026-11-22 11:00 UTC"
