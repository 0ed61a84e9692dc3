"""What an audit chain says of its request, told anew from its entries alone, and held against the stored record.

Each action that a chain may hold is one line of `_REQUEST` or of `_GRANT`: in which states of the request, or of
the grants that it names, it may follow, and what it changes. A chain with another action does not hold.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals import counted
from approvals.auditing.consistent import inconsistencies
from approvals.auditing.recorded import Facts, facts
from approvals.chaining import SERVICE
from approvals.policy.access import SHORTEST_RETENTION
from approvals.requests import Request
from countersign_client.chain import Entry

UNTOLD = object()
"""What entries of 0.1.0 do not say: anything may stand in the record."""


class ReplayError(Exception):
    """A chain tells what cannot have happened; the text says at which entry."""


def faults(record: Request, entries: Iterable[Entry]) -> Iterator[str]:
    """Say in words in what a record and its chain, whose hashes hold, do not agree. Nothing: they do."""
    try:
        told = replay(entries)
    except ReplayError as error:
        yield str(error)
        return
    yield from _differences(told, facts(record))
    yield from inconsistencies(record)


def replay(entries: Iterable[Entry]) -> Facts:
    """Tell a request from its chain. Raises `ReplayError`."""
    told: Facts = {"state": "", "updated": "", "grants": []}
    for entry in entries:
        _follow(told, entry)
    return told


# --- what each entry changes


def _filed(told: Facts, entry: Entry) -> None:
    told |= {name: entry.detail[name] for name in ("digest", "policy", "account", "entitlement")}
    told |= {
        # Of an application's action the entry's actor is the application.
        "requester": entry.detail.get("requester", entry.actor),
        "owners": entry.detail.get("owners", []),
        "revision": 1,
        "filed": entry.at,
        "how": entry.detail.get("how", {}),
        "reviews": [],
        "decision": None,
        "kind": None,
        "confirmed": None,
        "use_by": None,
        "generation": "",
        "used": None,
        "lapsed": None,
        "window": None,
        "after_review": None,
        "counter": None,
        "former": [],
        "erased": None,
    }


def _reviewed(told: Facts, entry: Entry) -> None:
    verdict = entry.action.removeprefix("review.")
    untold = {"at": UNTOLD, "number": 1}
    told["reviews"].append(untold | {"person": entry.actor, "verdict": verdict} | dict(entry.detail))


def _decided(told: Facts, entry: Entry) -> None:
    told["decision"] = {
        "outcome": entry.action.removeprefix("request."),
        "at": entry.at,
        "by": [entry.actor] if entry.actor != SERVICE else [],
        "reason": entry.detail.get("reason", ""),
        "comment": entry.detail.get("comment", ""),
    }


def _approved(told: Facts, entry: Entry) -> None:
    _decided(told, entry)
    told["decision"]["by"] = entry.detail["by"]
    told["kind"] = entry.detail["kind"]
    if "use_by" in entry.detail:
        told |= {name: entry.detail[name] for name in ("use_by", "generation")}
        told["window"] = counted.told(entry.detail.get("window"))
        return
    made = {
        # What is approved begins with that, or later.
        "state": "scheduled" if entry.detail["start"] > entry.at else "activating",
        "start": entry.detail["start"],
        "end": entry.detail["end"],
        "generation": entry.detail.get("generation", UNTOLD),
        "closed_at": "",
        "closed_by": "",
        "cause": "",
        "why": "",
        "trouble": "",
        "told": [],
        "removed": False,
    }
    if (awaited := entry.detail.get("after_review")) is not None:
        told["after_review"] = dict(awaited) | {"finding": None}
    told["grants"] = [dict(made) for _ in entry.detail.get("targets", [0])]


def _confirmed(told: Facts, entry: Entry) -> None:
    said = {"digest": entry.detail["digest"], "revision": entry.detail["revision"]}
    told["confirmed"] = said | {
        "by": entry.actor,
        "at": entry.at,
        "account": entry.detail["account"],
        "how": entry.detail.get("how", {}),
        "window": entry.detail.get("window", False),
    }


def _countered(told: Facts, entry: Entry) -> None:
    before = told["counter"]["revision"] if told["counter"] is not None else told["revision"]
    if entry.detail["revision"] != before + 1:
        raise ReplayError(f"entry {entry.seq} offers a revision that does not follow the one before it")
    told["counter"] = {"by": entry.actor, "at": entry.at} | dict(entry.detail)


def _accepted(told: Facts, entry: Entry) -> None:
    """What was offered takes the place of what was asked."""
    offer, detail = told["counter"], entry.detail
    if offer is None or (offer["revision"], offer["digest"]) != (detail["revision"], detail["digest"]):
        raise ReplayError(f"entry {entry.seq} accepts what was not offered")
    if entry.actor != told["requester"]:
        raise ReplayError(f"entry {entry.seq} says that somebody else than the requester accepted an offer")
    former = {name: told[name] for name in ("revision", "digest", "reviews")}
    former |= {"offer": offer, "accepted": entry.at, "account": detail["account"]}
    told |= {"former": [*told["former"], former], "reviews": [], "counter": None}
    told |= {"revision": detail["revision"], "digest": detail["digest"]}


def _used(told: Facts, entry: Entry) -> None:
    told["used"] = {"at": entry.at, "by": entry.actor, "key": entry.detail["key"]}


def _lapsed(told: Facts, entry: Entry) -> None:
    cause = entry.detail["cause"]
    by = entry.actor if cause == "person" else ""
    told["lapsed"] = {"at": entry.at, "cause": cause, "by": by, "why": entry.detail.get("comment", "")}


def _found(told: Facts, entry: Entry) -> None:
    if told["after_review"]["finding"] is not None:
        raise ReplayError(f"entry {entry.seq} reviews what was reviewed before")
    told["after_review"]["finding"] = {"by": entry.actor, "at": entry.at, "how": {}} | dict(entry.detail)


def _erased(told: Facts, entry: Entry) -> None:
    """All of it is over, and was so for as long as the texts were to be kept."""
    last, kept = entry.detail["last"], timedelta(seconds=entry.detail["retention"])
    standing = (told["state"] == "approved" and told["use_by"] is not None) or counted.stands(told)
    if standing or not all(map(_is_gone, told["grants"])):
        raise ReplayError(f"entry {entry.seq} erases the texts of what is not over")
    if told["after_review"] is not None and told["after_review"]["finding"] is None:
        raise ReplayError(f"entry {entry.seq} erases the texts of an emergency that nobody reviewed")
    due = datetime.fromisoformat(last) + kept
    if last != told["updated"] or datetime.fromisoformat(entry.at) < due or kept < SHORTEST_RETENTION:
        raise ReplayError(f"entry {entry.seq} erases texts before their time")
    told["erased"] = {"at": entry.at} | {name: entry.detail[name] for name in ("texts", "covered")}


def _is_gone(grant: Facts) -> bool:
    return bool(grant["removed"])


def _went_on(grant: Facts, _entry: Entry) -> None:
    grant |= {"trouble": "", "told": []}


def _closed(grant: Facts, entry: Entry) -> None:
    _went_on(grant, entry)
    grant |= {
        "cause": entry.detail["cause"],
        "why": entry.detail.get("comment", ""),
        "closed_at": entry.at,
        "closed_by": entry.actor if entry.actor != SERVICE else "",
    }


def _removed(grant: Facts, entry: Entry) -> None:
    _went_on(grant, entry)
    grant["removed"] = True


def _troubled(grant: Facts, entry: Entry) -> None:
    grant["trouble"] = entry.detail["trouble"]
    grant["told"] = [*grant["told"], entry.detail.get("kind", UNTOLD)]


class _Action(msgspec.Struct, frozen=True):
    """In which states an action may follow, the state that it leads to (empty: the same), and what it changes."""

    after: tuple[str, ...]
    to: str
    change: Callable[[Facts, Entry], None]


_LIVE = ("scheduled", "activating", "active")
_CLOSED = ("ended", "revoked", "failed")
_APPROVED = ("approved", "used", "lapsed")
_FINAL = ("approved", "denied", "withdrawn", "expired", "used", "lapsed")
_REQUEST = {
    "request.filed": _Action(("",), "pending", _filed),
    "review.approve": _Action(("pending",), "", _reviewed),
    "review.deny": _Action(("pending",), "", _reviewed),
    "review.take_back": _Action(("pending",), "", _reviewed),
    "request.approved": _Action(("pending",), "approved", _approved),
    "request.denied": _Action(("pending",), "denied", _decided),
    "request.withdrawn": _Action(("pending",), "withdrawn", _decided),
    "request.expired": _Action(("pending",), "expired", _decided),
    "request.confirmed": _Action(("pending",), "", _confirmed),
    "request.countered": _Action(("pending",), "", _countered),
    "request.accepted": _Action(("pending",), "", _accepted),
    "request.reviewed": _Action(("approved",), "", _found),
    "request.used": _Action(("approved",), "used", _used),
    "request.lapsed": _Action(("approved",), "lapsed", _lapsed),
    "window.taken": _Action(_APPROVED, "", counted.follow_taken),
    "window.shut": _Action(_APPROVED, "", counted.follow_shut),
    "request.erased": _Action(_FINAL, "", _erased),
}
_GRANT = {
    "grant.begun": _Action(("scheduled",), "activating", _went_on),
    "grant.active": _Action(("activating",), "active", _went_on),
    "grant.ended": _Action(_LIVE, "ended", _closed),
    "grant.revoked": _Action(_LIVE, "revoked", _closed),
    "grant.failed": _Action(("scheduled", "activating"), "failed", _closed),
    "grant.removed": _Action(_CLOSED, "", _removed),
    "grant.trouble": _Action((*_LIVE, *_CLOSED), "", _troubled),
}


def _follow(told: Facts, entry: Entry) -> None:
    action = _REQUEST.get(entry.action) or _GRANT.get(entry.action)
    if action is None:
        raise ReplayError(f"entry {entry.seq} says {entry.action!r}, which this release does not know")
    if told.get("erased") is not None:
        raise ReplayError(f"entry {entry.seq} says {entry.action!r} of what was over and is erased")
    try:
        about = [told] if entry.action in _REQUEST else _named(told["grants"], entry)
        if any(each["state"] not in action.after for each in about) or not about or entry.at < told["updated"]:
            raise ReplayError(f"entry {entry.seq} says {entry.action!r}, which cannot follow the one before it")
        for each in about:
            action.change(each, entry)
            each["state"] = action.to or each["state"]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise ReplayError(f"entry {entry.seq} does not say what {entry.action!r} has to say") from error
    told["updated"] = entry.at


def _named(grants: list[Facts], entry: Entry) -> list[Facts]:
    """The grants that an entry is about: of several it names them, and one alone needs no name."""
    return [grants[number] for number in entry.detail["targets"]] if len(grants) > 1 else grants


# --- the comparison


def _differences(told: Any, stored: Any, where: str = "") -> Iterator[str]:
    if told is UNTOLD:
        return
    if isinstance(told, Mapping) and isinstance(stored, Mapping):
        for name in sorted(told.keys() | stored.keys()):
            yield from _differences(told.get(name), stored.get(name), f"{where}.{name}".lstrip("."))
    elif isinstance(told, list) and isinstance(stored, list) and len(told) == len(stored):
        for index, (one, other) in enumerate(zip(told, stored, strict=True), start=1):
            yield from _differences(one, other, f"{where} {index}")
    elif told != stored or type(told) is not type(stored):
        yield f"its record has another {where} than its chain tells"
