"""Guards in SQL: what changes hold on to beside their own records."""

import sqlite3
from collections.abc import Sequence

from approvals.backends.stores.guarding import require_guards
from approvals.guards import Guard, Guarded
from approvals.refusals.errors import Conflict

_SET = """INSERT INTO guards (name, value, body) VALUES (:name, :value, :body)
    ON CONFLICT (name) DO UPDATE SET value = :value, body = :body"""


def require(connection: sqlite3.Connection, guards: Sequence[Guard]) -> None:
    """Raise `GuardFailed` where one does not hold. One statement, however many there are, and none for none."""
    if guards:
        marks = ", ".join("?" * len(guards))
        rows = connection.execute(
            f"SELECT name, value FROM guards WHERE name IN ({marks})",  # noqa: S608 - nothing but question marks
            [guard.name for guard in guards],
        )
        require_guards(guards, dict(rows))


def guarded(connection: sqlite3.Connection, name: str) -> Guarded:
    found = connection.execute("SELECT value, body FROM guards WHERE name = ?", (name,)).fetchone()
    return Guarded(value=found[0], body=found[1]) if found else Guarded()


def together(connection: sqlite3.Connection, names: Sequence[str]) -> tuple[Guarded, ...]:
    marks = ", ".join("?" * len(names))
    rows = connection.execute(
        f"SELECT name, value, body FROM guards WHERE name IN ({marks})",  # noqa: S608 - nothing but question marks
        names,
    )
    found = {name: Guarded(value=value, body=body) for name, value, body in rows}
    return tuple(found.get(name, Guarded()) for name in names)


def move(connection: sqlite3.Connection, guard: Guard, body: bytes, steps: int) -> None:
    """Move a guard on. Raises `Conflict` where it stands elsewhere than is named."""
    if guarded(connection, guard.name).value != guard.value:
        raise Conflict(f"the guard {guard.name} has moved on")
    put(connection, guard.name, value=guard.value + steps, body=body)


def put(connection: sqlite3.Connection, name: str, *, value: int, body: bytes) -> None:
    connection.execute(_SET, {"name": name, "value": value, "body": body})
