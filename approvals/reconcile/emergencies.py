"""When it is told of access in an emergency: as it begins, halfway to its review's end, and once that is over.

Each of the three is one turn of its reviewers, so that nobody is told twice of one of them.
"""

from datetime import datetime
from typing import Literal

from approvals.judging.asked import reviewers
from approvals.judging.case import Case
from approvals.policy.model import Stage
from approvals.requests import Request, unreviewed

Alarm = Literal["begun", "reminded", "overdue"]
ALARMS: tuple[Alarm, ...] = ("begun", "reminded", "overdue")


def moments(request: Request) -> tuple[datetime, ...]:
    """When its reviewers are told for the second and the third time; never, once it is reviewed."""
    awaited = request.after_review
    if awaited is None or not unreviewed(request) or request.decision is None:
        return ()
    return (awaited.due - (awaited.due - request.decision.at) / 2, awaited.due)


def review_turn(case: Case) -> tuple[int, Stage] | None:
    """The reviewers, as a stage whose place says how often they were to be told by now; None: nobody's turn."""
    stages = reviewers(case.policy, case.request)
    if not stages or not unreviewed(case.request):
        return None
    return sum(moment <= case.now for moment in moments(case.request)), stages[0]
