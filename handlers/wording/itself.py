"""What people read of a looser policy, for which the service itself asks, and no person or application."""

from datetime import datetime

from approvals.policy import itself
from approvals.requests import Request
from handlers.wording.text.lines import Line

NAME = "Countersign itself"
WAITS = "The policy in force stays until enough people have accepted this one."
UNKNOWN = (
    "Countersign read the file where it is told to look for it, and does not know who wrote it:"
    " the address of whom it is on behalf of is nobody's."
)
ASKED: Line = ("Countersign read a looser policy file, and asked whether it may come into force.",)
ACCEPTED: Line = ("Enough people accepted it: Countersign puts it in force by itself, within seconds.",)
WAITING = "Accepted, being put in force"
PUT = "Accepted and put in force"
LATE = "Accepted, and not put in force in time"
NOT_PUT: Line = ("Enough people accepted it, and Countersign did not put it in force within a day of that.",)
TAKEN_BACK: Line = ("Countersign took this back: the policy file, or the policy in force, is another one by now.",)
FORCED: Line = (
    "Nobody accepted it, and it came into force all the same: an operator put it there by break-glass.",
    " The audit says who did it.",
)
NEXT = "Countersign puts the policy in force by itself."
USED: Line = ("Countersign put the policy in force.",)


def asks(request: Request) -> bool:
    """Whether this service asks, and no application. No policy file can name one so."""
    return request.action is not None and request.action.application == itself.APPLICATION


def taken_back(reason: object) -> Line:
    """Why there is nothing to accept any more."""
    return FORCED if reason == itself.FORCED else TAKEN_BACK


def put(at: datetime) -> Line:
    """Say since when it is in force, or was until the next one."""
    return ("Countersign put this policy in force ", at, ".")


def effect(press: str) -> Line:
    """What the last approval does."""
    return (f"{press} puts this policy in force, within seconds.",)
