"""What happens, as other programs are told of it: each entry of an audit chain is one event, and nothing else is.

What is told of an entry stands in one table, member by member: nobody's typed text, and no account, form or token.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from approvals.requests import Request
from approvals.targets import IamRoles
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
    """What an action's event is called, when it happens, and which members of its entry are told."""

    type: str
    when: str
    members: tuple[str, ...] = ()
    access: bool = False


def _kind(type_: str, when: str, *members: str, access: bool = False) -> Kind:
    return Kind(type=type_, when=when, members=members, access=access)


_CLOSING = ("targets", "cause")
REQUESTS: Mapping[str, Kind] = {
    "request.filed": _kind("request.filed", "Somebody asks.", "digest", "policy", "owners"),
    "request.confirmed": _kind(
        "request.confirmed", "The person whom an application named confirms.", "digest", "revision"
    ),
    "review.approve": _kind("review.approved", "One person approves.", "revision", "number", "means", "behalf"),
    "review.deny": _kind("review.denied", "One person denies.", "revision", "number", "means", "behalf"),
    "review.take_back": _kind(
        "review.taken_back", "One person takes their approval back.", "revision", "number", "means", "behalf"
    ),
    "request.countered": _kind("request.offered", "An approver offers less than was asked.", "revision", "digest"),
    "request.accepted": _kind("request.accepted", "Who asked takes what was offered.", "revision", "digest"),
    "request.approved": _kind(
        "request.approved",
        "It is approved, as `kind` says: by `stages`, `self`, `auto` or `allow`.",
        "by",
        "kind",
        "policy",
        "start",
        "end",
        "use_by",
        access=True,
    ),
    "request.denied": _kind("request.denied", "It is denied.", "reason"),
    "request.withdrawn": _kind("request.withdrawn", "It is withdrawn, by whom `actor` says.", "reason"),
    "request.expired": _kind(
        "request.expired", "Nobody decided in time, or the policy offers it no longer.", "reason"
    ),
    "request.used": _kind("request.used", "An application does the action that was approved."),
    "request.lapsed": _kind(
        "request.lapsed", "An approved action was not used in time, or was taken back.", "cause"
    ),
    "request.reviewed": _kind("emergency.reviewed", "An emergency is reviewed.", "justified"),
    "request.erased": _kind("request.erased", "What was typed is erased, as retention says.", "retention"),
    "grant.begun": _kind(
        "grant.begun", "Access that was to begin later begins to be made.", "targets", access=True
    ),
    "grant.active": _kind("grant.active", "Access was read back: it is there.", "targets", access=True),
    "grant.ended": _kind("grant.ended", "Access ends by its time, or by its holder.", *_CLOSING, access=True),
    "grant.revoked": _kind(
        "grant.revoked", "Access is ended by others, or vanished outside.", *_CLOSING, access=True
    ),
    "grant.failed": _kind("grant.failed", "Access was not made.", *_CLOSING, access=True),
    "grant.removed": _kind("grant.removed", "A read shows that nothing is left of it.", "targets", access=True),
    "grant.trouble": _kind(
        "grant.trouble", "Something stands in the way of making or removing it.", "targets", "kind", access=True
    ),
}
"""By the actions of requests' chains."""

EMERGENCY = _kind(
    "emergency.begun",
    "Access in an emergency, which nobody approved.",
    *REQUESTS["request.approved"].members,
    access=True,
)
"""Told in the place of `request.approved`."""

SERVICE: Mapping[str, Kind] = {
    "policy.loaded": _kind("policy.loaded", "Another policy is in force.", "digest"),
    "policy.held": _kind(
        "policy.held", "A looser policy waits until people have accepted it.", "digest", "in_force"
    ),
    "policy.closed": _kind("policy.closed", "No policy waits any more."),
    "policy.forced": _kind(
        "policy.forced", "An operator puts a looser policy in force alone.", "digest", "in_force"
    ),
    "frozen": _kind("freeze.begun", "Everything is frozen."),
    "thawed": _kind("freeze.ended", "Everything is thawed."),
    "part.frozen": _kind("freeze.part.begun", "One entitlement or person is frozen.", "of", "name"),
    "part.thawed": _kind("freeze.part.ended", "It is thawed.", "of", "name"),
    "away": _kind("absence.begun", "An approver says that they are away.", "delegate", "until"),
    "back": _kind("absence.ended", "They are back."),
    "drill.begun": _kind("drill.begun", "Approvers are called in a drill.", "drill", "until"),
    "drill.answered": _kind("drill.answered", "One of them is there.", "drill"),
    "signal.heeded": _kind(
        "signal.heeded", "A signed signal took what somebody had.", "transmitter", "event", "person", "taken"
    ),
    "history.exported": _kind("history.exported", "Somebody takes the history away.", "everything", "form"),
    "report.reasons": _kind("report.made", "Somebody takes a report with reasons."),
    "webhook.again": _kind("webhook.again", "An operator has an application told again.", "request", "states"),
    "restored": _kind("store.restored", "The store is restored from a backup.", "generation"),
    "copied": _kind("store.copied", "The store is a copy of another one."),
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
        return said | {"application": request.action.application, "action": request.action.action}
    return said | {"entitlement": request.terms.entitlement}


def _access(request: Request, named: Any) -> list[dict[str, Any]]:
    """What access it is about: of several targets those that are named, else all of them."""
    numbers = set(named) if isinstance(named, list) else set(range(len(request.terms.targets)))
    return [
        {"resource": target.resource, "roles": list(target.roles)}
        for number, target in enumerate(request.terms.targets)
        if number in numbers and isinstance(target, IamRoles)
    ]


def _told(name: str, value: Any) -> Any:
    """A member as it is told. Of a reason only its code: its facts are for a sentence, and some are others' words.

    An early release kept sentences in the place of codes.
    """
    if name not in _CODED:
        return value
    code = value.get("code") if isinstance(value, Mapping) else value
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "other"
