"""Requests in documents: how a change is written, and what it refuses."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count

from approvals.backends.stores.firestore import answers, documents, filers, guards, marks, queries, upgrades, work
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create
from approvals.backends.stores.firestore.known import Tails
from approvals.backends.stores.records import Prepared, moment, read_request
from approvals.limits import Limits
from approvals.ports.store import AlreadyReviewed
from approvals.refusals.errors import Conflict, NotFound, Refused
from approvals.requests import Request
from countersign_client.chain import START


def file(database: Database, tails: Tails, prepared: Prepared, key: str, older: Prepared | None) -> Request | None:
    """Write a new request and what ends the older one, or return the one that the key made first.

    Raises `Conflict` when the id is taken or the change is not a first one, `Refused` when it is one too many,
    `GuardFailed` when one of its guards does not hold, and of the older one what `commit` does.

    Neither key nor id is there as a rule, which the commit finds out by itself. Only where it is refused, or
    something else stands against it, is it read what stands there.
    """
    tries = count()
    with suppress(Refused, Conflict, NotFound):
        return database.settle(lambda: _file(database, tails, prepared, key, older, again=next(tries) > 0))
    return database.settle(lambda: _file(database, tails, prepared, key, older, again=True))


def _file(
    database: Database, tails: Tails, prepared: Prepared, key: str, older: Prepared | None, *, again: bool
) -> Request | None:
    row = prepared.row
    counted = [documents.filer(whose) for whose, _ in prepared.counted]
    if again and (made := _made(database, row.id, key)) is not None:
        return made
    found = database.get(*counted) if counted else []
    if (row.version, *prepared.base) != (1, 0, START):
        raise Conflict(f"{row.id} is not new")
    ending = _ending(database, tails, older, again=again) if older is not None else []
    writes = [
        create(documents.request(row.id), documents.request_fields(row)),
        create(documents.filing(key), documents.filing_fields(key, row.id)),
        *_counted(database, prepared, found, gone=older.row.id if older is not None else ""),
        *answers.writing(database, prepared.beside),
        *marks.writing(database, prepared.marks, prepared.unmarks, again=again),
        *_beside(prepared, mark=""),
        *ending,
    ]
    seen, *_ = guards.commit(database, writes, prepared.guards, prepared.seen)
    tails.note(row._asdict(), seen)
    return None


def _ending(database: Database, tails: Tails, older: Prepared, *, again: bool) -> list[Write]:
    """What writes the next version of an older request, as it was seen last or else as it stands.

    Raises `NotFound` or `Conflict`.
    """
    known = None if again else tails.of(older.row.id)
    if known is None or _tail(known) != _before(older):
        known = database.one(documents.request(older.row.id))
    return _next(older, known, mark="")


def _made(database: Database, request_id: str, key: str) -> Request | None:
    """The request that the key made already. Raises `Conflict` where another one has the id."""
    filing, taken = database.get(documents.filing(key), documents.request(request_id))
    if filing is not None:
        return request(database, filing.data["request"])
    if taken is not None:
        raise Conflict(f"{request_id} is not new")
    return None


def _counted(
    database: Database, prepared: Prepared, stored: Sequence[Document | None], *, gone: str
) -> Iterable[Write]:
    """What counts a filing against the limits that it has, if any. Raises `Refused`."""
    now = moment(prepared.row.filed)
    for (whose, limits), found in zip(prepared.counted, stored, strict=True):
        notes = filers.require(database, whose, limits, stored=found, now=now, gone=gone)
        yield filers.noting(prepared, whose, notes, stored=found)


def require_room(database: Database, filer: str, limits: Limits, now: datetime) -> None:
    """Raises `Refused` where one more request of this person or application would be too many."""
    filers.require(database, filer, limits, stored=database.one(documents.filer(filer)), now=now)


def commit(database: Database, tails: Tails, prepared: Prepared) -> None:
    """Write the next version. Raises `NotFound`, `Conflict`, `AlreadyReviewed` or `GuardFailed`."""
    # By its mark an answer that got lost is told from somebody else's change.
    mark, tries = secrets.token_hex(8), count()
    database.settle(lambda: _commit(database, tails, prepared, mark, again=next(tries) > 0))


def _commit(database: Database, tails: Tails, prepared: Prepared, mark: str, *, again: bool) -> None:
    row = prepared.row
    if again and _arrived(database, prepared, mark):
        return
    known = None if again else tails.of(row.id)
    if known is not None and _tail(known) == _before(prepared):
        # Whoever else writes it, or this review, makes the commit fail: then both are read.
        writes = _next(prepared, known, mark=mark)
    else:
        writes = _next_of_stored(database, prepared, mark)
    writes += answers.writing(database, prepared.beside)
    writes += marks.writing(database, prepared.marks, prepared.unmarks, again=again)
    seen, *_ = guards.commit(database, writes, prepared.guards, prepared.seen)
    tails.note(row._asdict(), seen)


def _next_of_stored(database: Database, prepared: Prepared, mark: str) -> list[Write]:
    paths = [documents.request(prepared.row.id)]
    if prepared.review:
        paths.append(documents.review(prepared.review))
    stored, *reviewed = database.get(*paths)
    writes = _next(prepared, stored, mark=mark)
    if prepared.review and any(reviewed):
        raise AlreadyReviewed(f"{prepared.review.person} has reviewed {prepared.row.id} already")
    return writes


def _arrived(database: Database, prepared: Prepared, mark: str) -> bool:
    written = database.one(documents.entry(prepared.row.id, prepared.row.seq))
    return written is not None and written.data.get("mark") == mark


def _next(prepared: Prepared, stored: Document | None, *, mark: str) -> list[Write]:
    """What writes the next version of what is stored. Raises `NotFound` or `Conflict`."""
    row = prepared.row
    if stored is None:
        raise NotFound(f"there is no request {row.id}")
    if _tail(stored) != _before(prepared):
        raise Conflict(f"{row.id} was changed meanwhile")
    return [change(stored, documents.request_fields(row)), *_beside(prepared, mark)]


def _before(prepared: Prepared) -> tuple[int, int, str]:
    """The version and the tail of the chain that a change follows."""
    return (prepared.row.version - 1, *prepared.base)


def _tail(stored: Document) -> tuple[int, int, str]:
    return stored.data["version"], stored.data["seq"], stored.data["head"]


def _beside(prepared: Prepared, mark: str) -> list[Write]:
    writes = [
        create(documents.entry(row.chain, row.seq), documents.entry_fields(row) | {"mark": mark})
        for row in prepared.entries
    ]
    if prepared.review:
        writes.append(create(documents.review(prepared.review), documents.review_fields(prepared.review)))
    return writes + work.wakings(prepared.row.id, prepared.wake, prepared.due)


def filed(database: Database, key: str) -> Request | None:
    """The request that a key made, if it made one."""
    filing = database.one(documents.filing(key))
    return None if filing is None else request(database, filing.data["request"])


def request(database: Database, request_id: str, tails: Tails | None = None) -> Request:
    """Read one. What a process of 0.1.0 wrote beside this release is brought up, and all of its work due.

    Raises `NotFound`.
    """
    stored = database.one(documents.request(request_id))
    if stored is None:
        raise NotFound(f"there is no request {request_id}")
    if tails is not None:
        tails.note(stored.data, stored.seen)
    return read_request(upgrades.keep(database, stored)["body"])


def accounts(database: Database, after: str, limit: int) -> Sequence[str]:
    """By which accounts something is open. What one of the two queries was cut off at is not passed over."""
    found: set[str] = set()
    whole = ""
    for query in (queries.waiting_behind(after, limit), queries.holding_behind(after, limit)):
        page = [document.data["account"] for document in database.select(query)]
        found.update(page)
        if len(page) == limit:
            whole = min(whole or page[-1], page[-1])
    return sorted(each for each in found if not whole or each <= whole)[:limit]


def requesters(database: Database, request_ids: Collection[str]) -> Mapping[str, str]:
    """Who asked, by request."""
    paths = [documents.request(request_id) for request_id in request_ids]
    found = database.get(*paths, fields=("id", "requester")) if paths else []
    return {document.data["id"]: document.data["requester"] for document in found if document is not None}


def versions(database: Database, request_ids: Collection[str]) -> Mapping[str, int]:
    """How often each was changed."""
    paths = [documents.request(request_id) for request_id in request_ids]
    found = database.get(*paths, fields=("id", "version")) if paths else []
    return {document.data["id"]: document.data["version"] for document in found if document is not None}
