"""What can happen to the access that follows: it is made, ends, is taken away or fails.

All targets of a request have their access or none of them: when one can never be made, or was taken out by others,
the rest is taken back by the same commit. `target` is the number of a target among the request's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change
from approvals.grants import BUNDLE, LEFT, LIVE, Gone, Grant
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Reason, plain, reason
from approvals.requests import Request, Settled, allows, undecided, unshut, usable
from approvals.reviews import Typed
from approvals.targets import accesses
from approvals.transitions.actions import lapse_of_leaver, take_back_unused
from approvals.transitions.joined import both
from approvals.transitions.steps import decide
from approvals.transitions.windows import shut, shut_of_leaver


def end(request: Request, *, by: str, now: datetime, why: Typed | None = None) -> Change:
    """End access early: `ended` by its holder, `revoked` by anybody else, who may say why."""
    live = _live(request)
    if by == request.requester:
        return _close(request, live, state="ended", cause="holder", by=by, now=now)
    return _close(request, live, state="revoked", cause="person", by=by, why=why, now=now)


def revoke(request: Request, *, by: str, why: Typed | None, now: datetime) -> Change:
    """Take from somebody what they have: end their access, withdraw what waits. `by` is an operator."""
    if undecided(request):
        return decide(request, "withdrawn", by=by, comment=why, now=now)
    if allows(request):
        return end_use(request, by=by, why=why, now=now)
    return end(request, by=by, why=why, now=now)


def end_use(request: Request, *, by: str, why: Typed | None = None, now: datetime) -> Change:
    """End what an approved action still allows: its use, and all calls by its window. Raises `Settled`."""
    if unshut(request) and not usable(request):
        return shut(request, by=by, why=why, now=now)
    return take_back_unused(request, by=by, why=why, now=now)


def leave(request: Request, *, cause: Gone = LEFT, now: datetime) -> Change:
    """Take what somebody has for what became of their account: withdraw what waits, take away what was given."""
    if undecided(request):
        return decide(request, "withdrawn", by="", reason=cause, now=now)
    if allows(request):
        end_for = lapse_of_leaver if usable(request) else shut_of_leaver
        return end_for(request, cause=cause, now=now)
    return _close(request, _live(request), state="revoked", cause=cause, now=now)


def lapse(request: Request, *, now: datetime) -> Change:
    """Close access whose window is over: `ended`, or `failed` what never became active."""
    live = _live(request)
    if any(now < request.grants[target].window.end for target in live):
        raise Refused("window")
    late = [target for target in live if request.grants[target].state != "active"]
    made = [target for target in live if target not in late]
    if not late:
        return _close(request, made, state="ended", cause="time", now=now)
    change = _close(request, late, state="failed", cause=reason("grant.late"), now=now)
    if made:
        return both(change, lambda request: _close(request, made, state="ended", cause="time", now=now))
    return change


def begin(request: Request, *, now: datetime) -> Change:
    """The window of what was to begin later is here: from now on it is made."""
    waiting = _scheduled(request)
    if any(at_or_after(request, now) < request.grants[target].window.start for target in waiting):
        raise Refused("grant.early")
    change = _grants(request, waiting, action="grant.begun", detail={}, now=now, state="activating")
    return standing(change, now=now)


def withhold(request: Request, *, cause: Reason, now: datetime) -> Change:
    """By the policy of now, what was to begin is not given: nothing of it was made."""
    return _close(request, _scheduled(request), state="revoked", cause=cause, now=now)


def _scheduled(request: Request) -> list[int]:
    """The targets whose access is still to begin; at least one."""
    waiting = [target for target in _live(request) if request.grants[target].state == "scheduled"]
    if not waiting:
        raise Refused("active.made")
    return waiting


def activated(request: Request, *, target: int = 0, now: datetime) -> Change:
    """What the target asks for was read back; an approval alone stands without anything that could be."""
    if _one(request, target).state != "activating":
        raise Refused("active")
    detail: dict[str, Any] = {}
    if not request.approval_only:
        found = accesses(request.terms.targets)[target]
        detail = {"resource": found.resource, "roles": list(found.roles)}
    return _grants(request, [target], action="grant.active", detail=detail, now=now, state="active")


def standing(change: Change, *, now: datetime) -> Change:
    """Let an approval alone stand as soon as it begins, in the same commit: nothing is to be made outside."""
    grant = change.request.grant
    if not change.request.approval_only or grant is None or grant.state != "activating":
        return change
    return both(change, lambda request: activated(request, now=now))


def failed(request: Request, *, cause: Reason, target: int = 0, now: datetime) -> Change:
    """The service refused a target for good before it was made: nothing of the request is left standing."""
    if _one(request, target).state != "activating":
        raise Refused("active.made")
    change = _close(request, [target], state="failed", cause=cause, now=now)
    return _bring_down(change, now=now)


def removed_outside(request: Request, *, target: int = 0, now: datetime) -> Change:
    """Somebody took out what one target had: it stays out, and the rest is taken back."""
    _one(request, target)
    change = _close(request, [target], state="revoked", cause="outside", now=now)
    return _bring_down(change, now=now)


def removed(request: Request, *, target: int = 0, now: datetime) -> Change:
    """A read showed that nothing is left of what a closed grant gave to one target."""
    grant = _at(request, target)
    if grant is None or grant.state in LIVE or grant.removed:
        raise Refused("grant.removed")
    return _grants(request, [target], action="grant.removed", detail={}, now=now, removed=True)


def troubled(request: Request, *, trouble: Reason, kind: str, target: int = 0, now: datetime) -> Change:
    """Note what stands in the way of making or removing what one target asks for.

    Each kind is told once, for one trouble comes in many wordings. What is unsure never covers what is known.
    """
    grant = _at(request, target)
    if grant is None or kind in grant.told or (kind == "unsure" and grant.told):
        raise Refused("grant.told")
    detail, told = {"trouble": plain(trouble), "kind": kind}, (*grant.told, kind)
    return _grants(request, [target], action="grant.trouble", detail=detail, now=now, trouble=trouble, told=told)


def _at(request: Request, target: int) -> Grant | None:
    return request.grants[target] if target < len(request.grants) else None


def _live(request: Request) -> list[int]:
    """The targets whose access lives; at least one."""
    if not request.grants:
        raise Refused("no_grant.approval" if request.approval_only else "no_grant", state=request.state)
    live = [target for target, grant in enumerate(request.grants) if grant.state in LIVE]
    if not live:
        raise Settled("closed.approval" if request.approval_only else "closed", request)
    return live


def _one(request: Request, target: int) -> Grant:
    if target not in _live(request):
        raise Settled("closed.approval" if request.approval_only else "closed", request)
    return request.grants[target]


def _bring_down(change: Change, *, now: datetime) -> Change:
    """Take back, in the same commit, what else of the request lives."""
    left = [target for target, grant in enumerate(change.request.grants) if grant.state in LIVE]
    if not left:
        return change
    return both(change, lambda request: _close(request, left, state="revoked", cause=BUNDLE, now=now))


def _close(
    request: Request,
    targets: Iterable[int],
    *,
    state: Any,
    cause: Reason | str,
    now: datetime,
    by: str = "",
    why: Typed | None = None,
) -> Change:
    change = _grants(
        request,
        targets,
        action=f"grant.{state}",
        detail={"cause": plain(cause)} | ({"comment": why.digest} if why is not None else {}),
        actor=by,
        now=now,
        state=state,
        cause=cause,
        why=why,
        closed_by=by,
        closed_at=at_or_after(request, now),
    )
    # Nothing of an approval alone is anywhere, so that nobody has to look whether it is gone.
    return both(change, lambda request: removed(request, now=now)) if request.approval_only else change


def _grants(
    request: Request,
    targets: Iterable[int],
    *,
    action: str,
    detail: Mapping[str, Any],
    now: datetime,
    actor: str = "",
    **fields: Any,
) -> Change:
    """Change the grants of some targets. Of several the entry names them, by their numbers."""
    which = tuple(targets)
    # What stood in the way is over once anything goes on.
    following = {"trouble": "", "told": (), **fields}
    grants = tuple(
        msgspec.structs.replace(grant, **following) if number in which else grant
        for number, grant in enumerate(request.grants)
    )
    named = {"targets": list(which)} if len(grants) > 1 else {}
    return chained(
        request, now=now, actor=actor or SERVICE, action=action, detail=named | dict(detail), grants=grants
    )
