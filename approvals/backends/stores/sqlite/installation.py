"""What concerns the installation as a whole, in SQL: who it is, and which policy was good last."""

import sqlite3

from approvals.backends.stores.guarding import require_before
from approvals.backends.stores.records import LOADED, loading, micros, moment
from approvals.backends.stores.sqlite import audit
from approvals.chaining import SERVICE
from approvals.ports.store import Installation, StoredPolicy


def installation(connection: sqlite3.Connection) -> Installation:
    instance, generation, schema, created = connection.execute(
        "SELECT instance, generation, schema, created FROM installation"
    ).fetchone()
    return Installation(instance=instance, generation=generation, schema=schema, created=moment(created))


def keep(connection: sqlite3.Connection, policy: StoredPolicy, instead_of: str | None) -> None:
    """Store a policy under its digest, point at it as the last good one, and tell it in the chain."""
    (before,) = connection.execute("SELECT policy FROM installation").fetchone()
    require_before(before, instead_of)
    connection.execute(
        """INSERT INTO policies (digest, text, source, loaded_at) VALUES (:digest, :text, :source, :at)
        ON CONFLICT (digest) DO UPDATE SET text = :text, source = :source, loaded_at = :at""",
        {"digest": policy.digest, "text": policy.text, "source": policy.source, "at": micros(policy.loaded_at)},
    )
    connection.execute("UPDATE installation SET policy = ?", (policy.digest,))
    audit.append(connection, at=policy.loaded_at, actor=SERVICE, action=LOADED, detail=loading(policy))


def last_good(connection: sqlite3.Connection) -> StoredPolicy | None:
    found = connection.execute(
        """SELECT digest, text, source, loaded_at FROM policies
        WHERE digest = (SELECT policy FROM installation)"""
    ).fetchone()
    if found is None:
        return None
    digest, text, source, loaded_at = found
    return StoredPolicy(digest=digest, text=text, source=source, loaded_at=moment(loaded_at))
