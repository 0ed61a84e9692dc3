"""When access may begin, where somebody asks for it to begin later."""

from datetime import datetime, timedelta

from approvals.refusals.reasons import Reason, reason
from approvals.times import whole_seconds

AHEAD = timedelta(days=30)
"""How far ahead a start may lie."""

GRACE = timedelta(minutes=5)
"""A start that is over by so little is meant as now: it takes a while to fill a form in."""


def start_of(asked: datetime | None, *, now: datetime) -> datetime | None:
    """The start to freeze, in whole seconds; None where access begins with its approval."""
    return None if asked is None or asked <= now else whole_seconds(asked)


def unfit(asked: datetime, *, extends: bool, emergency: bool, now: datetime) -> Reason | None:
    """Why access cannot begin at a moment that somebody asks for; None where it can."""
    if extends:
        return reason("start.extends")
    if emergency:
        return reason("start.emergency")
    if asked < now - GRACE:
        return reason("start.past")
    return reason("start.far", longest=int(AHEAD.total_seconds())) if asked > now + AHEAD else None
