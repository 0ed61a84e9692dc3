"""What was found outside, in SQL. It does not belong to what a copy is made of."""

import sqlite3


def recall(connection: sqlite3.Connection, key: str) -> str | None:
    found: tuple[str] | None = connection.execute("SELECT value FROM memory WHERE key = ?", (key,)).fetchone()
    return None if found is None else found[0]


def remember(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a value, in place of the one before."""
    connection.execute("INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)", (key, value))


def forget(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("DELETE FROM memory WHERE key = ?", (key,))
