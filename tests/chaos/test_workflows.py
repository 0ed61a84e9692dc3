"""The chaos run finds what must not be of revisions, emergencies and stand-ins: each one broken by hand."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.emergencies import AfterReview, Finding
from approvals.policy.model import Requirement
from approvals.requests import Decision, Request
from approvals.revisions import Counter, Former
from approvals.times import rfc3339
from chaos import letters, workflows
from chaos.letters import Letter, message_id
from countersign_client.chain import Entry
from tests.support.builders import BUNDLE, NOW, filed, review, terms

GINA, FRANK = "gina@example.com", "frank@example.com"
HALF = timedelta(minutes=30)


def less(request: Request, **changes: Any) -> Request:
    """The request after its offer of half the time was accepted, but for what the test says."""
    after = msgspec.structs.replace(request.terms, duration=HALF)
    rest: dict[str, Any] = {
        "by": "bob@example.com",
        "at": NOW,
        "account": "slack:T0123ABCD/U0B0BB0B0",
        "channel": "slack",
        "revision": 2,
        "terms": after,
        "covered": request.covered,
        "digest": request.digest,
    }
    former = Former(
        revision=1,
        terms=request.terms,
        covered=request.covered,
        digest=request.digest,
        reviews=(review(),),
        offer=Counter(**rest),
        accepted=NOW,
        account="slack:T0123ABCD/U0A11CE00",
    )
    return msgspec.structs.replace(request, **{"revision": 2, "terms": after, "former": (former,)} | changes)


BY_BOB = {"state": "approved", "decision": Decision(outcome="approved", at=NOW, by=("bob@example.com",))}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, ""),
        ({**BY_BOB, "reviews": (review(),)}, ""),
        (BY_BOB, "votes on an older revision"),
        ({"revision": 3}, "says revision 3 and has had 2"),
        ({"terms": terms(duration=timedelta(hours=2))}, "gives more"),
        ({"terms": msgspec.structs.replace(terms(duration=HALF), targets=BUNDLE)}, "gives more"),
        ({"terms": terms(duration=HALF, expires=NOW + timedelta(days=1))}, "gives more"),
    ],
)
def test_a_revision_that_gives_more_or_counts_old_votes_is_found(changes: dict[str, Any], wrong: str) -> None:
    found = list(workflows.narrowed(less(filed().request, **changes)))
    assert bool(found) == bool(wrong)
    assert wrong in " ".join(found)


def emergency(by: str = "", **changes: Any) -> Request:
    """An emergency of alice's, maybe reviewed."""
    finding = Finding(
        by=by,
        at=NOW,
        account="slack:T0123ABCD/U0B0BB0B0",
        channel="slack",
        justified=True,
        why=terms().justification,
    )
    after = AfterReview(by=("group:ops",), due=NOW, finding=finding if by else None)
    glass = terms(requirement=Requirement(kind="break_glass"))
    decision = Decision(outcome="approved", at=NOW, by=())
    changed: dict[str, Any] = {"state": "approved", "decision": decision, "after_review": after} | changes
    return msgspec.structs.replace(filed(terms=glass).request, **changed)


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        (emergency(), False),
        (emergency("bob@example.com"), False),
        (emergency("alice@example.com"), True),
        (emergency(after_review=None), True),
        (emergency("bob@example.com", terms=terms()), True),
    ],
    ids=["open", "reviewed", "by its own person", "without a review", "of what is none"],
)
def test_an_emergency_without_anothers_review_is_found(request_: Request, wrong: bool) -> None:
    assert bool(list(workflows.reviewed(request_))) == wrong


def test_two_emergencies_of_a_person_that_nobody_reviewed_are_found() -> None:
    done = emergency("bob@example.com")
    assert list(workflows.unreviewed([emergency(), done, done])) == []
    assert list(workflows.unreviewed([emergency(), emergency()])) != []


def moved(action: str, *, minutes: int, actor: str = GINA, **detail: str) -> Entry:
    at = rfc3339(NOW + timedelta(minutes=minutes))
    return Entry(request="", seq=1, at=at, actor=actor, action=action, detail=detail, prev="")


UNTIL = rfc3339(NOW + timedelta(minutes=5))
AWAY = moved("away", minutes=-5, delegate=FRANK, until=UNTIL)
LONE = filed(terms=terms(entitlement="lone-shop-1")).request


@pytest.mark.parametrize(
    ("vote", "absences", "wrong"),
    [
        (review(GINA), (), False),
        (review(FRANK, behalf=GINA), (AWAY,), False),
        (review(FRANK), (AWAY,), True),
        (review(FRANK, behalf=GINA), (), True),
        (review("erin@example.com", behalf=GINA), (AWAY,), True),
        (review(FRANK, behalf=GINA), (AWAY, moved("back", minutes=0, person=GINA)), False),
        (
            review(FRANK, behalf=GINA, at=NOW + timedelta(seconds=0.4)),
            (moved("away", minutes=0, delegate=FRANK, until=UNTIL), moved("back", minutes=0, person=GINA)),
            False,
        ),
        (review(FRANK, behalf=GINA, at=NOW + timedelta(minutes=5, seconds=0.7)), (AWAY,), False),
        (review(FRANK, behalf=GINA, at=NOW + timedelta(minutes=6)), (AWAY,), True),
        (review(FRANK, behalf=GINA), (AWAY, moved("back", minutes=-1, person=GINA)), True),
        (review(FRANK, behalf=GINA), (AWAY, moved("back", minutes=-1, actor="os:root", person=GINA)), True),
        (review(FRANK, behalf=GINA), (AWAY, moved("back", minutes=1, person=GINA)), False),
    ],
)
def test_whoever_stands_in_for_nobody_who_is_away_is_found(
    vote: Any, absences: tuple[Entry, ...], wrong: bool
) -> None:
    request = msgspec.structs.replace(LONE, reviews=(vote,))
    assert bool(list(workflows.stood_in(request, absences))) == wrong


BOB = "bob@example.com"


@pytest.mark.parametrize(
    ("step", "minutes", "fine"),
    [("0", -5, True), ("0", 10, False), ("r2.0", 10, True), ("r3.0", 10, False), ("r2.0", -5, True)],
)
def test_a_letter_is_held_against_the_revision_that_it_asks_for(step: str, minutes: int, fine: bool) -> None:
    """The first one was voted on by Bob and over at `NOW`; on the second one nobody has voted."""
    request, key = less(filed().request), f"letter:{step}:{BOB}"
    letter = Letter(
        request=request.id,
        person=BOB,
        key=key,
        id=message_id(request.id, key),
        follows=(),
        answers="",
        subject="",
        text="",
        at=NOW + timedelta(minutes=minutes),
    )
    found = letters.turns([letter], request, lambda _: {BOB, "alice@example.com"})
    assert (list(found) == []) == fine
