"""What calls were answered, in SQL. It does not belong to what a copy is made of."""

import sqlite3

from approvals.answers import Stored
from approvals.backends.stores.records import micros
from approvals.changes import Beside
from approvals.refusals.errors import Conflict


def answered(connection: sqlite3.Connection, account: str) -> Stored:
    found = connection.execute("SELECT version, body FROM answers WHERE account = ?", (account,)).fetchone()
    return Stored() if found is None else Stored(version=found[0], body=found[1])


def write(connection: sqlite3.Connection, beside: Beside) -> None:
    """Put the new record in the place of the one that was read. Raises `Conflict` where that is another by now."""
    if answered(connection, beside.account).version != beside.version:
        raise Conflict(f"another call of {beside.account} was answered meanwhile")
    connection.execute(
        "INSERT OR REPLACE INTO answers (account, version, body, until) VALUES (?, ?, ?, ?)",
        (beside.account, beside.version + 1, beside.body, micros(beside.until)),
    )


EMPTIED = "SELECT account FROM answers WHERE until < ? ORDER BY until LIMIT ?"


def empty(connection: sqlite3.Connection, before: int, limit: int) -> int:
    """Forget what was answered to calls that nobody sends again. Its number goes on, as with every change."""
    emptied = f"UPDATE answers SET body = x'', version = version + 1, until = NULL WHERE account IN ({EMPTIED})"  # noqa: S608
    return connection.execute(emptied, (before, limit)).rowcount
