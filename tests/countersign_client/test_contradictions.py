"""A receipt that its issuer signed and that contradicts itself is refused all the same."""

from typing import Any

import pytest

from countersign_client.receipts import verify
from countersign_client.signed import LARGEST
from tests.countersign_client.writing import claims, decision, keys, refusal, review, signed, terms, without

BOB, CAROL, DAN = "bob@example.com", "carol@example.com", "dan@example.com"
SELF = {"kind": "self", "stages": []}
NOT_REVIEWED = "it says approved, but not every one of those who decided has a review that says so"
NOT_SIGNED = "it says approved, but without the signatures that its terms demand"


def stages(*stages: tuple[int, str]) -> dict[str, Any]:
    made = [{"approvers": ["group:a@example.com"], "needed": needed, "sign": sign} for needed, sign in stages]
    return {"kind": "stages", "stages": made}


def signature(person: str, **changes: Any) -> dict[str, Any]:
    good = {"signed": True, "printed_name": "sha256:" + "4" * 64, "meaning": "sha256:" + "5" * 64}
    return review(person, **(good | changes))


# --- the people


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [review(BOB)],
        [review(BOB), review(DAN)],
        [review(BOB), review(CAROL, verdict="deny")],
        [review(BOB, verdict="deny"), review(CAROL, verdict="deny")],
    ],
)
def test_approved_by_somebody_who_did_not_approve_is_refused(reviews: list[Any]) -> None:
    assert refusal(signed(claims(reviews=reviews))) == NOT_REVIEWED


def test_denied_by_somebody_who_did_not_deny_is_refused() -> None:
    denied = without(decision(outcome="denied", by=[BOB]), "window")

    assert "it says denied" in refusal(signed(claims(decision=denied)))
    assert "it says denied" in refusal(signed(claims(decision=denied, reviews=[])))


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_two_reviews_of_one_person_are_refused(verdict: str) -> None:
    reviews = [review(CAROL), review(BOB, verdict=verdict), review(BOB)]

    assert refusal(signed(claims(reviews=reviews))) == "somebody has reviewed twice in it"


def test_what_needs_nobody_else_has_no_stages() -> None:
    both = {**stages((2, "")), "kind": "self"}

    assert "its terms demand nobody else" in refusal(signed(claims(terms=terms(requirement=both))))


def test_what_needs_nobody_else_was_approved_by_nobody_who_did_not_review() -> None:
    alone = terms(requirement=SELF)

    assert refusal(signed(claims(terms=alone, reviews=[]))) == NOT_REVIEWED
    assert "not by the people" in refusal(
        signed(claims(terms=alone, decision=decision(by=["alice@example.com"]), reviews=[]))
    )


def decided(outcome: str, *, last: str) -> str:
    """A receipt of a decision at 10:02 by two reviews, the last of them at this time."""
    verdict = {"approved": "approve", "denied": "deny"}[outcome]
    reviews = [review(BOB, verdict=verdict), review(CAROL, verdict=verdict, at=last)]
    made = decision(outcome=outcome, by=[BOB, CAROL])
    return signed(claims(decision=made if outcome == "approved" else without(made, "window"), reviews=reviews))


@pytest.mark.parametrize("outcome", ["approved", "denied"])
@pytest.mark.parametrize("last", ["2026-11-22T10:02:01Z", "2026-11-22T10:02:00-00:01"])
def test_a_review_after_the_decision_that_counts_it_is_refused(outcome: str, last: str) -> None:
    assert refusal(decided(outcome, last=last)) == "its decision is of a time before a review that it counts"


@pytest.mark.parametrize("outcome", ["approved", "denied"])
@pytest.mark.parametrize("last", ["2026-11-22T10:02:00Z", "2026-11-22T10:03:00+01:00"])
def test_a_review_in_the_moment_of_the_decision_or_before_it_is_none_too_late(outcome: str, last: str) -> None:
    verify(decided(outcome, last=last), keys())


# --- the signatures


@pytest.mark.parametrize(
    "reviews",
    [
        [review(BOB), review(CAROL)],
        [signature(BOB), review(CAROL)],
        [signature(BOB), signature(CAROL, signed=False)],
        [signature(BOB), signature(CAROL, printed_name="")],
        [signature(BOB), signature(CAROL, meaning="")],
        [signature(BOB), review(CAROL), signature(DAN)],
    ],
)
def test_approved_without_the_signatures_that_a_stage_demands_is_refused(reviews: list[Any]) -> None:
    asked = terms(requirement=stages((2, "typed")))

    assert refusal(signed(claims(terms=asked, reviews=reviews))) == NOT_SIGNED


def test_a_signed_stage_among_others_needs_its_signature() -> None:
    asked = terms(requirement=stages((1, ""), (1, "typed")))

    assert refusal(signed(claims(terms=asked))) == NOT_SIGNED
    verify(signed(claims(terms=asked, reviews=[review(BOB), signature(CAROL)])), keys())


def test_more_people_than_the_terms_demand_need_not_sign() -> None:
    asked = terms(requirement=stages((1, "typed")))

    verify(signed(claims(terms=asked, reviews=[signature(BOB), review(CAROL)])), keys())


def test_who_denies_need_not_sign() -> None:
    asked = terms(requirement=stages((1, "typed")))
    denied = without(decision(outcome="denied", by=[BOB]), "window")

    verify(signed(claims(terms=asked, decision=denied, reviews=[review(BOB, verdict="deny")])), keys())


# --- the window


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-22T10:02:00Z", "2036-11-22T10:02:00Z"),
        ("2026-11-22T10:02:00Z", "2026-11-22T11:02:01Z"),
        ("2026-11-22T10:02:00Z", "2026-11-22T11:01:59Z"),
        ("2026-11-22T10:02:00Z", "2026-11-22T11:02:00.5Z"),
        ("2026-11-22T11:02:00Z", "2026-11-22T10:02:00Z"),
        ("2026-11-22T10:01:59Z", "2026-11-22T11:01:59Z"),
        ("2026-11-22T10:02:00Z", "2026-11-22T11:02:00-01:00"),
    ],
)
def test_a_window_of_another_length_or_before_the_decision_is_refused(start: str, end: str) -> None:
    refused = refusal(signed(claims(decision=decision(window={"start": start, "end": end}))))

    assert refused == "its window is not the time that was asked for"


def test_approved_without_a_window_is_refused() -> None:
    refused = refusal(signed(claims(decision=without(decision(), "window"))))

    assert refused == "it says approved, but names no window"


@pytest.mark.parametrize(
    ("outcome", "by"), [("denied", [BOB]), ("withdrawn", ["alice@example.com"]), ("expired", [])]
)
def test_what_was_not_approved_has_no_window(outcome: str, by: list[str]) -> None:
    reviews = [review(BOB, verdict="deny")]
    refused = refusal(signed(claims(decision=decision(outcome=outcome, by=by), reviews=reviews)))

    assert refused == f"it says {outcome}, and yet it names a window"


# --- the times


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_times_outside_of_the_calendar_are_refused(moment: str) -> None:
    start = {"window": {"start": moment, "end": "2026-11-22T11:02:00Z"}}
    for changed in (
        claims(decision=decision(at=moment)),
        claims(decision=decision(at="0001-01-01T00:00:00Z", **start)),
        claims(reviews=[review(BOB, at=moment), review(CAROL)]),
    ):
        assert "time" in refusal(signed(changed))


def test_what_is_longer_than_any_receipt_is_not_read() -> None:
    assert refusal("e" * (LARGEST + 1)) == "it is longer than any receipt"
