"""What is missing, and what one more approval does: said truly before anybody presses."""

import pytest

from approvals.policy.model import Requirement, Stage
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.wording.effects import effect
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.builders import filed

SRE = Stage(approvers=("group:sre",))
BOTH = Stage(approvers=("group:sre", "group:security"), needed=2)
PAIR = Stage(approvers=("group:sre",), needed=2)
SIGNED = Stage(approvers=("group:security",), sign="typed")
ANYBODY = Stage(approvers=("domain:example.com",))
MANY = Stage(approvers=tuple(f"user:person{number}@example.com" for number in range(9)))
BOB, DAN = "bob@example.com", "dan@example.com"


def waiting(*stages: Stage, counted: tuple[tuple[str, ...], ...] = (), may_need_more: bool = False) -> Card:
    """A request that waits for these stages, of which some are filled."""
    filled = (*counted, *((),) * len(stages))
    held = tuple(
        StageTally(counted=people, unknown=(), needed=stage.needed)
        for stage, people in zip(stages, filled, strict=False)
    )
    tally = Tally(requirement=Requirement(kind="stages", stages=stages), stages=held)
    return Card(request=filed().request, tally=tally, may_need_more=may_need_more)


@pytest.mark.parametrize(
    ("card", "headline"),
    [
        (waiting(SRE), "Needs sre's approval, 0 of 1 done"),
        (waiting(SIGNED), "Needs security's signature, 0 of 1 done"),
        (waiting(SRE, SIGNED), "Needs sre's approval, 0 of 2 done"),
        (waiting(SRE, SIGNED, counted=((BOB,),)), "Needs security's signature, 1 of 2 done"),
        (waiting(BOTH), "Needs 2 approvals by sre or security, 0 of 2 done"),
        (waiting(BOTH, counted=((BOB,),)), "Needs an approval by sre or security, 1 of 2 done"),
        (waiting(ANYBODY), "Needs an approval by anyone at example.com, 0 of 1 done"),
        (waiting(MANY), "Needs an approval, 0 of 1 done"),
        (waiting(SRE, counted=((BOB,),)), "Approved by enough people, being checked"),
        (waiting(), "Being checked"),
    ],
)
def test_what_waits_is_headed_by_what_is_missing(card: Card, headline: str) -> None:
    assert view(card).headline == f"⏳ {headline}"


@pytest.mark.parametrize(
    ("card", "said"),
    [
        # The most important first: what grants nothing yet may not sound as if it did.
        (waiting(SRE, SIGNED), "Approve grants nothing yet: after yours it still needs 1 signature by security."),
        (
            waiting(BOTH),
            "Approve grants nothing yet: after yours it still needs 1 more approval by sre or security.",
        ),
        (
            waiting(PAIR, SIGNED),
            (
                "Approve grants nothing yet: after yours it still needs"
                " 1 more approval by sre, then 1 signature by security."
            ),
        ),
        (waiting(SRE), "Approve grants it at once, until 1 hour later (at the latest 2026-11-22 19:00 UTC)."),
        (
            waiting(SRE, SIGNED, counted=((BOB,),)),
            "Sign and approve grants it at once, until 1 hour later (at the latest 2026-11-22 19:00 UTC).",
        ),
        (
            waiting(SRE, may_need_more=True),
            "Approve grants it as soon as what the policy has come to demand is met as well.",
        ),
        (waiting(SRE, counted=((BOB,),)), ""),
        (waiting(), ""),
    ],
)
def test_what_pressing_approve_does_is_said_before(card: Card, said: str) -> None:
    assert plain(effect(card)) == said


def test_whose_approval_is_missing_is_said_once() -> None:
    assert view(waiting(SRE)).approvals == ()
    assert plain(view(waiting(MANY)).approvals[0]).startswith("1 of person0@example.com, ")
    assert len(view(waiting(SRE, SIGNED)).approvals) == 2
    (half,) = view(waiting(BOTH, counted=((DAN,),))).approvals
    assert plain(half).endswith("approved by dan@example.com, 1 more needed")
