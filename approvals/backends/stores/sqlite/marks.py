"""Marks in SQL: a row each, made with the change of which it is a part."""

import sqlite3
from collections.abc import Iterable

from approvals.backends.stores.records import micros
from approvals.changes import Mark, Marked


def body(connection: sqlite3.Connection, name: str) -> bytes | None:
    found = connection.execute("SELECT body FROM marks WHERE name = ?", (name,)).fetchone()
    return None if found is None else found[0]


def write(connection: sqlite3.Connection, marks: Iterable[Mark]) -> None:
    """Raises `Marked` where one of them is there already."""
    for mark in marks:
        written = connection.execute(
            "INSERT INTO marks (name, until, body) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
            (mark.name, micros(mark.until), mark.body),
        ).rowcount
        if not written:
            raise Marked(mark.name)


def remove(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Take back what these marks stand for."""
    connection.executemany("DELETE FROM marks WHERE name = ?", [(name,) for name in names])


SWEPT = "SELECT name FROM marks WHERE until < ? ORDER BY until LIMIT ?"


def sweep(connection: sqlite3.Connection, before: int, limit: int) -> int:
    """Forget what was to be kept until then at most."""
    return connection.execute(f"DELETE FROM marks WHERE name IN ({SWEPT})", (before, limit)).rowcount  # noqa: S608
