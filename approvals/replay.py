"""What an audit chain says of its request, told anew from its entries alone, and held against the stored record.

Each action that a chain may hold is one line of `_REQUEST` or of `_GRANT`: in which states of the request, or of
the grants that it names, it may follow, and what it changes. A chain with another action does not hold.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from approvals.chaining import SERVICE
from approvals.recorded import Facts, facts
from approvals.requests import Request, asked
from approvals.reviews import Typed
from approvals.terms.covered import CoveredError, read
from approvals.terms.windows import window
from countersign_client.canonical import digest_of, text_digest
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
    yield from _inside(record)


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
        "after_review": None,
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
        return
    made = {
        "state": "activating",
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
    }


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


class _Action(NamedTuple):
    """In which states an action may follow, the state that it leads to (empty: the same), and what it changes."""

    after: tuple[str, ...]
    to: str
    change: Callable[[Facts, Entry], None]


_LIVE = ("activating", "active")
_CLOSED = ("ended", "revoked", "failed")
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
    "request.reviewed": _Action(("approved",), "", _found),
    "request.used": _Action(("approved",), "used", _used),
    "request.lapsed": _Action(("approved",), "lapsed", _lapsed),
}
_GRANT = {
    "grant.active": _Action(("activating",), "active", _went_on),
    "grant.ended": _Action(_LIVE, "ended", _closed),
    "grant.revoked": _Action(_LIVE, "revoked", _closed),
    "grant.failed": _Action(("activating",), "failed", _closed),
    "grant.removed": _Action(_CLOSED, "", _removed),
    "grant.trouble": _Action((*_LIVE, *_CLOSED), "", _troubled),
}


def _follow(told: Facts, entry: Entry) -> None:
    action = _REQUEST.get(entry.action) or _GRANT.get(entry.action)
    if action is None:
        raise ReplayError(f"entry {entry.seq} says {entry.action!r}, which this release does not know")
    try:
        about = [told] if entry.action in _REQUEST else _named(told["grants"], entry)
        if any(each["state"] not in action.after for each in about) or not about or entry.at < told["updated"]:
            raise ReplayError(f"entry {entry.seq} says {entry.action!r}, which cannot follow the one before it")
        for each in about:
            action.change(each, entry)
            each["state"] = action.to or each["state"]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
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


def _inside(record: Request) -> Iterator[str]:
    """What a record says twice, and what its digests cover."""
    yield from _covered(record)
    if record.v != 2 or not 1 <= record.version <= record.seq:
        yield "its record has another version than any that was written"
    if record.grants and (record.action or len(record.grants) != len(record.terms.targets)):
        yield "it has not one grant for each of its targets"
    if any(grant.window != window(record.terms, at=grant.window.start) for grant in record.grants):
        yield "its window is not as long as was asked"
    if (record.after_review is not None) != _is_emergency(record):
        yield "a review afterwards goes with access in an emergency, and with no other"
    if not _salts_fit(record):
        yield "a secret in it has no salt, or something else has one"
    if record.used and (record.action is None or record.used.by != record.action.application):
        yield "it was used by another application than asked for it"
    if any(text_digest(typed.salt, typed.text) != typed.digest for typed in _typed(record)):
        yield "a text in it is not the one that its digest covers"


def _is_emergency(record: Request) -> bool:
    return bool(record.grants) and record.terms.requirement.kind == "break_glass"


def _salts_fit(record: Request) -> bool:
    """Each secret has the salt of its digest, and nothing else has one."""
    given = record.action.parameters if record.action is not None else ()
    return all(bool(each.salt) == (each.type == "secret") for each in given)


def _covered(record: Request) -> Iterator[str]:
    """What is digested is the object that is kept, and that object says the same as the record."""
    if digest_of(record.covered.encode()) != record.digest:
        yield "its digest is not that of the object that is kept with it"
    try:
        if read(record.covered) != asked(record):
            yield "its terms are not those that its digest covers"
    except CoveredError as error:
        yield f"the object that its digest covers cannot be read: {error}"


def _typed(record: Request) -> Iterator[Typed]:
    yield record.terms.justification
    comments = [review.comment for review in record.reviews]
    comments += [record.decision.comment] if record.decision else []
    comments += [grant.why for grant in record.grants]
    comments += [record.lapsed.why] if record.lapsed else []
    found = record.after_review.finding if record.after_review else None
    comments += [found.why] if found else []
    yield from filter(None, comments)
    for review in record.reviews:
        if signed := review.attestation:
            yield from filter(None, (signed.printed_name, signed.meaning, signed.account_name))
