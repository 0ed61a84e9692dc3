"""What happens to access in an emergency that happens to no other: it begins unapproved, and is reviewed."""

from datetime import UTC, datetime

import msgspec

from approvals.chaining import at_or_after, chained
from approvals.changes import Change, Mark
from approvals.emergencies import AfterReview, Finding, mark_name, on_record
from approvals.policy.access import BreakGlass
from approvals.refusals.errors import Refused
from approvals.requests import Request

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)


def awaited(rule: BreakGlass, *, start: datetime) -> AfterReview:
    """The review that access needs which begins now."""
    return AfterReview(by=rule.by, due=start + rule.within, under_freeze=rule.under_freeze)


def begun(change: Change) -> Change:
    """Mark its person with it: no second emergency of theirs is kept until this one is reviewed."""
    request = change.request
    mark = Mark(name=mark_name(request.requester), until=FOR_GOOD, body=request.id.encode())
    return msgspec.structs.replace(change, marks=(*change.marks, mark))


def find(request: Request, finding: Finding, *, now: datetime) -> Change:
    """Record what the review found. Who may review it is decided before; that it is one review, here.

    Raises `Refused` with code `after_review.none` where there is nothing to review, or `after_review.done`.
    """
    awaited = request.after_review
    if awaited is None:
        raise Refused("after_review.none")
    if awaited.finding is not None:
        raise Refused("after_review.done", person=awaited.finding.by)
    finding = msgspec.structs.replace(finding, at=at_or_after(request, now))
    change = chained(
        request,
        now=now,
        actor=finding.by,
        action="request.reviewed",
        detail=on_record(finding),
        after_review=msgspec.structs.replace(awaited, finding=finding),
    )
    return msgspec.structs.replace(change, unmarks=(mark_name(request.requester),))
