"""What can happen to an application's action: it is asked for, and once it is approved it is used or it lapses."""

from datetime import datetime, timedelta
from typing import Any

from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change
from approvals.grants import Gone
from approvals.ids import application_ref
from approvals.people.accounts import Proof
from approvals.people.persons import OnBehalf
from approvals.policy.acting import ActionOffer
from approvals.policy.model import Requirement
from approvals.refusals.errors import Refused
from approvals.requests import Confirmed, Lapse, Request, Settled, Use, unconfirmed, usable
from approvals.reviews import Typed, authenticated
from approvals.targets import ActionCall
from approvals.terms.covered import cover
from approvals.terms.records import Asked, Terms, Within
from approvals.times import rfc3339, whole_seconds
from approvals.transitions.steps import require_pending


def ask(
    offer: ActionOffer,
    *,
    request_id: str,
    call: ActionCall,
    person: OnBehalf,
    justification: Typed,
    salt: str,
    now: datetime,
    within: Within | None = None,
    until: datetime | None = None,
) -> Change:
    """File what an application asks for on behalf of a person, on the terms that the policy offers now.

    `salt` is a fresh one, of 128 random bits: nobody who has the digest alone can try parameters against it. What
    is taken from a window says `within` which, and can be used no longer than `until`, when that is over.
    """
    requirement = offer.requirement if within is None else Requirement(kind="window")
    terms = Terms(
        entitlement=offer.action.id,
        title=offer.action.title,
        targets=(call,),
        duration=_can_be_used(offer.action.use_by, until, now=now),
        justification=justification,
        expires=whole_seconds(now + offer.action.pending),
        requirement=requirement,
        policy=offer.policy,
        person=person,
        salt=salt,
        window=offer.window if within is None else None,
        within=within,
    )
    covered = cover(Asked(request=request_id, revision=1, requester=offer.requester, terms=terms))
    actor = application_ref(call.application)
    request = Request(
        id=request_id,
        revision=1,
        requester=offer.requester,
        account=f"{actor}/{offer.requester}",
        terms=terms,
        covered=covered.text,
        digest=covered.digest,
        state="pending",
        filed=now,
        updated=now,
        version=0,
    )
    detail = {
        "digest": covered.digest,
        "policy": terms.policy,
        "account": request.account,
        "entitlement": terms.entitlement,
        "requester": offer.requester,
    }
    return chained(request, now=now, actor=actor, action="request.filed", detail=detail)


def _can_be_used(usual: timedelta, until: datetime | None, *, now: datetime) -> timedelta:
    return usual if until is None else min(usual, whole_seconds(until) - whole_seconds(now))


def confirm(request: Request, *, proof: Proof, now: datetime, window: bool = False) -> Change:
    """The person whom an application named says so themselves. From here on others can decide.

    `window`: for several calls, where the terms offer that.
    """
    require_pending(request, now=now)
    if not unconfirmed(request):
        raise Refused("confirmed")
    if window and request.terms.window is None:
        raise Refused("window.none")
    confirmed = Confirmed(at=at_or_after(request, now), account=proof.account, how=proof.how, window=window)
    detail: dict[str, Any] = {"digest": request.digest, "revision": request.revision, "account": proof.account}
    detail |= {"how": how} if (how := authenticated(proof.how)) else {}
    detail |= {"window": True} if window else {}
    return chained(
        request,
        now=now,
        actor=request.requester,
        action="request.confirmed",
        detail=detail,
        confirmed=confirmed,
    )


def use(request: Request, *, by: str, key: str, generation: str, now: datetime) -> Change:
    """The application `by` does what was approved, once and in time; `key` is the call's own.

    `generation` is the store's. Raises `Settled` of what is not approved, or not any more.
    """
    require_usable(request, generation=generation, now=now)
    at = at_or_after(request, now)
    return chained(
        request,
        now=now,
        actor=application_ref(by),
        action="request.used",
        detail={"key": key},
        state="used",
        used=Use(at=at, by=by, key=key),
    )


def require_usable(request: Request, *, generation: str, now: datetime) -> None:
    """Raise `Settled` unless an action is approved, not used, and its time is not over.

    After a restore of the store nobody knows whether it was used since, so it cannot be.
    """
    if request.state == "used":
        raise Settled("used", request)
    if not usable(request) or request.use_by is None:
        raise Settled("unusable", request, state=request.state)
    if at_or_after(request, now) >= request.use_by:
        raise Settled("unusable", request, state="lapsed")
    if request.generation != generation:
        raise Settled("unusable.restored", request)


def take_back_unused(request: Request, *, by: str, why: Typed | None = None, now: datetime) -> Change:
    """End an approval that was not used: somebody takes it back, and may say why."""
    return _lapsed(request, Lapse(at=at_or_after(request, now), cause="person", by=by, why=why), now=now)


def lapse_of_leaver(request: Request, *, cause: Gone, now: datetime) -> Change:
    """End an approval that was not used, for what became of the account of whom it was for."""
    return _lapsed(request, Lapse(at=at_or_after(request, now), cause=cause), now=now)


def lapse_unused(request: Request, *, generation: str, now: datetime) -> Change:
    """End an approval that nobody has used in time, or of which nobody knows whether it was."""
    at = at_or_after(request, now)
    if request.use_by is not None and at >= request.use_by:
        return _lapsed(request, Lapse(at=at), now=now)
    if request.generation == generation:
        raise Refused("window")
    return _lapsed(request, Lapse(at=at, cause="restored"), now=now)


def _lapsed(request: Request, lapse: Lapse, *, now: datetime) -> Change:
    if not usable(request):
        raise Settled("unusable", request, state=request.state)
    said = {"comment": lapse.why.digest} if lapse.why is not None else {}
    return chained(
        request,
        now=now,
        actor=lapse.by or SERVICE,
        action="request.lapsed",
        detail={"cause": lapse.cause} | said,
        state="lapsed",
        lapsed=lapse,
    )


def approved_until(request: Request, *, at: datetime) -> str:
    """Until when an action that is approved at this moment can be used, as its chain says it."""
    return rfc3339(whole_seconds(at) + request.terms.duration)
