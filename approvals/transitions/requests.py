"""What can happen to a request itself: it is filed, voted on and decided."""

from datetime import datetime
from typing import Any

import msgspec

from approvals.accounts import How, Proof
from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change, review_key
from approvals.errors import Refused
from approvals.grants import Grant, Window
from approvals.policy.evaluate import Offer
from approvals.reasons import Reason
from approvals.requests import Decision, Request, require_votes_open, undecided
from approvals.reviews import Review, Typed, authenticated, numbered, on_record
from approvals.tally import Met
from approvals.terms.covered import cover
from approvals.terms.records import Asked, Terms
from approvals.times import rfc3339, whole_seconds
from approvals.transitions.steps import decide, require_pending


def file(offer: Offer, *, request_id: str, proof: Proof, justification: Typed, now: datetime) -> Change:
    """File a request on terms that the policy offers its requester now. They are frozen from here on.

    `proof` is the requester's.
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
    )
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


def record(request: Request, review: Review, *, now: datetime) -> Change:
    """Record a review of the pending revision. Who may review is decided before; how often is decided here."""
    # First of all: how a request stands is no business of those who have nothing to do with it.
    review = numbered(review, after=request.reviews)
    require_votes_open(request, now=now)
    change = chained(
        request,
        now=now,
        actor=review.person,
        action=f"review.{review.verdict}",
        detail={"digest": request.digest, "revision": request.revision} | on_record(review),
        reviews=(*request.reviews, review),
    )
    return msgspec.structs.replace(change, review=review_key(request, review))


def approve(request: Request, *, frozen: Met, current: Met, policy: str, generation: str, now: datetime) -> Change:
    """Approve: the frozen terms' requirement and the current policy's are both met.

    The grant's window starts now, cut to whole seconds, and lasts the asked duration.
    """
    require_pending(request, now=now)
    if frozen.requirement != request.terms.requirement or {frozen.requester, current.requester} != {
        request.requester
    }:
        raise Refused("incomplete.foreign")
    at = at_or_after(request, now)
    start = whole_seconds(at)
    window = Window(start=start, end=start + request.terms.duration)
    people = tuple(dict.fromkeys((*frozen.people, *current.people)))
    if not {request.requester, *request.owners}.isdisjoint(people):
        raise Refused("incomplete.foreign")
    kind = request.terms.requirement.kind
    made = Grant(state="activating", window=window, generation=generation)
    said: dict[str, Any] = {"by": list(people), "kind": kind, "policy": policy, "generation": generation}
    if len(request.terms.targets) > 1:
        said["targets"] = list(range(len(request.terms.targets)))
    return chained(
        request,
        now=now,
        actor=SERVICE,
        action="request.approved",
        detail=said | {"start": rfc3339(window.start), "end": rfc3339(window.end)},
        state="approved",
        decision=Decision(outcome="approved", at=at, by=people),
        grants=tuple(made for _ in request.terms.targets),
    )


def deny(request: Request, *, by: str, comment: Typed | None, now: datetime) -> Change:
    """Deny for good."""
    require_pending(request, now=now)
    return decide(request, "denied", by=by, comment=comment, now=now)


def withdraw(request: Request, *, by: str, now: datetime) -> Change:
    """Withdraw one's own request while nobody has decided it."""
    # First of all: how a request stands is no business of those who have nothing to do with it.
    if by != request.requester:
        raise Refused("not_yours")
    require_pending(request, now=now)
    return decide(request, "withdrawn", by=by, now=now)


def expire(request: Request, *, reason: Reason | str, now: datetime) -> Change:
    """End a pending request that nobody decided in time, or that the policy no longer offers."""
    if not undecided(request):
        raise Refused("decided", state=request.state)
    return decide(request, "expired", by="", reason=reason, now=now)
