"""Marks in documents: one each, which must not be there before."""

from collections.abc import Iterable

from approvals.backends.stores.firestore import audit, documents, queries
from approvals.backends.stores.firestore.database import Database, Write, create, remove
from approvals.changes import Mark, Marked, Telling


def body(database: Database, name: str) -> bytes | None:
    stored = database.one(documents.mark(name))
    return None if stored is None else stored.data["body"]


def writing(database: Database, marks: Iterable[Mark]) -> list[Write]:
    """The writes that make these marks. Raises `Marked` where one of them is there already."""
    by_path = {documents.mark(mark.name): mark for mark in marks}
    there = database.get(*by_path) if by_path else []
    for stored in there:
        if stored is not None:
            raise Marked(by_path[stored.path].name)
    return [create(path, documents.mark_fields(mark)) for path, mark in by_path.items()]


def spend(database: Database, mark: Mark, telling: Telling | None) -> None:
    """Make a mark by itself, with what is told of it. Raises `Marked` where it is there already."""
    if telling is None:
        database.settle(lambda: database.commit(writing(database, (mark,))))
        return
    audit.Appending(
        database,
        at=telling.at,
        actor=telling.actor,
        action=telling.action,
        detail=telling.detail,
        beside=lambda: writing(database, (mark,)),
    ).run()


def removing(names: Iterable[str]) -> list[Write]:
    """The writes after which these marks are there no more."""
    return [remove(documents.mark(name)) for name in names]


def sweep(database: Database, before: int, limit: int) -> int:
    """Forget what was to be kept until then at most."""
    paths = [document.path for document in database.select(queries.swept(before, limit))]
    if paths:
        database.delete(paths)
    return len(paths)
