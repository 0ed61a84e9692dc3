"""Who had which access, from when until when, and who approved it: the rows of a report."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec

from approvals.emergencies import AfterReview
from approvals.grants import Grant
from approvals.ids import application_ref
from approvals.refusals.reasons import Reason
from approvals.requests import Request, Use, given
from approvals.targets import Access, ActionCall, GroupMember

# It was never made: nobody had it.
_NEVER = ("failed", "never")
# The service was stopped, or is late. Who had it has it no more.
_OVER = {"active": "ended", "activating": "unconfirmed", "scheduled": "never"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One grant. `until` is when it ended or, while it lasts, when it will; `state` says which.

    `grant` is `iam`; `none` of an approval alone, which gave nothing: its resource is `entitlements/ID`.
    Of an action that was used the resource is its application, its role the action, and both times are of its use.

    What nobody recorded the end of is `ended` once its time is over, for its condition ended it. What was not seen
    to be made in that time is `unconfirmed`. What is approved and begins later is `scheduled`.
    `ended_by` is empty where time ended it, `approved_by` where the policy lets people approve it themselves.
    `break_glass` says of access in an emergency what its review found, or `not reviewed`; empty: it was none.
    `reason` is None where the reader may not have it.
    """

    person: str
    resource: str
    roles: tuple[str, ...]
    entitlement: str
    title: str
    since: datetime
    until: datetime
    state: str
    ended_by: str
    approved_by: tuple[str, ...]
    request: str
    reason: str | None
    grant: Literal["iam", "group", "none", "action"] = "iam"
    break_glass: str = ""
    erased: datetime | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is about; an empty text is anything. `since` leaves out what ended before that moment."""

    resource: str = ""
    person: str = ""
    since: datetime | None = None


def report(requests: Iterable[Request], wanted: Wanted, *, reasons: bool, now: datetime) -> Iterator[Row]:
    """The accesses that were given, oldest first. Reasons are in it only where the reader may have them."""
    found = (row for request in requests for row in _rows(request, reasons=reasons, now=now))
    rows = (row for row in found if row.state not in _NEVER and _is_wanted(row, wanted))
    yield from sorted(rows, key=lambda row: (row.since, row.request))


def _rows(request: Request, *, reasons: bool, now: datetime) -> Iterator[Row]:
    """One row a target that had its access or will, for an approval alone, or for the one use of an action."""
    alone = [(None, grant) for grant in request.grants] if request.approval_only else []
    for target, grant in (*given(request), *alone):
        if grant.begun and not isinstance(grant.cause, Reason):
            yield _row(request, target, grant, reasons=reasons, now=now)
    if request.action is not None and request.used is not None:
        yield _used(request, request.action, request.used, reasons=reasons)


def _row(request: Request, target: Access | None, grant: Grant, *, reasons: bool, now: datetime) -> Row:
    terms, decision = request.terms, request.decision
    return Row(
        person=request.requester,
        resource=target.resource if target is not None else f"entitlements/{terms.entitlement}",
        roles=target.roles if target is not None else (),
        grant=_kind(target),
        entitlement=terms.entitlement,
        title=terms.title,
        since=grant.window.start,
        until=min(grant.closed_at or grant.window.end, grant.window.end),
        state=grant.state if now < grant.window.end else _OVER.get(grant.state, grant.state),
        ended_by=grant.closed_by,
        approved_by=decision.by if decision and terms.requirement.kind != "self" else (),
        request=request.id,
        reason=terms.justification.text if reasons else None,
        erased=request.erased,
        break_glass=_reviewed(request.after_review),
    )


def _kind(target: Access | None) -> Literal["iam", "group", "none"]:
    if target is None:
        return "none"
    return "group" if isinstance(target, GroupMember) else "iam"


def _reviewed(found: AfterReview | None) -> str:
    if found is None:
        return ""
    if found.finding is None:
        return "not reviewed"
    return f"{'justified' if found.finding.justified else 'not justified'}, by {found.finding.by}"


def _used(request: Request, call: ActionCall, use: Use, *, reasons: bool) -> Row:
    return Row(
        person=request.requester,
        resource=application_ref(call.application),
        roles=(call.action,),
        grant="action",
        entitlement=request.terms.entitlement,
        title=request.terms.title,
        since=use.at,
        until=use.at,
        state=request.state,
        ended_by="",
        approved_by=request.decision.by if request.decision else (),
        request=request.id,
        reason=request.terms.justification.text if reasons else None,
        erased=request.erased,
    )


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    return (
        wanted.resource in ("", row.resource)
        and wanted.person in ("", row.person)
        and (wanted.since is None or row.until > wanted.since)
    )
