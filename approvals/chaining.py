"""How every transition is recorded: the next record, and the audit entry that continues its chain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals.changes import Change
from approvals.requests import Request
from approvals.states import require_step
from approvals.subjects import subjects
from approvals.times import rfc3339
from countersign_client.chain import Entry

SERVICE = "countersign"
"""The actor of what time, policy or Google brought about."""


def at_or_after(request: Request, now: datetime) -> datetime:
    """This moment, but never one before the last that was recorded."""
    return max(now, request.updated)


def chained(
    request: Request, *, now: datetime, actor: str, action: str, detail: Mapping[str, Any], **fields: Any
) -> Change:
    """The next record with these fields changed, one audit entry, and the work that it wakes."""
    at = at_or_after(request, now)
    entry = Entry(
        request=request.id,
        seq=request.seq + 1,
        at=rfc3339(at),
        actor=actor,
        action=action,
        detail=detail,
        prev=request.head,
    )
    following = msgspec.structs.replace(
        request, updated=at, version=request.version + 1, seq=entry.seq, head=entry.hash, **fields
    )
    require_step(request, following)
    # Due by the clock as it is: a record from a time that the clock has left again must not put work off.
    return Change(request=following, entries=(entry,), wake=subjects(following), due=now)
