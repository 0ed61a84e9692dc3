"""A database read as a whole, and an empty one filled from another store."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from approvals.backends.stores.contents import OLDER, Filing, GuardRow, Head, Item, Made, MarkRow, WorkRow
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create, merge
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.backends.stores.firestore.installation import refuse
from approvals.backends.stores.records import EntryRow, RequestRow, micros, moment
from approvals.changes import ReviewKey
from approvals.ports.store import StoredPolicy

_WRITES = 400
"""Documents in one commit."""

_BYTES = 4_000_000
"""Bytes of bodies in one commit; Firestore takes 10 MiB (https://cloud.google.com/firestore/quotas)."""


class FirestoreContents:
    """All of one database. Every page is read as it stands when it is read."""

    def __init__(self, project: str, database: str, *, emulator_host: str | None) -> None:
        self._database = Database(project, database, emulator_host=emulator_host)
        self.place = self._database.place

    def close(self) -> None:
        self._database.close()

    def items(self) -> Iterator[Item]:
        stored = self._database.one(documents.INSTALLATION)
        if stored is None:
            raise StoreError(f"{self.place} holds no store: name the database of one")
        refuse(self._database, stored)
        data = stored.data
        if data["schema"] < documents.SCHEMA:
            raise StoreError(f"{self.place} {OLDER}")
        yield Made(data["instance"], moment(data["created"]), data["policy"])
        yield from _items(self._database)


def _items(database: Database) -> Iterator[Item]:
    for document in database.select_all(queries.everything("policies")):
        yield documents.read_policy(document.data)
    for document in database.select_all(queries.everything("requests")):
        yield documents.request_row(document.data)
    for document in database.select_all(queries.everything("audit")):
        yield documents.entry_row(document.data)
    for document in database.select_all(queries.everything("filings")):
        yield Filing(document.data["key"], document.data["request"])
    yield from _beside(database)
    head = database.one(documents.HEAD)
    if head is not None:
        yield Head(head.data["seq"], head.data["head"])


def _beside(database: Database) -> Iterator[Item]:
    for document in database.select_all(queries.everything("reviews")):
        yield ReviewKey(**document.data)
    for document in database.select_all(queries.everything("work")):
        # What changes left beside a subject's own document: a copy makes all that may matter due by itself.
        if documents.is_own(document.path, document.data):
            yield WorkRow(document.data["subject"], document.data["due"], document.data.get("body", b""))
    for document in database.select_all(queries.everything("guards")):
        yield documents.guard_row(document.data)
    for document in database.select_all(queries.everything("marks")):
        yield MarkRow(*(document.data[name] for name in MarkRow._fields))


@contextmanager
def filling(project: str, database: str, *, emulator_host: str | None) -> Iterator["FirestoreTarget"]:
    """Give an empty database to fill, marked so that nobody opens it before it is finished.

    What a copy that broke off left there is removed first. Raises `StoreError` when the database is not empty.
    """
    opened = Database(project, database, emulator_host=emulator_host)
    try:
        target = FirestoreTarget(opened)
        target.begin()
        yield target
    finally:
        opened.close()


class FirestoreTarget:
    """A database that is being filled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mark = secrets.token_hex(8)
        self.place = database.place

    def begin(self) -> None:
        stored = self._database.one(documents.INSTALLATION)
        if stored is None:
            self._refuse_strangers()
        elif not stored.data["copying"]:
            raise StoreError(f"{self.place} holds a store and is not replaced: name an empty database")
        try:
            self._database.commit([self._marking(stored)])
        except Disturbed:
            raise StoreError(f"{self.place} is being filled by somebody else") from None
        for collection in documents.COLLECTIONS:
            self._clear(collection)

    def items(self) -> Iterator[Item]:
        yield from _items(self._database)

    def fill(self, items: Iterable[Item]) -> None:
        for writes in _batches(map(_write, items)):
            self._database.settle(lambda writes=writes: self._database.commit(writes))  # type: ignore[misc]

    def finish(self, made: Made, *, generation: str) -> None:
        stored = self._database.one(documents.INSTALLATION)
        if stored is None or stored.data["copying"] != self._mark:
            raise StoreError(f"{self.place} is being filled by somebody else")
        self._database.commit(
            [
                change(
                    stored,
                    {
                        "instance": made.instance,
                        "generation": generation,
                        "schema": documents.SCHEMA,
                        "created": micros(made.created),
                        "policy": made.policy,
                        "copying": False,
                    },
                )
            ]
        )

    def _marking(self, stored: Document | None) -> Write:
        marked = {"copying": self._mark}
        return create(documents.INSTALLATION, marked) if stored is None else change(stored, marked)

    def _refuse_strangers(self) -> None:
        for collection in documents.COLLECTIONS:
            if self._database.select(queries.everything(collection)._replace(limit=1)):
                raise StoreError(f"{self.place} is not empty ({collection}): name an empty database")

    def _clear(self, collection: str) -> None:
        paths = [
            document.path
            for document in self._database.select_all(queries.ids(collection))
            if document.path != documents.INSTALLATION
        ]
        for start in range(0, len(paths), _WRITES):
            self._database.delete(paths[start : start + _WRITES])


def _batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    batch: list[Write] = []
    size = 0
    for write in writes:
        weight = sum(len(value) for value in (write.data or {}).values() if isinstance(value, (bytes, str)))
        if batch and (len(batch) == _WRITES or size + weight > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += weight
    if batch:
        yield batch


def _write(item: Item) -> Write:
    match item:
        case StoredPolicy():
            path, data = documents.policy(item.digest), documents.policy_fields(item)
        case RequestRow():
            path, data = documents.request(item.id), documents.request_fields(item)
        case EntryRow():
            path, data = documents.entry(item.chain, item.seq), documents.entry_fields(item)
        case Filing():
            path, data = documents.filing(item.key), documents.filing_fields(item.key, item.request)
        case ReviewKey():
            path, data = documents.review(item), documents.review_fields(item)
        case WorkRow():
            path, data = documents.work(item.subject), item._asdict() | documents.of_work(item.subject)
        case GuardRow() | MarkRow():
            of = documents.guard if isinstance(item, GuardRow) else documents.mark
            path, data = of(item.name), item._asdict()
        case Head():
            path, data = documents.HEAD, {"seq": item.seq, "head": item.hash}
        case Made():
            raise StoreError("an installation is made by finishing it")
    return merge(path, data)
