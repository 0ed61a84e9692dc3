"""What happens to a request last: everything that was typed into it is erased, and its chain says so."""

from datetime import datetime, timedelta

import msgspec

from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change
from approvals.ids import request_subject
from approvals.requests import Request, settled
from approvals.texts import left, without_texts
from approvals.times import rfc3339


def due(request: Request, retention: timedelta) -> datetime | None:
    """When the texts of a request are to be erased that are kept for so long; None while it is not over."""
    if request.erased is not None or not settled(request):
        return None
    return request.updated + retention


def erase(request: Request, *, retention: timedelta, now: datetime) -> Change:
    """Erase everything that was typed. Raises `ValueError` before its time: that is a mistake of ours."""
    moment = due(request, retention)
    if moment is None or now < moment:
        raise ValueError(f"it is not time to erase the texts of {request.id}")
    bare = without_texts(request)
    detail = {"retention": int(retention.total_seconds()), "last": rfc3339(request.updated)} | left(bare)
    change = chained(
        bare,
        now=now,
        actor=SERVICE,
        action="request.erased",
        detail=detail,
        erased=at_or_after(request, now),
    )
    # Messages that show texts are drawn anew. Nothing is to be done for its access, nor told to an application.
    return msgspec.structs.replace(change, wake=(request_subject(request.id),))
