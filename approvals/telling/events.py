"""What happens, as other programs are told of it: each entry of an audit chain is one event, and nothing else is.

What is told of an entry stands in one table, member by member: nobody's typed text, and no account, form or token.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from approvals.requests import Request
from approvals.targets import Access
from countersign_client.chain import Entry

_CODED = frozenset({"cause", "reason"})
_CODE = re.compile(r"[a-z_]+(\.[a-z_]+)*")

INSTALLATION = "installation"
"""What stands in an event's id and subject where it is about no request."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event. The same entry always makes the same `id` and `data`, however often it is told.

    `subject` is the request's id. After a restore another entry can have the place of one that was told: its hash,
    and by that its id, is another one.
    """

    id: str
    type: str
    subject: str
    at: str
    data: Mapping[str, Any]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What an action's event is called, and which members of its entry are told."""

    type: str
    members: tuple[str, ...] = ()
    access: bool = False


def _kind(type_: str, *members: str, access: bool = False) -> Kind:
    return Kind(type=type_, members=members, access=access)


_CLOSING = ("targets", "cause")
REQUESTS: Mapping[str, Kind] = {
    "request.filed": _kind("request.filed", "digest", "policy", "owners"),
    "request.confirmed": _kind("request.confirmed", "digest", "revision"),
    "review.approve": _kind("review.approved", "revision", "number", "means", "behalf"),
    "review.deny": _kind("review.denied", "revision", "number", "means", "behalf"),
    "review.take_back": _kind("review.taken_back", "revision", "number", "means", "behalf"),
    "request.countered": _kind("request.offered", "revision", "digest"),
    "request.accepted": _kind("request.accepted", "revision", "digest"),
    "request.approved": _kind(
        "request.approved",
        "by",
        "kind",
        "policy",
        "start",
        "end",
        "use_by",
        "window",
        access=True,
    ),
    "request.denied": _kind("request.denied", "reason"),
    "request.withdrawn": _kind("request.withdrawn", "reason"),
    "request.expired": _kind("request.expired", "reason"),
    "request.used": _kind("request.used"),
    "request.lapsed": _kind("request.lapsed", "cause"),
    "window.taken": _kind("window.taken", "number", "request"),
    "window.shut": _kind("window.ended", "cause"),
    "request.reviewed": _kind("emergency.reviewed", "justified"),
    "request.erased": _kind("request.erased", "retention"),
    "grant.begun": _kind("grant.begun", "targets", access=True),
    "grant.active": _kind("grant.active", "targets", access=True),
    "grant.ended": _kind("grant.ended", *_CLOSING, access=True),
    "grant.revoked": _kind("grant.revoked", *_CLOSING, access=True),
    "grant.failed": _kind("grant.failed", *_CLOSING, access=True),
    "grant.removed": _kind("grant.removed", "targets", access=True),
    "grant.trouble": _kind("grant.trouble", "targets", "kind", access=True),
}
"""By the actions of requests' chains."""

EMERGENCY = _kind(
    "emergency.begun",
    *(name for name in REQUESTS["request.approved"].members if name != "window"),
    access=True,
)
"""Told in the place of `request.approved`."""

SERVICE: Mapping[str, Kind] = {
    "policy.loaded": _kind("policy.loaded", "digest"),
    "policy.held": _kind("policy.held", "digest", "in_force"),
    "policy.closed": _kind("policy.closed"),
    "policy.forced": _kind("policy.forced", "digest", "in_force"),
    "frozen": _kind("freeze.begun"),
    "thawed": _kind("freeze.ended"),
    "part.frozen": _kind("freeze.part.begun", "of", "name"),
    "part.thawed": _kind("freeze.part.ended", "of", "name"),
    "away": _kind("absence.begun", "delegate", "until"),
    "back": _kind("absence.ended"),
    "drill.begun": _kind("drill.begun", "drill", "until"),
    "drill.answered": _kind("drill.answered", "drill"),
    "signal.heeded": _kind("signal.heeded", "transmitter", "event", "person", "taken"),
    "history.exported": _kind("history.exported", "everything", "form"),
    "report.reasons": _kind("report.made"),
    "webhook.again": _kind("webhook.again", "request", "states"),
    "drift.removing": _kind("drift.removing", "resource", "role", "member", "request"),
    "drift.refused": _kind("drift.refused", "resource", "bindings", "sure"),
    "restored": _kind("store.restored", "generation"),
    "copied": _kind("store.copied"),
}
"""By the actions of the installation's chain."""

UNTOLD = frozenset({"requests.anchored"})
"""Actions of the installation's chain by which nothing happened."""


def event(entry: Entry, request: Request | None) -> Event | None:
    """What is told of an entry; None of what no event is made. `request` is the one whose chain it is of."""
    kind = _of(entry, request)
    if kind is None:
        return None
    subject = entry.request or INSTALLATION
    data: dict[str, Any] = {"seq": entry.seq, "hash": entry.hash, "actor": entry.actor}
    if request is not None:
        data |= {"request": request.id} | _asked(request)
        if kind.access:
            data["access"] = _access(request, entry.detail.get("targets"))
    data |= {name: _told(name, entry.detail[name]) for name in kind.members if name in entry.detail}
    name = f"{subject}.{entry.seq}.{entry.hash.removeprefix('sha256:')[:16]}"
    return Event(id=name, type=kind.type, subject=subject, at=entry.at, data=data)


def _of(entry: Entry, request: Request | None) -> Kind | None:
    if request is None:
        return SERVICE.get(entry.action)
    if entry.action == "request.approved" and entry.detail.get("kind") == "break_glass":
        return EMERGENCY
    return REQUESTS.get(entry.action)


def _asked(request: Request) -> dict[str, Any]:
    """Who asks and for what, by names that no revision changes."""
    said: dict[str, Any] = {"requester": request.requester}
    if request.action is not None:
        within = {"within": request.terms.within.request} if request.terms.within is not None else {}
        return said | {"application": request.action.application, "action": request.action.action} | within
    return said | {"entitlement": request.terms.entitlement}


def _access(request: Request, named: Any) -> list[dict[str, Any]]:
    """What access it is about: of several targets those that are named, else all of them."""
    numbers = set(named) if isinstance(named, list) else set(range(len(request.terms.targets)))
    return [
        {"resource": target.resource, "roles": list(target.roles)}
        for number, target in enumerate(request.terms.targets)
        if number in numbers and isinstance(target, Access)
    ]


def _told(name: str, value: Any) -> Any:
    """A member as it is told. Of a reason only its code: its facts are for a sentence, and some are others' words.

    An early release kept sentences in the place of codes.
    """
    if name not in _CODED:
        return value
    code = value.get("code") if isinstance(value, Mapping) else value
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "other"
