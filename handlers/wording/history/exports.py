"""The history as a file to take away: a row a request, as CSV for spreadsheets, or as JSON or JSON Lines for
programs.

It is written piece by piece, so that a long history takes no more memory than a short one.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args

import msgspec

from approvals.emergencies import AfterReview
from approvals.ports.store import Stretch
from approvals.requests import Request
from approvals.reviews import Typed, is_nothing, standing
from approvals.targets import all_roles, resources
from approvals.times import rfc3339
from countersign_client.tools import NAME, SERVER
from handlers.wording.approvals import grant_of
from handlers.wording.text.cells import line
from handlers.wording.text.erased import erased

Form = Literal["csv", "json", "jsonl"]
FORMS: tuple[str, ...] = get_args(Form)
MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/jsonl"}

_MARK = "\ufeff"
"""Spreadsheets take CSV for another encoding without it; programs take JSON."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as it stands. Moments are RFC 3339 in UTC, `duration` is in seconds.

    `grant` is `iam`, or `none` of an approval alone, which gives nothing: `access` says how that stands.
    `extends` is the request whose access it lets last longer: what both give overlaps.

    `tool` is the one that an agent calls, as SERVER/NAME; nothing of its arguments stands here. Where nobody was
    asked, for several calls had been approved at once, `within` is the request whose approval that was.

    Of a record that cannot be read there is its id and when it was filed, and `state` is `unreadable`.
    """

    request: str
    filed: str
    requester: str = ""
    entitlement: str = ""
    title: str = ""
    application: str = ""
    resources: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    grant: str = ""
    duration: int | None = None
    reason: str = ""
    state: str
    access: str = ""
    decided: str = ""
    decided_by: tuple[str, ...] = ()
    decided_why: str = ""
    approved_by: tuple[str, ...] = ()
    denied_by: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    closed: str = ""
    closed_by: str = ""
    closed_why: str = ""
    break_glass: str = ""
    extends: str = ""
    tool: str = ""
    within: str = ""


COLUMNS = Row.__struct_fields__


def written(stretches: Iterable[Stretch], form: Form) -> Iterator[bytes]:
    """The file, piece by piece: one for each stretch, and what stands before and after."""
    yield from _IN[form](sorted(_rows(stretch), key=_place, reverse=True) for stretch in stretches)


def _csv(stretches: Iterable[list[Row]]) -> Iterator[bytes]:
    yield (_MARK + line(COLUMNS)).encode()
    for rows in stretches:
        yield "".join(line(msgspec.structs.astuple(row)) for row in rows).encode()


def _json(stretches: Iterable[list[Row]]) -> Iterator[bytes]:
    """One array: what is cut off somewhere is none."""
    before = b"[\n"
    for rows in filter(None, stretches):
        yield before + b",\n".join(map(msgspec.json.encode, rows))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _jsonl(stretches: Iterable[list[Row]]) -> Iterator[bytes]:
    for rows in stretches:
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


_IN = {"csv": _csv, "json": _json, "jsonl": _jsonl}


def _rows(stretch: Stretch) -> Iterator[Row]:
    yield from map(_row, stretch.requests)
    yield from _unreadable(stretch)


def _place(row: Row) -> tuple[str, str]:
    return row.filed, row.request


def _unreadable(stretch: Stretch) -> Iterator[Row]:
    for each in stretch.damaged:
        yield Row(request=each.request, filed=rfc3339(each.filed), state="unreadable")


def _row(request: Request) -> Row:
    terms, votes = request.terms, standing(request.reviews)
    return Row(
        request=request.id,
        filed=rfc3339(request.filed),
        requester=request.requester,
        entitlement=terms.entitlement,
        title=terms.title,
        application=request.action.application if request.action is not None else "",
        resources=resources(terms.targets),
        roles=all_roles(terms.targets),
        grant=grant_of(request),
        duration=int(terms.duration.total_seconds()),
        reason=_text(request, terms.justification),
        state=request.state,
        approved_by=tuple(vote.person for vote in votes if vote.verdict == "approve"),
        denied_by=tuple(vote.person for vote in votes if vote.verdict == "deny"),
        break_glass=_found(request.after_review),
        extends=terms.extends,
        tool=_tool(request),
        within=terms.within.request if terms.within is not None else "",
        **_decided(request),
        **_access(request),
    )


def _tool(request: Request) -> str:
    """Which tool of which server; empty where no call of one was asked for, or its texts are erased."""
    given = request.action.parameters if request.action is not None else ()
    found = {each.name: each.value for each in given}
    return f"{found[SERVER]}/{found[NAME]}" if SERVER in found and NAME in found else ""


def _decided(request: Request) -> dict[str, Any]:
    decision = request.decision
    if decision is None:
        return {}
    why = _text(request, decision.comment)
    return {"decided": rfc3339(decision.at), "decided_by": decision.by, "decided_why": why}


def _text(request: Request, typed: Typed | None) -> str:
    return "" if typed is None or is_nothing(typed) else erased(request) or typed.text


def _access(request: Request) -> dict[str, Any]:
    grant = request.grant
    if grant is None:
        return {}
    return {
        "access": grant.state,
        "start": rfc3339(grant.window.start),
        "end": rfc3339(grant.window.end),
        "closed": rfc3339(grant.closed_at) if grant.closed_at is not None else "",
        "closed_by": grant.closed_by,
        "closed_why": _text(request, grant.why),
    }


def _found(review: AfterReview | None) -> str:
    if review is None:
        return ""
    if review.finding is None:
        return "not reviewed"
    return "justified" if review.finding.justified else "not justified"
