"""How long Google takes to apply a change of access (IAM, "Access change propagation"), or of a membership."""

from approvals.requests import Request
from approvals.targets import joined_group
from handlers.wording.text.lines import Line

_TIME = "within about two minutes, at most seven or so"
_OF_MEMBERSHIPS = "Google takes some minutes, and at times hours, to apply it everywhere."


def applied(request: Request) -> str:
    """Said where access begins."""
    return _OF_MEMBERSHIPS if joined_group(request.terms.targets) else f"It works in Google Cloud {_TIME}."


def begins(request: Request) -> tuple[Line, ...]:
    """Said while access is active."""
    grant = request.grant
    if grant is None or grant.state != "active" or request.approval_only:
        return ()
    if joined_group(request.terms.targets):
        return ((_OF_MEMBERSHIPS,),)
    return ((f"Once begun, it works in Google Cloud {_TIME}.",),)


def stops(request: Request) -> Line:
    """Said of access that was taken away before its time. A window's end is a condition, and needs no change."""
    grant = request.grant
    if grant is None or request.approval_only or grant.state not in ("ended", "revoked"):
        return ()
    if not grant.begun or grant.cause in ("time", "outside"):
        return ()
    return (f" {_OF_MEMBERSHIPS}" if joined_group(request.terms.targets) else f" Google Cloud stops it {_TIME}.",)
