"""What can happen to the access that follows: it is made, ends, is taken away or fails."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change
from approvals.errors import Refused
from approvals.grants import LIVE, Grant
from approvals.requests import Request, Settled
from approvals.reviews import Typed
from approvals.transitions.steps import decide


def end(request: Request, *, by: str, now: datetime, why: Typed | None = None) -> Change:
    """End access early: `ended` by its holder, `revoked` by anybody else, who may say why."""
    grant = _live(request)
    if by == request.requester:
        return _close(request, grant, state="ended", cause="holder", by=by, now=now)
    return _close(request, grant, state="revoked", cause="person", by=by, why=why, now=now)


def revoke(request: Request, *, by: str, why: Typed | None, now: datetime) -> Change:
    """Take from somebody what they have: end their access, withdraw what waits. `by` is an operator."""
    if request.state == "pending":
        return decide(request, "withdrawn", by=by, comment=why, now=now)
    return end(request, by=by, why=why, now=now)


def lapse(request: Request, *, now: datetime) -> Change:
    """Close a grant whose window is over: `ended`, or `failed` when it never became active."""
    grant = _live(request)
    if now < grant.window.end:
        raise Refused("window")
    if grant.state == "activating":
        return _close(
            request, grant, state="failed", cause="the window was over before the grant could be made", now=now
        )
    return _close(request, grant, state="ended", cause="time", now=now)


def activated(request: Request, *, now: datetime) -> Change:
    """The binding was read back from the IAM policy."""
    grant = _live(request)
    if grant.state == "active":
        raise Refused("active")
    detail = {"resource": request.terms.resource, "roles": list(request.terms.roles)}
    return _grant(request, grant, action="grant.active", detail=detail, now=now, state="active")


def failed(request: Request, *, cause: str, now: datetime) -> Change:
    """The service refused the binding for good before it was made."""
    grant = _live(request)
    if grant.state != "activating":
        raise Refused("active.made")
    return _close(request, grant, state="failed", cause=cause, now=now)


def removed_outside(request: Request, *, now: datetime) -> Change:
    """Somebody took the binding out of the IAM policy: it stays out."""
    return _close(request, _live(request), state="revoked", cause="outside", now=now)


def removed(request: Request, *, now: datetime) -> Change:
    """A read of the IAM policy showed that nothing of a closed grant is left."""
    grant = request.grant
    if grant is None or grant.state in LIVE or grant.removed:
        raise Refused("grant.removed")
    return _grant(request, grant, action="grant.removed", detail={}, now=now, removed=True)


def troubled(request: Request, *, trouble: str, kind: str, now: datetime) -> Change:
    """Note what stands in the way of making or removing the binding.

    Each kind is told once, for one trouble comes in many wordings. What is unsure never covers what is known.
    """
    grant = request.grant
    if grant is None or kind in grant.told or (kind == "unsure" and grant.told):
        raise Refused("grant.told")
    detail, told = {"trouble": trouble, "kind": kind}, (*grant.told, kind)
    return _grant(request, grant, action="grant.trouble", detail=detail, now=now, trouble=trouble, told=told)


def _live(request: Request) -> Grant:
    if request.grant is None:
        raise Refused("no_grant", state=request.state)
    if request.grant.state not in LIVE:
        raise Settled("closed", request)
    return request.grant


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
