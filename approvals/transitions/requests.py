"""What can happen to a request itself: it is filed, voted on and decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals import counted
from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change, review_key
from approvals.continuing import Continuation
from approvals.emergencies import said_of
from approvals.grants import Grant, GrantState
from approvals.ids import application_ref
from approvals.people.accounts import How, Proof
from approvals.policy.access import BreakGlass
from approvals.policy.automatic import ByRule
from approvals.policy.evaluate import Offer
from approvals.policy.tools import CallWindow
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Reason
from approvals.requests import Decision, Request, require_votes_open, unconfirmed, undecided
from approvals.reviews import Review, Typed, authenticated, numbered, on_record
from approvals.targets import agent_of
from approvals.terms.covered import cover
from approvals.terms.records import Asked, Terms
from approvals.terms.windows import window
from approvals.times import rfc3339, whole_seconds
from approvals.transitions import emergencies, windows
from approvals.transitions.actions import approved_until
from approvals.transitions.grants import standing
from approvals.transitions.steps import decide, require_pending
from approvals.votes.tally import Met


def file(
    offer: Offer,
    *,
    request_id: str,
    proof: Proof,
    justification: Typed,
    now: datetime,
    continues: Continuation | None = None,
) -> Change:
    """File a request on terms that the policy offers its requester now. They are frozen from here on.

    `proof` is the requester's. What continues other access gives the same, and is decided before that ends.
    """
    terms = Terms(
        entitlement=offer.entitlement.id,
        title=offer.entitlement.title,
        targets=offer.entitlement.targets,
        duration=offer.duration,
        justification=justification,
        expires=whole_seconds(now + offer.pending),
        requirement=offer.requirement,
        policy=offer.policy,
        start=offer.start,
    )
    if continues is not None:
        terms = _continuing(terms, continues)
    covered = cover(Asked(request=request_id, revision=1, requester=offer.requester, terms=terms))
    request = Request(
        id=request_id,
        revision=1,
        requester=offer.requester,
        account=proof.account,
        how=proof.how,
        terms=terms,
        covered=covered.text,
        digest=covered.digest,
        state="pending",
        filed=now,
        updated=now,
        owners=offer.owners,
        version=0,
    )
    detail: dict[str, Any] = {
        "digest": covered.digest,
        "policy": terms.policy,
        "account": proof.account,
        "entitlement": terms.entitlement,
    } | ({"owners": list(offer.owners)} if offer.owners else {})
    if proof.how != How():
        detail["how"] = authenticated(proof.how)
    return chained(request, now=now, actor=offer.requester, action="request.filed", detail=detail)


def _continuing(terms: Terms, found: Continuation) -> Terms:
    return msgspec.structs.replace(
        terms,
        targets=found.targets,
        expires=min(terms.expires, found.end),
        start=found.end,
        extends=found.request,
    )


def record(request: Request, review: Review, *, now: datetime) -> Change:
    """Record a review of the pending revision. Who may review is decided before; how often is decided here."""
    # First of all: how a request stands is no business of those who have nothing to do with it.
    review = numbered(review, after=request.reviews)
    require_votes_open(request, now=now)
    if review.window and (request.terms.window is None or review.verdict != "approve"):
        raise Refused("window.none")
    change = chained(
        request,
        now=now,
        actor=review.person,
        action=f"review.{review.verdict}",
        detail={"digest": request.digest, "revision": request.revision} | on_record(review),
        reviews=(*request.reviews, review),
    )
    return msgspec.structs.replace(change, review=review_key(request, review))


def approve(
    request: Request,
    *,
    frozen: Met,
    current: Met,
    policy: str,
    generation: str,
    now: datetime,
    break_glass: BreakGlass | None = None,
    automatic: ByRule | None = None,
    several: CallWindow | None = None,
) -> Change:
    """Approve: the frozen terms' requirement and the current policy's are both met.

    The grant's window is the one that the terms come to at this moment. An action has no grant, and an approval
    alone stands at once.
    Access in an emergency needs its rule of now: its review is due from here on. Access by a rule of the policy
    needs what that was, which the audit keeps. `several` is the window of a tool's
    calls that the policy offers now.
    """
    require_pending(request, now=now)
    if frozen.requirement != request.terms.requirement or {frozen.requester, current.requester} != {
        request.requester
    }:
        raise Refused("incomplete.foreign")
    people = tuple(dict.fromkeys((*frozen.people, *current.people)))
    if not {request.requester, *request.owners}.isdisjoint(people):
        raise Refused("incomplete.foreign")
    _require_kind(request)
    said: dict[str, Any] = {"by": list(people), "kind": request.terms.requirement.kind}
    said |= {"policy": policy, "generation": generation}
    if request.terms.requirement.kind == "auto":
        if automatic is None:
            raise Refused("incomplete")
        said["rule"] = msgspec.structs.asdict(automatic)
    at = at_or_after(request, now)
    decision = Decision(outcome="approved", at=at, by=people)
    if request.action is not None:
        said |= {"use_by": approved_until(request, at=at)}
        chosen = windows.chosen(request, several, at=at)
        said |= {"window": counted.on_record(chosen)} if chosen is not None else {}
        return windows.marked(_approved(request, said, decision, generation=generation, window=chosen))
    lasts = window(request.terms, at=at)
    state: GrantState = "scheduled" if lasts.start > at else "activating"
    made = Grant(state=state, window=lasts, generation=generation)
    if len(request.terms.targets) > 1:
        said["targets"] = list(range(len(request.terms.targets)))
    said |= {"start": rfc3339(lasts.start), "end": rfc3339(lasts.end)}
    grants = tuple(made for _ in request.terms.targets)
    if request.terms.requirement.kind != "break_glass":
        return standing(_approved(request, said, decision, grants=grants), now=now)
    if break_glass is None or request.approval_only:
        raise Refused("incomplete")
    awaited = emergencies.awaited(break_glass, start=lasts.start)
    said["after_review"] = said_of(awaited)
    return emergencies.begun(_approved(request, said, decision, grants=grants, after_review=awaited))


def _require_kind(request: Request) -> None:
    """A guardrail lets actions through and nothing else; of these people approve an agent's alone themselves."""
    action, kind = request.action, request.terms.requirement.kind
    if kind == "window":  # which is approved by what opened that
        raise Refused("incomplete")
    if (kind == "allow" and action is None) or (kind == "self" and action is not None and not agent_of(action)):
        raise Refused("incomplete")
    if unconfirmed(request):
        raise Refused("unconfirmed.person")


