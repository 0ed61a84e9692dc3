"""What one person or application has asked for, in a document of theirs, which filings read, write and prune.

The document is a precondition of each filing, so that two at the same instant are counted one after the other, and
filings of different people write nothing in common. It names every request of theirs that may still be open, and
those of the last hour.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create
from approvals.backends.stores.records import Prepared, holding, micros, moment
from approvals.limits import HOUR, Limits, Standing, is_application, is_share, require_room
from approvals.refusals.errors import Refused
from approvals.requests import Request, undecided
from countersign_client import shapes


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One request as far as this document knows: when it was filed, and what it may still be."""

    request: str
    filed: int
    expires: int
    waits: bool
    open: bool = True


_NEVER = micros(datetime.max.replace(tzinfo=UTC))
_encode = msgspec.json.Encoder().encode
_decode = shapes.decoder(tuple[Note, ...]).decode


def require(
    database: Database, filer: str, limits: Limits, *, stored: Document | None, now: datetime, gone: str = ""
) -> Sequence[Note]:
    """Return what is known of somebody's requests; raises `Refused` where one more would be too many.

    `gone` is one of them that is about to be over.
    """
    notes = _first(database, filer) if stored is None else _decode(stored.data["notes"])
    notes = tuple(_over(note) if note.request == gone else note for note in notes)
    try:
        require_room(limits, _standing(filer, notes, now), now=now)
    except Refused:
        # What was noted as open may be over: only then is it worth looking.
        notes = tuple(_looked_at(database, notes))
        require_room(limits, _standing(filer, notes, now), now=now)
    return notes


def noting(prepared: Prepared, filer: str, notes: Iterable[Note], *, stored: Document | None) -> Write:
    """The write that adds a new request to a filer's document, without what no limit counts any more."""
    row = prepared.row
    kept = [note for note in notes if note.open or moment(row.filed) - moment(note.filed) < HOUR]
    added = Note(request=row.id, filed=row.filed, expires=prepared.expires, waits=row.state == "pending")
    fields = {"person": filer, "notes": _encode((*kept, added))}
    return create(documents.filer(filer), fields) if stored is None else change(stored, fields)


def _first(database: Database, filer: str) -> tuple[Note, ...]:
    """What a store holds already that had no such document: of an older release, or copied.

    Of an application it would be too much to look for, and is soon over: in a copy it starts from nothing.
    """
    if is_application(filer):
        return ()
    found = database.select_all(queries.open_of(filer))
    return tuple(_read(each) for each in found if not is_application(each.data.get("account", "")))


def _looked_at(database: Database, notes: Sequence[Note]) -> Iterable[Note]:
    unsure = [note for note in notes if note.open]
    found = database.get(*(documents.request(note.request) for note in unsure)) if unsure else []
    yield from (note for note in notes if not note.open)
    for note, document in zip(unsure, found, strict=True):
        yield _over(note) if document is None else _read(document)


def _over(note: Note) -> Note:
    return msgspec.structs.replace(note, waits=False, open=False)


def _read(document: Document) -> Note:
    """What a request may still be. When one expires that cannot be read nobody knows."""
    data = document.data
    found = documents.listed([data])
    if found.requests:
        return _note(found.requests[0])
    waits = data["state"] == "pending"
    return Note(
        request=data["id"], filed=data["filed"], expires=_NEVER, waits=waits, open=waits or data["holding"]
    )


def _note(request: Request) -> Note:
    waits = undecided(request)
    return Note(
        request=request.id,
        filed=micros(request.filed),
        expires=micros(request.terms.expires),
        waits=waits,
        open=waits or holding(request),
    )


def _standing(filer: str, notes: Iterable[Note], now: datetime) -> Standing:
    notes = tuple(notes)
    return Standing(
        waiting=sum(note.waits and micros(now) < note.expires for note in notes),
        open=None if is_application(filer) else sum(note.open for note in notes),
        filed=[moment(note.filed) for note in notes],
        share=is_share(filer),
    )
