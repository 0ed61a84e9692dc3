"""Absences as the store keeps them: all under one guard, each change an entry of the installation's chain."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import msgspec

from approvals.again import again
from approvals.changes import With, nothing
from approvals.guards import Guard, Guarded
from approvals.people.standins import Absence
from approvals.ports.store import Guards
from approvals.times import rfc3339
from countersign_client import shapes
from countersign_client.chain import Entry

ABSENCES = "absences"
"""The guard's name."""

SUBJECT = "absences:people"
"""What reconcile works on when somebody leaves or is back: one process at a time does."""

LEFT, CAME_BACK = "away", "back"
"""What the installation's chain calls the two moves."""


def read(store: Guards) -> tuple[Guard, tuple[Absence, ...]]:
    """What is kept, also what is over by now."""
    found = store.guarded(ABSENCES)
    return Guard(name=ABSENCES, value=found.value), _absences(found)


def guard(number: int) -> Guard:
    """What a decision holds on to that counts somebody who stands in for another."""
    return Guard(name=ABSENCES, value=number)


def anybody() -> None:
    """Whoever is named may stand in."""


def leave(
    store: Guards,
    absence: Absence,
    *,
    now: datetime,
    require: Callable[[], object] = anybody,
    beside: With = nothing,
) -> None:
    """Keep an absence, in the place of an earlier one of the same person.

    `require` raises where it may not be: it is asked after each reading, so that of two who leave at one moment
    and name each other the second is told. Raises what it does, what `beside` does, or `Conflict`.
    """
    person, said = absence.person, _told(absence)

    def left() -> None:
        held = read(store)
        require()
        _keep(store, held, person, absence, said, actor=person, now=now, beside=beside)

    again(left, changing="who is away")


def back(store: Guards, person: str, *, by: str, now: datetime, beside: With = nothing) -> Absence | None:
    """End somebody's absence; None where they are not away."""
    return again(lambda: _back(store, person, by, now, beside), changing="who is away")


def end_of(
    store: Guards, people: Collection[str], *, by: str, now: datetime, before: datetime | None = None
) -> tuple[Absence, ...]:
    """End every absence of these people, and every one in which one of them stands in; return what was ended.

    With `before` those alone that had begun by then.
    """
    lasting = [each for each in read(store)[1] if now < each.until]
    lasting = [each for each in lasting if before is None or each.since < before]
    found = [each for each in lasting if not {each.person, each.delegate}.isdisjoint(people)]
    return tuple(each for each in found if back(store, each.person, by=by, now=now) is not None)


def faults(guarded: Guarded, entries: Sequence[Entry]) -> Iterator[str]:
    """Say what of the absences that are stored is not so by the installation's chain."""
    kept = _absences(guarded)
    if msgspec.json.encode(kept) != guarded.body and guarded.body:
        yield "who is away cannot be read"
        return
    moves = [entry for entry in entries if entry.action in (LEFT, CAME_BACK)]
    tale: dict[str, Entry] = {}
    for entry in moves:
        tale.pop(entry.detail.get("person", entry.actor), None)
        if entry.action == LEFT:
            tale[entry.actor] = entry
    # What was over when anybody moved last was left out then.
    lasting = {person for person, entry in tale.items() if entry.detail.get("until", "") > moves[-1].at}
    stored = {each.person: each for each in kept}
    true = len(stored) == len(kept) and lasting <= stored.keys()
    if not true or not all(person in tale and _is(each, tale[person]) for person, each in stored.items()):
        yield "somebody is away, or stands in, otherwise than its chain tells"


def _is(absence: Absence, entry: Entry) -> bool:
    said = {name: entry.detail.get(name, "") for name in ("delegate", "until", "generation")}
    return (_told(absence), rfc3339(absence.since)) == (said, entry.at)


def _told(absence: Absence) -> dict[str, str]:
    """What the chain says of an absence besides whose it is and since when."""
    return {"delegate": absence.delegate, "until": rfc3339(absence.until), "generation": absence.generation}


def _back(store: Guards, person: str, by: str, now: datetime, beside: With) -> Absence | None:
    held = read(store)
    ended = next((each for each in held[1] if each.person == person and now < each.until), None)
    if ended is not None:
        _keep(store, held, person, None, {"person": person}, actor=by, now=now, beside=beside)
    return ended


def _keep(
    store: Guards,
    held: tuple[Guard, tuple[Absence, ...]],
    person: str,
    absence: Absence | None,
    said: dict[str, str],
    *,
    actor: str,
    now: datetime,
    beside: With,
) -> None:
    guard_, before = held
    kept = [each for each in before if each.person != person and now < each.until]
    kept += [absence] if absence is not None else []
    store.advance(
        guard_,
        body=msgspec.json.encode(kept),
        at=now,
        actor=actor,
        action=LEFT if absence is not None else CAME_BACK,
        detail=said,
        beside=beside(),
    )


def _absences(found: Guarded) -> tuple[Absence, ...]:
    try:
        return shapes.decode(found.body, tuple[Absence, ...]) if found.body else ()
    except msgspec.MsgspecError:
        # Where it is damaged nobody stands in.
        return ()
