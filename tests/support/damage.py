"""Spoils the record of a request in a store, as a bad disk or a hand does."""

import sqlite3
from contextlib import closing
from pathlib import Path

from approvals.backends.stores.firestore import FirestoreStore, documents
from approvals.backends.stores.firestore.database import merge
from approvals.backends.stores.sqlite import SqliteStore
from approvals.parts import PARTS
from approvals.ports.store import Store
from approvals.requests import Request

SPOILT = b"\0"


def spoil(store: Store, request: Request, body: bytes = SPOILT) -> None:
    """Put something else in the place of a request's record; what stands beside it stays."""
    if isinstance(store, FirestoreStore):
        store._database.commit([merge(documents.request(request.id), {"body": body})])
        return
    assert isinstance(store, SqliteStore)
    spoil_file(store._readers._path, request.id, body)


def spoil_entry(store: Store, request: Request, body: bytes) -> None:
    """The same for the first entry of a request's chain."""
    if isinstance(store, FirestoreStore):
        store._database.commit([merge(documents.entry(request.id, 1), {"body": body})])
        return
    assert isinstance(store, SqliteStore)
    with closing(sqlite3.connect(store._readers._path)) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS audit_stays")
        changed = connection.execute(
            "UPDATE audit SET body = ? WHERE chain = ? AND seq = 1", (body, request.id)
        ).rowcount
    assert changed == 1


def spoil_parts(store: Store, body: bytes = SPOILT) -> None:
    """The same for what is frozen by itself, of which something was kept before."""
    if isinstance(store, FirestoreStore):
        store._database.commit([merge(documents.guard(PARTS), {"body": body})])
        return
    assert isinstance(store, SqliteStore)
    with closing(sqlite3.connect(store._readers._path)) as connection, connection:
        changed = connection.execute("UPDATE guards SET body = ? WHERE name = ?", (body, PARTS)).rowcount
    assert changed == 1


def spoil_file(path: Path, request_id: str, body: bytes = SPOILT) -> None:
    """The same in the file of a store."""
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute("UPDATE requests SET body = ? WHERE id = ?", (body, request_id)).rowcount
    assert changed == 1
