"""What is read to hold a record against its chain, and the notes of what is anchored, in documents."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from approvals.backends.stores import held
from approvals.backends.stores.contents import Head
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document, change
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.backends.stores.held import StoredInstallation, StoredRequest
from approvals.backends.stores.records import EntryRow
from approvals.chains import Held, Tail
from approvals.changes import ReviewKey

_LOOKS = 5
Found = TypeVar("Found")


def look(database: Database, chain: str) -> Held:
    """Hold one chain's record against it. What changes while it is read is read again."""
    if not chain:
        return held.of_installation(_still(database, documents.HEAD, lambda head: _installation(database, head)))
    path = documents.request(chain)
    return held.of_request(chain, _still(database, path, lambda record: _request(database, chain, record)))


def unanchored(database: Database, limit: int) -> Sequence[Tail]:
    found = database.select(queries.unanchored(limit))
    return [Tail(document.data["id"], document.data["seq"], document.data["head"]) for document in found]


def anchored(database: Database, tails: Sequence[Tail]) -> None:
    """Note it where nothing has changed since. A request that changes at this moment is left for the next time."""
    found = database.get(*(documents.request(tail.request) for tail in tails))
    same = [
        document
        for tail, document in zip(tails, found, strict=True)
        if document is not None and (document.data["seq"], document.data["head"]) == (tail.seq, tail.head)
    ]
    try:
        database.commit([change(document, {"anchored": True}) for document in same])
    except Disturbed:
        for document in same:
            _note(database, document)


def _note(database: Database, document: Document) -> None:
    try:
        database.commit([change(document, {"anchored": True})])
    except Disturbed:
        return


def _still(database: Database, path: str, read: Callable[[Document | None], Found]) -> Found:
    """Read what belongs to a document until that document is the same before and after."""
    before = database.one(path)
    for _ in range(_LOOKS):
        found = read(before)
        after = database.one(path)
        if (before and before.seen) == (after and after.seen):
            break
        before = after
    return found


def _request(database: Database, request_id: str, record: Document | None) -> StoredRequest:
    reviews = [ReviewKey(**document.data) for document in database.select_all(queries.reviews(request_id))]
    row = documents.request_row(record.data) if record else None
    noted = bool(record and record.data.get("anchored"))
    # What was over before this release has no account beside it: it is not looked for by that.
    account = record.data.get("account") if record else None
    return StoredRequest(row, _entries(database, request_id), reviews, anchored=noted, account=account)


def _installation(database: Database, head: Document | None) -> StoredInstallation:
    stored = database.one(documents.INSTALLATION)
    if stored is None:
        raise StoreError(f"{database.place} holds no store: name the database of one")
    good = stored.data["policy"]
    policy = database.one(documents.policy(good)) if good else None
    return StoredInstallation(
        stored.data["instance"],
        stored.data["generation"],
        Head(head.data["seq"], head.data["head"]) if head else None,
        _entries(database, ""),
        good,
        documents.read_policy(policy.data) if policy else None,
        [documents.guard_row(document.data) for document in database.select_all(queries.everything("guards"))],
    )


def _entries(database: Database, chain: str) -> Sequence[EntryRow]:
    return [documents.entry_row(document.data) for document in database.select_all(queries.entries(chain))]
