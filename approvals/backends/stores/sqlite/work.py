"""Leases and done-records in SQL.

`due` says when a subject's time has come, `woken` keeps the soonest wake that came while a lease was held. A lease
that is never given back makes its subject due when it runs out, so that a crash loses no work.
"""

import sqlite3
from collections.abc import Sequence

from approvals.backends.stores.records import LONGEST, micros
from approvals.ports.store import Lease
from approvals.refusals.errors import Conflict

_FREE = "(owner IS NULL OR lease_until <= :now OR lease_until > :now + :longest)"
DUE = f"""SELECT subject FROM subjects WHERE due <= :now
    AND {_FREE}
    AND (:kind = '' OR subject GLOB :kind || ':*')
    ORDER BY due, rowid LIMIT :limit"""  # noqa: S608 - ours
FEW = 500
"""Subjects of a kind, whenever they are due, through which is looked instead of all that is due."""

_OF_KIND = "subject >= :kind || ':' AND subject < :kind || ';'"
ARE_MANY = f"SELECT 1 FROM subjects WHERE {_OF_KIND} LIMIT 1 OFFSET {FEW}"  # noqa: S608 - ours
# The plus keeps SQLite from walking through the index of all that is due (https://sqlite.org/optoverview.html).
DUE_OF_FEW = f"""SELECT subject FROM subjects WHERE {_OF_KIND} AND +due <= :now
    AND {_FREE}
    ORDER BY due, rowid LIMIT :limit"""  # noqa: S608 - ours
_OLDEST = f"SELECT due FROM subjects WHERE due <= :now AND {_FREE} ORDER BY due LIMIT 1"  # noqa: S608 - ours
_WAKE = """INSERT INTO subjects (subject, due) VALUES (:subject, :due) ON CONFLICT (subject) DO UPDATE SET
    due = min(coalesce(due, :due), :due),
    woken = CASE WHEN owner IS NULL THEN NULL ELSE min(coalesce(woken, :due), :due) END"""
_LEASE = """INSERT INTO subjects (subject, owner, lease_until, due) VALUES (:subject, :owner, :until, :until)
    ON CONFLICT (subject) DO UPDATE SET owner = :owner, lease_until = :until, woken = NULL,
    due = min(coalesce(due, :until), :until)
    WHERE owner IS NULL OR lease_until <= :now OR lease_until > :now + :longest
    RETURNING body"""
_SAVE = "UPDATE subjects SET body = ? WHERE subject = ? AND owner = ? AND lease_until = ?"
_RELEASE = """UPDATE subjects SET owner = NULL, lease_until = NULL, woken = NULL, body = coalesce(:body, body),
    due = CASE WHEN woken IS NULL THEN :due ELSE min(woken, coalesce(:due, woken)) END
    WHERE subject = :subject AND owner = :owner AND lease_until = :until"""


def due(connection: sqlite3.Connection, now: int, limit: int, kind: str = "") -> Sequence[str]:
    """Subjects of a kind (or all) whose time has come and that nobody works on, longest due first.

    In a crowd thousands of two kinds are due, and nothing of the others: of those there are few at any time.
    """
    values = {"now": now, "limit": limit, "kind": kind, "longest": LONGEST}
    few = kind and connection.execute(ARE_MANY, {"kind": kind}).fetchone() is None
    return [subject for (subject,) in connection.execute(DUE_OF_FEW if few else DUE, values)]


def oldest_due(connection: sqlite3.Connection, now: int) -> int | None:
    """Since when the longest due subject is due that nobody works on."""
    found = connection.execute(_OLDEST, {"now": now, "longest": LONGEST}).fetchone()
    return None if found is None else int(found[0])


def recorded(connection: sqlite3.Connection, subject: str) -> bytes:
    """What was recorded last of a subject; empty where nothing was."""
    found = connection.execute("SELECT body FROM subjects WHERE subject = ?", (subject,)).fetchone()
    return bytes(found[0]) if found else b""


def wake(connection: sqlite3.Connection, subject: str, due_at: int) -> None:
    """Make a subject due at that time unless it is due sooner."""
    connection.execute(_WAKE, {"subject": subject, "due": due_at})


def take(connection: sqlite3.Connection, lease: Lease, now: int) -> bytes | None:
    """Take a subject and return its body, or None while it is held."""
    found = connection.execute(_LEASE, _held(lease) | {"now": now, "longest": LONGEST}).fetchone()
    return found[0] if found else None


def save(connection: sqlite3.Connection, lease: Lease, body: bytes) -> None:
    """Write the body of a held subject. Raises `Conflict` when the lease is not the one that stands."""
    values = (body, lease.subject, lease.owner, micros(lease.until))
    if not connection.execute(_SAVE, values).rowcount:
        raise Conflict(f"the lease on {lease.subject} was lost")


def release(connection: sqlite3.Connection, lease: Lease, due_at: int | None, body: bytes | None = None) -> None:
    """Give a subject back, with a new body where there is one. A lost lease changes nothing."""
    connection.execute(_RELEASE, _held(lease) | {"due": due_at, "body": body})


def _held(lease: Lease) -> dict[str, str | int | bytes | None]:
    return {"subject": lease.subject, "owner": lease.owner, "until": micros(lease.until)}
