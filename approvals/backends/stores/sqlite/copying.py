"""A file read as a whole, and a new file filled from another store."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from approvals.backends.stores.contents import OLDER, Filing, GuardRow, Head, Item, Made, MarkRow, WorkRow
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import EntryRow, RequestRow, account_of, micros, moment
from approvals.backends.stores.sqlite import files, requests, schema
from approvals.changes import ReviewKey
from approvals.ports.store import StoredPolicy

_INSERTS = {
    StoredPolicy: "INSERT INTO policies (digest, text, source, loaded_at) VALUES (?, ?, ?, ?)",
    EntryRow: "INSERT INTO audit (chain, seq, hash, body) VALUES (?, ?, ?, ?)",
    Filing: "INSERT INTO filings (key, request) VALUES (?, ?)",
    ReviewKey: "INSERT INTO reviews (request, revision, person, number, jti) VALUES (?, ?, ?, ?, ?)",
    WorkRow: "INSERT INTO subjects (subject, due, body) VALUES (?, ?, ?)",
    GuardRow: "INSERT INTO guards (name, value, body) VALUES (?, ?, ?)",
    MarkRow: "INSERT INTO marks (name, until, body) VALUES (?, ?, ?)",
    Head: "UPDATE heads SET seq = ?, head = ? WHERE chain = ''",
}


class SqliteContents:
    """All of one file, as it stands at one moment."""

    def __init__(self, path: Path) -> None:
        self._path = files.resolved(path)
        self.place = str(path)

    def items(self) -> Iterator[Item]:
        if not self._path.is_file():
            raise StoreError(f"{self.place} does not exist: name the file of a store")
        with files.told(self._path), closing(files.connect(self._path)) as connection:
            if schema.check(connection, self._path) != schema.SCHEMA:
                raise StoreError(f"{self.place} {OLDER}")
            connection.execute("BEGIN")
            yield from _items(connection)


def _items(connection: sqlite3.Connection) -> Iterator[Item]:
    for instance, created, policy in connection.execute("SELECT instance, created, policy FROM installation"):
        yield Made(instance, moment(created), policy)
    for digest, text, source, loaded in connection.execute("SELECT digest, text, source, loaded_at FROM policies"):
        yield StoredPolicy(digest=digest, text=text, source=source, loaded_at=moment(loaded))
    for values in connection.execute(f"SELECT {requests.ROW} FROM requests ORDER BY id"):  # noqa: S608
        yield requests.read_row(values)
    for values in connection.execute("SELECT chain, seq, hash, body FROM audit ORDER BY chain, seq"):
        yield EntryRow(*values)
    for values in connection.execute("SELECT key, request FROM filings"):
        yield Filing(*values)
    yield from _beside(connection)
    for values in connection.execute("SELECT seq, head FROM heads WHERE chain = ''"):
        yield Head(*values)


def _beside(connection: sqlite3.Connection) -> Iterator[Item]:
    reviews = "SELECT request, revision, person, number, jti FROM reviews"
    for request, revision, person, number, jti in connection.execute(reviews):
        yield ReviewKey(request=request, revision=revision, person=person, number=number, jti=jti)
    for values in connection.execute("SELECT subject, due, body FROM subjects"):
        yield WorkRow(*values)
    for values in connection.execute("SELECT name, value, body FROM guards"):
        yield GuardRow(*values)
    for values in connection.execute("SELECT name, until, body FROM marks"):
        yield MarkRow(*values)


@contextmanager
def filling(path: Path, *, now: datetime) -> Iterator["SqliteTarget"]:
    """Give a file to fill, which takes the name only when it is finished.

    Raises `StoreError` when there is a file of that name.
    """
    resolved = files.resolved(path)
    if not resolved.parent.is_dir():
        raise StoreError(f"the directory {resolved.parent} does not exist: make it, or name another file")
    if there := [found for found in (resolved, *files.strays(resolved)) if found.exists()]:
        raise StoreError(f"{there[0]} exists and is not replaced: name another file, or move it away")
    with files.told(resolved), files.draft(resolved) as draft:
        with closing(files.connect(draft)) as connection:
            schema.create(connection, now=now)
        yield SqliteTarget(draft, resolved)


class SqliteTarget(SqliteContents):
    """A file that is being filled under another name."""

    def __init__(self, draft: Path, path: Path) -> None:
        super().__init__(draft)
        self.place = str(path)
        self._final = path

    def fill(self, items: Iterable[Item]) -> None:
        with closing(files.connect(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for item in items:
                if isinstance(item, RequestRow):
                    requests.insert(connection, item, account_of(item.body))
                else:
                    connection.execute(_INSERTS[type(item)], _values(item))
            connection.execute("COMMIT")

    def finish(self, made: Made, *, generation: str) -> None:
        with closing(files.connect(self._path)) as connection:
            connection.execute(
                "UPDATE installation SET instance = ?, generation = ?, created = ?, policy = ?",
                (made.instance, generation, micros(made.created), made.policy),
            )
            connection.execute("PRAGMA journal_mode = WAL")
        try:
            files.publish(self._path, self._final)
        except FileExistsError:
            raise StoreError(f"{self.place} was made by somebody else meanwhile and is not replaced") from None


def _values(item: Item) -> tuple[Any, ...]:
    match item:
        case StoredPolicy():
            return (item.digest, item.text, item.source, micros(item.loaded_at))
        case ReviewKey():
            return (item.request, item.revision, item.person, item.number, item.jti)
        case _:
            return tuple(item)
