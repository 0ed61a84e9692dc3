"""What can happen to a request. Every function is pure: it returns a `Change` or raises `Refused`.

1. A request is filed `pending`. Only `approve` makes it `approved`, and only with two tallies that are met.
2. A denial, withdrawal or expiry is final, and so is an approval.
3. The window of a grant is fixed by the approving transition. Nothing later moves it.
4. A grant leaves `activating` and `active` once, and is `removed` once.
5. Time never runs backwards: what is recorded is never before the last recorded time.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals.chaining import at_or_after, chained
from approvals.changes import Change, review_key
from approvals.errors import Refused
from approvals.grants import LIVE, Grant, Window
from approvals.policy.evaluate import Offer
from approvals.requests import Decision, Request, Settled, Terms, terms_digest
from approvals.reviews import Review, Typed, numbered, on_record
from approvals.tally import Met
from approvals.times import rfc3339, whole_seconds

SERVICE = "countersign"
"""The actor of what time, policy or Google brought about."""


def file(offer: Offer, *, request_id: str, account: str, justification: Typed, now: datetime) -> Change:
    """File a request on terms that the policy offers its requester now. They are frozen from here on."""
    terms = Terms(
        entitlement=offer.entitlement.id,
        title=offer.entitlement.title,
        resource=offer.entitlement.resource,
        roles=offer.entitlement.roles,
        condition=offer.entitlement.condition,
        duration=offer.duration,
        justification=justification,
        expires=whole_seconds(now + offer.pending),
        requirement=offer.requirement,
        policy=offer.policy,
    )
    dig = terms_digest(request_id=request_id, revision=1, requester=offer.requester, terms=terms)
    request = Request(
        id=request_id,
        revision=1,
        requester=offer.requester,
        account=account,
        terms=terms,
        digest=dig,
        state="pending",
        filed=now,
        updated=now,
        version=0,
    )
    detail = {"digest": dig, "policy": terms.policy, "account": account, "entitlement": terms.entitlement}
    return chained(request, now=now, actor=offer.requester, action="request.filed", detail=detail)


def record(request: Request, review: Review, *, now: datetime) -> Change:
    """Record a review of the pending revision. Who may review is decided before; how often is decided here."""
    # First of all: how a request stands is no business of those who have nothing to do with it.
    review = numbered(review, after=request.reviews)
    _pending(request, now=now)
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
    _pending(request, now=now)
    if frozen.requirement != request.terms.requirement or {frozen.requester, current.requester} != {
        request.requester
    }:
        raise Refused("incomplete", "These approvals belong to another request.")
    at = at_or_after(request, now)
    start = whole_seconds(at)
    window = Window(start=start, end=start + request.terms.duration)
    people = tuple(dict.fromkeys((*frozen.people, *current.people)))
    kind = request.terms.requirement.kind
    said = {"by": list(people), "kind": kind, "policy": policy, "generation": generation}
    return chained(
        request,
        now=now,
        actor=SERVICE,
        action="request.approved",
        detail=said | {"start": rfc3339(window.start), "end": rfc3339(window.end)},
        state="approved",
        decision=Decision(outcome="approved", at=at, by=people),
        grant=Grant(state="activating", window=window, generation=generation),
    )


def deny(request: Request, *, by: str, comment: Typed | None, now: datetime) -> Change:
    """Deny for good."""
    _pending(request, now=now)
    return _decide(request, "denied", by=by, comment=comment, now=now)


def withdraw(request: Request, *, by: str, now: datetime) -> Change:
    """Withdraw one's own request while nobody has decided it."""
    # First of all: how a request stands is no business of those who have nothing to do with it.
    if by != request.requester:
        raise Refused(
            "not_yours",
            "Only the person who asked can withdraw this request. While it waits, an approver can deny it.",
        )
    _pending(request, now=now)
    return _decide(request, "withdrawn", by=by, now=now)


def expire(request: Request, *, reason: str, now: datetime) -> Change:
    """End a pending request that nobody decided in time, or that the policy no longer offers."""
    if request.state != "pending":
        raise Refused("decided", "This request is decided already.")
    return _decide(request, "expired", by="", reason=reason, now=now)


def end(request: Request, *, by: str, now: datetime, why: Typed | None = None) -> Change:
    """End access early: `ended` by its holder, `revoked` by anybody else, who may say why."""
    grant = _live(request)
    if by == request.requester:
        return _close(request, grant, state="ended", cause="holder", by=by, now=now)
    return _close(request, grant, state="revoked", cause="person", by=by, why=why, now=now)


def revoke(request: Request, *, by: str, why: Typed | None, now: datetime) -> Change:
    """Take from somebody what they have: end their access, withdraw what waits. `by` is an operator."""
    if request.state == "pending":
        return _decide(request, "withdrawn", by=by, comment=why, now=now)
    return end(request, by=by, why=why, now=now)


