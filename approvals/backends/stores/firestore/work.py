"""Leases and done-records in documents.

`due` says when a subject's time has come, `woken` keeps the soonest wake that came while a lease was held: taking
the lease clears it. A lease that is never given back makes its subject due when it runs out, so that a crash loses
no work.
"""

import secrets
from collections.abc import Sequence

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document, Least, Write, change, create, merge
from approvals.backends.stores.records import LONGEST, micros
from approvals.errors import Conflict
from approvals.ports.store import Lease

_HELD = 32  # subjects that are due and held at the same time, as a rule


def due(database: Database, now: int, limit: int, kind: str) -> Sequence[str]:
    """Subjects of a kind (or all) whose time has come and that nobody works on, longest due first."""
    size = limit + _HELD
    while True:
        found = database.select(queries.due(now, size, kind))
        free = [document.data["subject"] for document in found if not _held(document, now)]
        if len(free) >= limit or len(found) < size:
            return free[:limit]
        size *= 4


def waking(subject: str, due_at: int) -> Write:
    """The write that makes a subject due at that time unless it is due sooner. It reads nothing."""
    return merge(
        documents.work(subject), {**documents.of_work(subject), "due": Least(due_at), "woken": Least(due_at)}
    )


def wake(database: Database, subject: str, due_at: int) -> None:
    """Make a subject due at that time unless it is due sooner."""
    database.settle(lambda: database.commit([waking(subject, due_at)]))


def take(database: Database, lease: Lease, now: int) -> bytes | None:
    """Take a subject and return its body, or None while it is held."""
    mark = secrets.token_hex(8)
    return database.settle(lambda: _take(database, lease, now, mark))


def _take(database: Database, lease: Lease, now: int, mark: str) -> bytes | None:
    until = micros(lease.until)
    taken = {"owner": lease.owner, "lease_until": until, "woken": None, "mark": mark}
    stored = database.one(documents.work(lease.subject))
    if stored is None:
        empty = documents.of_work(lease.subject) | {"due": until, "body": b""}
        database.commit([create(documents.work(lease.subject), empty | taken)])
        return b""
    body: bytes = stored.data.get("body", b"")
    if stored.data.get("mark") == mark:
        return body
    if _held(stored, now):
        return None
    soonest = until if stored.data["due"] is None else min(stored.data["due"], until)
    database.commit([change(stored, taken | {"due": soonest})])
    return body


def save(database: Database, lease: Lease, body: bytes) -> None:
    """Write the body of a held subject. Raises `Conflict` when the lease is not the one that stands."""
    database.settle(lambda: _save(database, lease, body))


def _save(database: Database, lease: Lease, body: bytes) -> None:
    stored = _own(database, lease)
    if stored is None:
        raise Conflict(f"the lease on {lease.subject} was lost")
    database.commit([change(stored, {"body": body})])


def release(database: Database, lease: Lease, due_at: int | None) -> None:
    """Give a subject back. A lost lease changes nothing."""
    database.settle(lambda: _release(database, lease, due_at))


def _release(database: Database, lease: Lease, due_at: int | None) -> None:
    stored = _own(database, lease)
    if stored is None:
        return
    times = [time for time in (stored.data["woken"], due_at) if time is not None]
    free = {"owner": None, "lease_until": None, "woken": None, "mark": None}
    database.commit([change(stored, free | {"due": min(times, default=None)})])


def _own(database: Database, lease: Lease) -> Document | None:
    stored = database.one(documents.work(lease.subject))
    if stored is None or stored.data.get("owner") != lease.owner:
        return None
    return stored if stored.data["lease_until"] == micros(lease.until) else None


def _held(stored: Document, now: int) -> bool:
    if stored.data.get("owner") is None:
        return False
    until: int = stored.data["lease_until"]
    return now < until <= now + LONGEST
