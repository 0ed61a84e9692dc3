"""What can happen to a request: everything that decides is final, and time never runs backwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals import transitions
from approvals.changes import Change
from approvals.grants import Window
from approvals.identities import Identity
from approvals.people.accounts import How, Proof
from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.evaluate import Ask, Evaluation, Offer, evaluate
from approvals.policy.model import Requirement, Stage
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import reason
from approvals.requests import Request
from approvals.reviews import typed
from approvals.times import rfc3339
from approvals.votes.counting import Basis
from approvals.votes.tally import Met, Tally, tally
from countersign_client.chain import verify
from tests.support.builders import NOW, ONE_APPROVER, filed, grant, review, terms
from tests.support.world import policy

LATER = NOW + timedelta(minutes=5)
BOBS = Proof(account="slack:T0123ABCD/U0B0BB0B0", how=How())
Step = Callable[[Request], Change]


def met(requirement: Requirement = ONE_APPROVER, requester: str = "alice@example.com", *people: str) -> Met:
    reviews = [review(person) for person in people or ("bob@example.com",)]
    return tally(requirement, reviews, requester=requester, policy=policy(), memberships=NOTHING_KNOWN).met()


def approve(request: Request, **changes: Any) -> Change:
    good: dict[str, Any] = {
        "frozen": met(),
        "current": met(),
        "policy": "sha256:",
        "generation": "g1",
        "now": LATER,
    }
    return transitions.approve(request, **(good | changes))


DECIDING: dict[str, Step] = {
    "record": lambda r: transitions.record(r, review(), now=LATER),
    "approve": approve,
    "deny": lambda r: transitions.deny(r, by="bob@example.com", comment=None, now=LATER),
    "withdraw": lambda r: transitions.withdraw(r, by=r.requester, now=LATER),
    "expire": lambda r: transitions.expire(r, reason="time", now=LATER),
}
GRANTING: dict[str, Step] = {
    "end": lambda r: transitions.end(r, by=r.requester, now=LATER),
    "lapse": lambda r: transitions.lapse(r, now=NOW + timedelta(hours=2)),
    "activated": lambda r: transitions.activated(r, now=LATER),
    "failed": lambda r: transitions.failed(r, cause=reason("grant.late"), now=LATER),
    "removed_outside": lambda r: transitions.removed_outside(r, now=LATER),
}


@pytest.mark.parametrize("step", DECIDING)
@pytest.mark.parametrize("state", ["approved", "denied", "withdrawn", "expired"])
def test_a_decision_is_final(state: str, step: str) -> None:
    with pytest.raises(Refused) as refusal:
        DECIDING[step](filed(state=state).request)
    assert refusal.value.kind == "decided"


@pytest.mark.parametrize("step", ["record", "approve", "deny", "withdraw"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1)])
def test_nothing_but_expiry_happens_once_the_time_is_over(step: str, late: timedelta) -> None:
    request = filed(terms=terms(expires=LATER - late)).request
    with pytest.raises(Refused) as refusal:
        DECIDING[step](request)
    assert refusal.value.kind == "expired"
    assert DECIDING["expire"](request).request.state == "expired"


@pytest.mark.parametrize("step", GRANTING)
@pytest.mark.parametrize("state", ["ended", "revoked", "failed"])
def test_a_closed_grant_stays_closed(state: Any, step: str) -> None:
    with pytest.raises(Refused) as refusal:
        GRANTING[step](filed(state="approved", grant=grant(state)).request)
    assert refusal.value.kind == "closed"


@pytest.mark.parametrize("step", GRANTING)
def test_what_is_not_approved_has_no_grant_to_change(step: str) -> None:
    with pytest.raises(Refused) as refusal:
        GRANTING[step](filed().request)
    assert refusal.value.kind == "no_grant"


def test_a_grant_becomes_active_once() -> None:
    request = filed(state="approved", grant=grant("active")).request
    for step in ("activated", "failed"):
        with pytest.raises(Refused):
            GRANTING[step](request)


def test_a_grant_is_removed_once_and_only_when_it_is_closed() -> None:
    for wrong in (grant("active"), grant("activating"), grant("ended", removed=True)):
        with pytest.raises(Refused):
            transitions.removed(filed(state="approved", grant=wrong).request, now=LATER)
    change = transitions.removed(filed(state="approved", grant=grant("ended")).request, now=LATER)
    assert change.request.grant is not None
    assert change.request.grant.removed


def test_a_window_does_not_lapse_before_its_end() -> None:
    request = filed(state="approved", grant=grant("active")).request
    with pytest.raises(Refused):
        transitions.lapse(request, now=NOW + timedelta(minutes=59, seconds=59))
    for state, becomes in (("active", "ended"), ("activating", "failed")):
        over = filed(state="approved", grant=grant("active" if state == "active" else "activating")).request
        lapsed = transitions.lapse(over, now=NOW + timedelta(hours=1)).request.grant
        assert lapsed is not None
        assert lapsed.state == becomes


@pytest.mark.parametrize("state", ["pending", "approved", "denied", "withdrawn", "expired"])
def test_only_the_requester_withdraws_and_nobody_else_learns_how_it_stands(state: Any) -> None:
    with pytest.raises(Refused) as refusal:
        transitions.withdraw(filed(state=state).request, by="bob@example.com", now=LATER)
    assert refusal.value.kind == "not_yours"


# --- proofs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda seal: Met(seal, requester="alice@example.com", requirement=ONE_APPROVER, people=()),
        lambda seal: Basis(
            seal,
            requirement=ONE_APPROVER,
            reviews=(),
            requester="alice@example.com",
            policy=policy(),
            memberships=NOTHING_KNOWN,
        ),
        lambda seal: Identity(seal, principal="alice@example.com", proof=BOBS, account=None),  # type: ignore[arg-type]
        lambda seal: Offer(
            seal,
            policy=policy(),
            entitlement=policy().entitlements["admin"],
            duration=timedelta(hours=1),
            start=None,
            requester="alice@example.com",
        ),
        lambda seal: Evaluation(seal, policy=policy(), requester="a", checks=(), entitlement=None, duration=None),
    ],
)
@pytest.mark.parametrize("seal", [object(), None, True, "seal"])
def test_a_proof_cannot_be_made_by_hand(build: Callable[[object], object], seal: object) -> None:
    with pytest.raises(TypeError):
        build(seal)


def test_a_tally_made_by_hand_meets_nothing() -> None:
    with pytest.raises(Refused):
        Tally(requirement=Requirement(kind="self"), stages=()).met()


@pytest.mark.parametrize(
    "changes",
    [
        {"frozen": met(Requirement(kind="stages", stages=(Stage(approvers=("domain:example.com",)),)))},
        {"frozen": met(ONE_APPROVER, "gwen@example.com")},
        {"current": met(ONE_APPROVER, "gwen@example.com")},
    ],
)
def test_approvals_of_another_request_approve_nothing(changes: dict[str, Met]) -> None:
    with pytest.raises(Refused) as refusal:
        approve(filed().request, **changes)
    assert refusal.value.kind == "incomplete"


# --- windows and time ----------------------------------------------------------------------------


def test_the_approving_transition_fixes_the_window() -> None:
    at = LATER + timedelta(microseconds=999_999)
    approved = approve(filed().request, now=at).request

    assert approved.grant is not None
    assert approved.grant.window == Window(start=LATER, end=LATER + timedelta(hours=1))
    assert approved.grant.state == "activating"


@pytest.mark.parametrize("step", GRANTING)
def test_nothing_moves_a_window(step: str) -> None:
    approved = approve(filed().request).request
    assert approved.grant is not None
    following = GRANTING[step](approved).request.grant

    assert following is not None
    assert following.window == approved.grant.window


def test_time_never_runs_backwards() -> None:
    request = filed(updated=LATER).request
    approved = approve(request, now=NOW - timedelta(hours=1)).request
    assert approved.grant is not None
    assert approved.grant.window.start == LATER
    assert approved.updated == LATER
    ended = transitions.end(approved, by="alice@example.com", now=NOW).request
    assert ended.updated == LATER
    assert ended.grant is not None
    assert ended.grant.closed_at == LATER


def test_a_clock_set_back_does_not_reopen_a_request() -> None:
    request = filed(updated=NOW + timedelta(hours=9)).request
    with pytest.raises(Refused) as refusal:
        approve(request, now=NOW)
    assert refusal.value.kind == "expired"


# --- what is recorded ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", DECIDING)
def test_every_change_adds_its_entry_and_wakes_its_request(step: str) -> None:
    request = filed().request
    change = DECIDING[step](request)

    assert change.request.version == request.version + 1
    (entry,) = change.entries
    assert (entry.seq, entry.prev, entry.at) == (request.seq + 1, request.head, rfc3339(LATER))
    assert change.request.head == entry.hash
    assert f"request:{request.id}" in change.wake
    assert change.due == LATER


def test_what_concerns_a_grant_wakes_its_bindings() -> None:
    for change in (approve(filed().request), GRANTING["end"](filed(state="approved", grant=grant()).request)):
        assert "binding:projects/payments-prod" in change.wake


def test_two_steps_are_one_change() -> None:
    request = filed().request
    change = transitions.both(transitions.record(request, review(), now=LATER), approve)

    assert change.request.version == request.version + 1
    assert [entry.action for entry in change.entries] == ["review.approve", "request.approved"]
    assert change.review is not None
    assert (change.review.person, change.review.jti) == ("bob@example.com", "jti-of-bob@example.com")
    first = filed().entries
    assert verify([*first, *change.entries], request=request.id, head=change.request.head) == 3


def test_a_filed_request_is_as_the_policy_offers_it() -> None:
    ask = Ask(entitlement="admin", duration=timedelta(minutes=30), justification="INC-42")
    offer = evaluate(policy(), ask, requester="alice@example.com", memberships=NOTHING_KNOWN, begins=NOW).offer()
    change = transitions.file(
        offer,
        request_id="r-0123456789",
        proof=Proof(account="slack:T/U", how=How(read_at=NOW)),
        justification=typed("INC-42", salt="s"),
        now=NOW + timedelta(microseconds=5),
    )
    made = change.request

    assert (made.state, made.version, made.grant, made.decision) == ("pending", 1, None, None)
    assert made.terms.duration == timedelta(minutes=30)
    assert made.terms.expires == NOW + timedelta(hours=1)
    assert made.terms.requirement == policy().entitlements["admin"].requirement
    assert (made.account, made.how) == ("slack:T/U", How(read_at=NOW))
    assert change.entries[0].detail["digest"] == made.digest
    assert "INC-42" not in repr(change.entries)


@pytest.mark.parametrize(
    ("who", "state", "cause"),
    [("alice@example.com", "ended", "holder"), ("bob@example.com", "revoked", "person")],
)
def test_who_ends_access_is_recorded(who: str, state: str, cause: str) -> None:
    closed = transitions.end(filed(state="approved", grant=grant()).request, by=who, now=LATER).request.grant

    assert closed is not None
    assert (closed.state, closed.cause, closed.closed_by, closed.closed_at) == (state, cause, who, LATER)


@pytest.mark.parametrize("kind", ["forbidden", "unsure"])
def test_what_is_known_of_a_trouble_is_told_once_and_not_covered_by_what_is_unsure(kind: str) -> None:
    request = filed(state="approved", grant=grant("activating")).request
    known, again = reason("google.said", said="no permission"), reason("google.said", said="in other words")
    troubled = transitions.troubled(request, trouble=known, kind="forbidden", now=LATER).request
    with pytest.raises(Refused):
        transitions.troubled(troubled, trouble=again, kind=kind, now=LATER)
    healed = transitions.activated(troubled, now=LATER).request.grant
    assert healed is not None
    assert (healed.trouble, healed.told) == ("", ())