def lapse(request: Request, *, now: datetime) -> Change:
    """Close a grant whose window is over: `ended`, or `failed` when it never became active."""
    grant = _live(request)
    if now < grant.window.end:
        raise Refused("window", "The window of this grant is not over.")
    if grant.state == "activating":
        return _close(
            request, grant, state="failed", cause="the window was over before the grant could be made", now=now
        )
    return _close(request, grant, state="ended", cause="time", now=now)


def activated(request: Request, *, now: datetime) -> Change:
    """The binding was read back from the IAM policy."""
    grant = _live(request)
    if grant.state == "active":
        raise Refused("active", "This grant is active already.")
    detail = {"resource": request.terms.resource, "roles": list(request.terms.roles)}
    return _grant(request, grant, action="grant.active", detail=detail, now=now, state="active")


def failed(request: Request, *, cause: str, now: datetime) -> Change:
    """The service refused the binding for good before it was made."""
    grant = _live(request)
    if grant.state != "activating":
        raise Refused("active", "This grant was made.")
    return _close(request, grant, state="failed", cause=cause, now=now)


def removed_outside(request: Request, *, now: datetime) -> Change:
    """Somebody took the binding out of the IAM policy: it stays out."""
    return _close(request, _live(request), state="revoked", cause="outside", now=now)


def removed(request: Request, *, now: datetime) -> Change:
    """A read of the IAM policy showed that nothing of a closed grant is left."""
    grant = request.grant
    if grant is None or grant.state in LIVE or grant.removed:
        raise Refused("grant", "This grant is not waiting to be removed.")
    return _grant(request, grant, action="grant.removed", detail={}, now=now, removed=True)


def troubled(request: Request, *, trouble: str, kind: str, now: datetime) -> Change:
    """Note what stands in the way of making or removing the binding.

    Each kind is told once, for one trouble comes in many wordings. What is unsure never covers what is known.
    """
    grant = request.grant
    if grant is None or kind in grant.told or (kind == "unsure" and grant.told):
        raise Refused("grant", "Nothing new stands in the way of this grant.")
    detail, told = {"trouble": trouble, "kind": kind}, (*grant.told, kind)
    return _grant(request, grant, action="grant.trouble", detail=detail, now=now, trouble=trouble, told=told)


def both(first: Change, then: Callable[[Request], Change]) -> Change:
    """Let a second transition follow the first in the same transaction."""
    second = then(first.request)
    return msgspec.structs.replace(
        second,
        request=msgspec.structs.replace(second.request, version=first.request.version),
        entries=first.entries + second.entries,
        review=first.review or second.review,
        wake=tuple(dict.fromkeys(first.wake + second.wake)),
    )


def _pending(request: Request, *, now: datetime) -> None:
    if request.state != "pending":
        raise Settled("decided", f"This request is {request.state} already.", request)
    if at_or_after(request, now) >= request.terms.expires:
        raise Refused("expired", "The time to decide this request is over.")


def _live(request: Request) -> Grant:
    if request.grant is None:
        instead = " Withdraw it, or as an approver deny it." if request.state == "pending" else ""
        raise Refused("no_grant", f"This request is {request.state}, so it has no access to end.{instead}")
    if request.grant.state not in LIVE:
        raise Settled("closed", "This access has ended already.", request)
    return request.grant


def _decide(
    request: Request, outcome: Any, *, by: str, now: datetime, reason: str = "", comment: Typed | None = None
) -> Change:
    decision = Decision(
        outcome=outcome, at=at_or_after(request, now), by=(by,) if by else (), reason=reason, comment=comment
    )
    detail: dict[str, Any] = {"reason": reason} if reason else {}
    if comment is not None:
        detail["comment"] = comment.digest
    return chained(
        request,
        now=now,
        actor=by or SERVICE,
        action=f"request.{outcome}",
        detail=detail,
        state=outcome,
        decision=decision,
    )


def _close(
    request: Request,
    grant: Grant,
    *,
    state: Any,
    cause: str,
    now: datetime,
    by: str = "",
    why: Typed | None = None,
) -> Change:
    return _grant(
        request,
        grant,
        action=f"grant.{state}",
        detail={"cause": cause} | ({"comment": why.digest} if why is not None else {}),
        actor=by,
        now=now,
        state=state,
        cause=cause,
        why=why,
        closed_by=by,
        closed_at=at_or_after(request, now),
    )


def _grant(
    request: Request,
    grant: Grant,
    *,
    action: str,
    detail: Mapping[str, Any],
    now: datetime,
    actor: str = "",
    **fields: Any,
) -> Change:
    # What stood in the way is over once anything goes on.
    following = msgspec.structs.replace(grant, **{"trouble": "", "told": (), **fields})
    return chained(request, now=now, actor=actor or SERVICE, action=action, detail=detail, grant=following)
