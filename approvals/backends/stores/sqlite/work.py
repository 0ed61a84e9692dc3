"""Leases and done-records in SQL.

`due` says when a subject's time has come, `woken` keeps the soonest wake that came while a lease was held. A lease
that is never given back makes its subject due when it runs out, so that a crash loses no work.
"""

import sqlite3
from collections.abc import Sequence

from approvals.backends.stores.records import LONGEST, micros
from approvals.errors import Conflict
from approvals.ports import Lease

DUE = """SELECT subject FROM work WHERE due <= ?1
    AND (owner IS NULL OR lease_until <= ?1 OR lease_until > ?1 + ?4)
    AND (?3 = '' OR subject GLOB ?3 || ':*')
    ORDER BY due, rowid LIMIT ?2"""
_WAKE = """INSERT INTO work (subject, due) VALUES (?1, ?2) ON CONFLICT (subject) DO UPDATE SET
    due = min(coalesce(due, ?2), ?2),
    woken = CASE WHEN owner IS NULL THEN NULL ELSE min(coalesce(woken, ?2), ?2) END"""
_LEASE = """INSERT INTO work (subject, owner, lease_until, due) VALUES (?1, ?2, ?4, ?4)
    ON CONFLICT (subject) DO UPDATE SET owner = ?2, lease_until = ?4, woken = NULL,
    due = min(coalesce(due, ?4), ?4)
    WHERE owner IS NULL OR lease_until <= ?3 OR lease_until > ?3 + ?5
    RETURNING body"""
_SAVE = "UPDATE work SET body = ? WHERE subject = ? AND owner = ? AND lease_until = ?"
_RELEASE = """UPDATE work SET owner = NULL, lease_until = NULL, woken = NULL,
    due = CASE WHEN woken IS NULL THEN ?1 ELSE min(woken, coalesce(?1, woken)) END
    WHERE subject = ?2 AND owner = ?3 AND lease_until = ?4"""


def due(connection: sqlite3.Connection, now: int, limit: int, kind: str = "") -> Sequence[str]:
    """Subjects of a kind (or all) whose time has come and that nobody works on, longest due first."""
    return [subject for (subject,) in connection.execute(DUE, (now, limit, kind, LONGEST))]


def wake(connection: sqlite3.Connection, subject: str, due_at: int) -> None:
    """Make a subject due at that time unless it is due sooner."""
    connection.execute(_WAKE, (subject, due_at))


def take(connection: sqlite3.Connection, lease: Lease, now: int) -> bytes | None:
    """Take a subject and return its body, or None while it is held."""
    values = (lease.subject, lease.owner, now, micros(lease.until), LONGEST)
    found = connection.execute(_LEASE, values).fetchone()
    return found[0] if found else None


def save(connection: sqlite3.Connection, lease: Lease, body: bytes) -> None:
    """Write the body of a held subject. Raises `Conflict` when the lease is not the one that stands."""
    values = (body, lease.subject, lease.owner, micros(lease.until))
    if not connection.execute(_SAVE, values).rowcount:
        raise Conflict(f"the lease on {lease.subject} was lost")


def release(connection: sqlite3.Connection, lease: Lease, due_at: int | None) -> None:
    """Give a subject back. A lost lease changes nothing."""
    connection.execute(_RELEASE, (due_at, lease.subject, lease.owner, micros(lease.until)))