def _approved(request: Request, said: Mapping[str, Any], decision: Decision, **fields: Any) -> Change:
    return chained(
        request,
        now=decision.at,
        actor=SERVICE,
        action="request.approved",
        detail=said,
        state="approved",
        decision=decision,
        **fields,
    )


def deny(request: Request, *, by: str, comment: Typed | None, now: datetime) -> Change:
    """Deny for good."""
    require_pending(request, now=now)
    return decide(request, "denied", by=by, comment=comment, now=now)


def withdraw(request: Request, *, by: str, now: datetime, reason: str = "") -> Change:
    """Withdraw one's own request while nobody has decided it; what an application asked for is its own as well.

    `reason` is a code where the service itself does so for one.
    """
    # First of all: how a request stands is no business of those who have nothing to do with it.
    asked = application_ref(request.action.application) if request.action is not None else request.requester
    if by not in (request.requester, asked):
        raise Refused("not_yours")
    require_pending(request, now=now)
    return decide(request, "withdrawn", by=by, reason=reason, now=now)


def expire(request: Request, *, reason: Reason | str, now: datetime) -> Change:
    """End a pending request that nobody decided in time, or that the policy no longer offers."""
    if not undecided(request):
        raise Refused("decided", state=request.state)
    return decide(request, "expired", by="", reason=reason, now=now)
