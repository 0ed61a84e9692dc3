"""How long Google Cloud takes to apply a change of access (IAM, "Access change propagation")."""

from approvals.requests import Request
from handlers.wording.lines import Line

_TIME = "within about two minutes, at most seven or so"


def begins(request: Request) -> tuple[Line, ...]:
    """Said while access is active."""
    grant = request.grant
    if grant is None or grant.state != "active" or request.approval_only:
        return ()
    return ((f"Google Cloud lets it work {_TIME} of its beginning.",),)


def stops(request: Request) -> Line:
    """Said of access that was taken away before its time. A window's end is a condition, and needs no change."""
    grant = request.grant
    if grant is None or request.approval_only or grant.state not in ("ended", "revoked"):
        return ()
    if not grant.begun or grant.cause in ("time", "outside"):
        return ()
    return (f" Google Cloud stops it {_TIME}.",)
