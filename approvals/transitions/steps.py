"""What several transitions have in common."""

from datetime import datetime
from typing import Any

from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change
from approvals.refusals.reasons import Reason, plain
from approvals.requests import Decision, Request, Settled, require_time, undecided
from approvals.reviews import Typed


def require_pending(request: Request, *, now: datetime) -> None:
    """Raise `Settled` of what is decided, and `Refused` with code `expired` once the time to decide it is over."""
    if not undecided(request):
        raise Settled("decided", request, state=request.state)
    require_time(request, now=now)


def decide(
    request: Request,
    outcome: Any,
    *,
    by: str,
    now: datetime,
    reason: Reason | str = "",
    comment: Typed | None = None,
) -> Change:
    """The change by which a request comes to its outcome; `by` is empty where time or the policy decided."""
    decision = Decision(
        outcome=outcome, at=at_or_after(request, now), by=(by,) if by else (), reason=reason, comment=comment
    )
    detail: dict[str, Any] = {"reason": plain(reason)} if reason else {}
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
