"""How an approval alone stands, in words: it grants nothing, so that nothing here speaks of access."""

from collections.abc import Mapping
from typing import Literal

from approvals.requests import Request
from approvals.targets import joined_group
from handlers.wording.text.lines import Line

NOTHING = "It grants nothing by itself."
"""What is said wherever somebody could take an approval for access."""

STANDS: Mapping[str, str] = {
    "scheduled": "Approved, begins later",
    "active": "The approval stands",
    "ended": "The approval has ended",
    "revoked": "The approval was revoked",
    "failed": "The approval came to nothing",
}
"""The state of an approval alone, in words. It is never being made."""

ALONE = "approval"

LATE = "Its time was over before it could begin."


def grant_of(request: Request) -> Literal["iam", "group", "none", ""]:
    """The policy's word for what a request comes to, for programs; empty of an action."""
    if request.approval_only:
        return "none"
    if joined_group(request.terms.targets) is not None:
        return "group"
    return "iam" if request.action is None else ""


def noun(request: Request) -> str:
    """What a request is about, in the middle of a sentence."""
    return ALONE if request.approval_only else "access"


def scheduled(start: Line, end: Line) -> Line:
    return ("The approval stands from ", *start, " to ", *end, ".")


def active(end: Line) -> Line:
    return ("It ends ", *end, f". {NOTHING}")
