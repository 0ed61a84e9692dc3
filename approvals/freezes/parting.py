"""Freezing and thawing one entitlement or one person: each move is an entry of the installation's chain."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from approvals.again import again
from approvals.changes import Beside, With, nothing
from approvals.guards import Guarded
from approvals.parts import PARTS, Kind, Part, Parts, parts_of
from approvals.ports.store import Guards
from approvals.reviews import Typed, typed
from approvals.times import rfc3339
from countersign_client.chain import Entry

FROZEN, THAWED = "part.frozen", "part.thawed"
"""What the installation's chain calls the two moves."""

_ATTEMPTS = 5

Require = Callable[[], object]
"""Raises where somebody may not move what is frozen. It is asked after each reading."""


def read(store: Guards) -> Parts:
    return parts_of(store.guarded(PARTS))


def anybody() -> None:
    """Whoever is at the machine."""


def freeze(
    store: Guards, part: Part, *, now: datetime, require: Require = anybody, beside: With = nothing
) -> Entry | None:
    """Freeze an entitlement or a person at once. None where it is frozen for the same reason already.

    Raises what `require` and `beside` do, and `Conflict`.
    """

    def moved() -> Entry | None:
        before = read(store)
        require()
        same = before.named(part.kind, part.name)
        if same is not None and (part.reason is None or same.why == part.why):
            return None
        return _keep(store, before, (*_without(before, part), part), part, FROZEN, now=now, beside=beside())

    return again(moved, attempts=_ATTEMPTS, changing="the freeze")


def thaw(
    store: Guards,
    kind: Kind,
    name: str,
    *,
    by: str,
    why: Typed | None,
    now: datetime,
    require: Require = anybody,
    beside: With = nothing,
) -> Entry | None:
    """Let it go on. A person is found by any address. None where that is not frozen. Raises as `freeze` does."""

    def moved() -> Entry | None:
        before = read(store)
        require()
        found = before.named(kind, name)
        if found is None and not before.damaged:
            return None
        # What cannot be read is frozen: a thaw makes an end of all of it.
        said = Part(kind=kind, name=found.name if found is not None else name, by=by, at=now, reason=why)
        return _keep(store, before, _without(before, said), said, THAWED, now=now, beside=beside())

    return again(moved, attempts=_ATTEMPTS, changing="the freeze")


def _without(parts: Parts, part: Part) -> tuple[Part, ...]:
    return tuple(each for each in parts.parts if (each.kind, each.name) != (part.kind, part.name))


def _keep(
    store: Guards,
    before: Parts,
    kept: tuple[Part, ...],
    said: Part,
    action: str,
    *,
    now: datetime,
    beside: Beside | None,
) -> Entry:
    return store.advance(
        before.guard,
        body=msgspec.json.encode(kept),
        at=now,
        actor=said.by,
        action=action,
        detail=told(said),
        beside=beside,
    )


def told(part: Part) -> dict[str, str]:
    """What the chain says of a move besides who and when: of the reason its digest."""
    said = {"of": part.kind, "name": part.name}
    if part.addresses:
        said["addresses"] = " ".join(part.addresses)
    return said if part.reason is None else said | {"comment": part.reason.digest}


def faults(guarded: Guarded, entries: Sequence[Entry]) -> Iterator[str]:
    """Say what of the freezes that are stored is not so by the installation's chain."""
    parts = parts_of(guarded)
    if parts.damaged:
        yield "what is frozen by itself cannot be read"
        return
    tale: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        key = (entry.detail.get("of", ""), entry.detail.get("name", ""))
        if entry.action == FROZEN:
            tale.pop(key, None)
            tale[key] = entry
        elif entry.action == THAWED:
            tale.pop(key, None)
    stored = {(str(each.kind), each.name): each for each in parts.parts}
    whole = msgspec.json.encode(parts.parts) == guarded.body or not guarded.body
    if not whole or stored.keys() != tale.keys() or not all(_is(part, tale[key]) for key, part in stored.items()):
        yield "something is frozen or thawed by itself otherwise than its chain tells"
    for part in parts.parts:
        if part.reason is not None and typed(part.reason.text, salt=part.reason.salt) != part.reason:
            yield "the reason of a freeze is not the one that its digest covers"


def _is(part: Part, entry: Entry) -> bool:
    said = {name: entry.detail[name] for name in ("of", "name", "addresses", "comment") if name in entry.detail}
    return (part.by, rfc3339(part.at) if part.at else "", told(part)) == (entry.actor, entry.at, said)
