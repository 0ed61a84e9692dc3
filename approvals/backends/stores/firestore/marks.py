"""Marks in documents: one each, which must not be there before."""

from collections.abc import Iterable

from approvals.backends.stores.firestore import audit, documents, queries
from approvals.backends.stores.firestore.database import Database, Write, change, create, remove
from approvals.changes import Mark, Marked, Telling


def body(database: Database, name: str) -> bytes | None:
    stored = database.one(documents.mark(name))
    return None if stored is None else stored.data["body"]


def writing(database: Database, marks: Iterable[Mark], gone: Iterable[str] = (), *, again: bool) -> list[Write]:
    """The writes that make these marks, and after which those of the names `gone` are there no more.

    No commit of them is kept where a mark is there already that does not go. `again`: it is looked for, and
    `Marked` raised. One that goes and comes again is written over, as it was read.
    """
    by_path = {documents.mark(mark.name): mark for mark in marks}
    going = [documents.mark(name) for name in gone]
    asked = [path for path in by_path if again or path in going]
    there = {stored.path: stored for stored in database.get(*asked) if stored} if asked else {}
    for path in there:
        if path not in going:
            raise Marked(by_path[path].name)
    made = [
        change(there[path], documents.mark_fields(mark))
        if path in there
        else create(path, documents.mark_fields(mark))
        for path, mark in by_path.items()
    ]
    return made + [remove(path) for path in going if path not in by_path]


def spend(database: Database, mark: Mark, telling: Telling | None) -> None:
    """Make a mark by itself, with what is told of it. Raises `Marked` where it is there already."""
    if telling is None:
        database.settle(lambda: database.commit(writing(database, (mark,), again=True)))
        return
    audit.Appending(
        database,
        at=telling.at,
        actor=telling.actor,
        action=telling.action,
        detail=telling.detail,
        beside=lambda: writing(database, (mark,), again=True),
    ).run()


def sweep(database: Database, before: int, limit: int) -> int:
    """Forget what was to be kept until then at most."""
    paths = [document.path for document in database.select(queries.swept(before, limit))]
    if paths:
        database.delete(paths)
    return len(paths)
