"""The tables, and how a file of an older release becomes one of this release."""

import logging
import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.first_release import brought_up
from approvals.backends.stores.records import account_of, entitlement_of, micros, retained_of
from approvals.ledgers.folding import folded, resource_subject
from approvals.ledgers.ledger import Ledger, encoded
from countersign_client.chain import START

SCHEMA = 2
"""The schema that this release writes."""

_log = logging.getLogger(__name__)
_APPLICATION = 0x4353474E  # PRAGMA application_id, by which the file is known as ours

_OPEN = "CREATE INDEX requests_open ON requests (requester, filed) WHERE open = 1"
_UNANCHORED = "CREATE INDEX requests_unanchored ON requests (id) WHERE anchored = 0"
_FILED = "CREATE INDEX requests_filed ON requests (requester, filed, id)"
_ENTITLEMENTS = "CREATE INDEX requests_entitlement ON requests (entitlement, filed, id)"
_EVERYBODY = "CREATE INDEX requests_everybody ON requests (filed, id)"
_ACCOUNTS = "CREATE INDEX requests_account ON requests (account, filed) WHERE open = 1"
_RETAINED = "CREATE INDEX requests_retained ON requests (retained) WHERE retained != ''"
_MEMORY = "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"

_HOLDINGS = (
    """CREATE TABLE holdings (
        resource TEXT NOT NULL, requester TEXT NOT NULL, filed INTEGER NOT NULL,
        request TEXT NOT NULL REFERENCES requests (id),
        PRIMARY KEY (resource, requester, filed, request)) WITHOUT ROWID""",
    "CREATE INDEX holdings_request ON holdings (request, resource)",
    "CREATE INDEX holdings_filed ON holdings (resource, filed, request)",
)
"""On which resources a binding of a request may stand: one row each, for as long as it may."""

_SPREAD_HOLDINGS = (
    *_HOLDINGS,
    """INSERT INTO holdings (resource, requester, filed, request)
        SELECT resource, requester, filed, id FROM requests WHERE holding = 1""",
    "DROP INDEX requests_holding",
    "ALTER TABLE requests DROP COLUMN resource",
)

_GUARDS = "CREATE TABLE guards (name TEXT PRIMARY KEY, value INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID"

_ANSWERS = (
    """CREATE TABLE answers (
        account TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL, until INTEGER)""",
    "CREATE INDEX answers_until ON answers (until) WHERE until IS NOT NULL",
)
"""What calls were answered; `until` when that is to be kept, none where nothing is."""

_MARKS = (
    "CREATE TABLE marks (name TEXT PRIMARY KEY, until INTEGER NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX marks_until ON marks (until)",
)

_FILERS = """CREATE TABLE filers (
    filer TEXT NOT NULL, filed INTEGER NOT NULL, request TEXT NOT NULL,
    PRIMARY KEY (filer, filed, request)) WITHOUT ROWID"""
"""What each application filed within the last hour, for its limits alone."""

_REVIEWS = """CREATE TABLE reviews (
    request TEXT NOT NULL REFERENCES requests (id), revision INTEGER NOT NULL, person TEXT NOT NULL,
    number INTEGER NOT NULL, jti TEXT NOT NULL,
    PRIMARY KEY (request, revision, person, number)) WITHOUT ROWID"""

_SUBJECTS = """CREATE TABLE subjects (
    subject TEXT PRIMARY KEY, owner TEXT, lease_until INTEGER, due INTEGER, woken INTEGER,
    body BLOB NOT NULL DEFAULT x'')"""
_DUE = "CREATE INDEX subjects_due ON subjects (due) WHERE due IS NOT NULL"

_NUMBERED_REVIEWS = (
    "ALTER TABLE reviews RENAME TO old_reviews",
    _REVIEWS,
    """INSERT INTO reviews (request, revision, person, number, jti)
        SELECT request, revision, person, 1, jti FROM old_reviews""",
    "DROP TABLE old_reviews",
)

_AUDIT = (
    """CREATE TABLE audit (
        chain TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (chain, seq))""",
    """CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
        BEGIN SELECT RAISE (ABORT, 'audit entries are never changed'); END""",
    """CREATE TRIGGER audit_kept BEFORE DELETE ON audit
        BEGIN SELECT RAISE (ABORT, 'audit entries are never deleted'); END""",
)
# Entries lie in the order in which they were written, so that a commit adds to the last page: by chain and number
# each of them went into a page of its own, and split it.
_AUDIT_IN_ORDER = (
    "ALTER TABLE audit RENAME TO old_audit",
    "DROP TRIGGER audit_stays",
    "DROP TRIGGER audit_kept",
    *_AUDIT,
    "INSERT INTO audit (chain, seq, hash, body) SELECT chain, seq, hash, body FROM old_audit ORDER BY chain, seq",
    "DROP TABLE old_audit",
)

_TABLES = (
    """CREATE TABLE installation (
        id INTEGER PRIMARY KEY CHECK (id = 1), instance TEXT NOT NULL, generation TEXT NOT NULL,
        schema INTEGER NOT NULL, created INTEGER NOT NULL, policy TEXT REFERENCES policies (digest))""",
    """CREATE TABLE policies (
        digest TEXT PRIMARY KEY, text TEXT NOT NULL, source TEXT NOT NULL, loaded_at INTEGER NOT NULL)""",
    """CREATE TABLE requests (
        id TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL, requester TEXT NOT NULL,
        filed INTEGER NOT NULL, holding INTEGER NOT NULL,
        seq INTEGER NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL, account TEXT NOT NULL DEFAULT '',
        open INTEGER NOT NULL DEFAULT 0, anchored INTEGER NOT NULL DEFAULT 0,
        entitlement TEXT NOT NULL DEFAULT '', retained TEXT NOT NULL DEFAULT '')""",
    _OPEN,
    "CREATE INDEX requests_pending ON requests (filed) WHERE state = 'pending'",
    *_HOLDINGS,
    _FILED,
    _ENTITLEMENTS,
    _EVERYBODY,
    _ACCOUNTS,
    """CREATE TABLE filings (
        key TEXT PRIMARY KEY, request TEXT NOT NULL REFERENCES requests (id)) WITHOUT ROWID""",
    _REVIEWS,
    *_AUDIT,
    "CREATE TABLE heads (chain TEXT PRIMARY KEY, seq INTEGER NOT NULL, head TEXT NOT NULL) WITHOUT ROWID",
    _SUBJECTS,
    _DUE,
    _MEMORY,
    _GUARDS,
    *_ANSWERS,
    *_MARKS,
    _FILERS,
    _UNANCHORED,
    _RETAINED,
)

_ADDED = (
    "ALTER TABLE requests ADD COLUMN account TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE requests ADD COLUMN open INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE requests ADD COLUMN anchored INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE requests ADD COLUMN entitlement TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE requests ADD COLUMN retained TEXT NOT NULL DEFAULT ''",
    "UPDATE requests SET open = 1 WHERE state = 'pending' OR holding = 1",
    "DROP INDEX requests_open",
    _OPEN,
)
_PAGE = "SELECT id, open, body FROM requests WHERE id > ? ORDER BY id LIMIT 500"
_BROUGHT = "UPDATE requests SET body = ?, account = ?, entitlement = ?, retained = ? WHERE id = ?"


Migration = str | Callable[[sqlite3.Connection], None]


def _bring_up(connection: sqlite3.Connection) -> None:
    """Bring every request to the form of this release, some at a time."""
    page = connection.execute(_PAGE, ("",)).fetchall()
    while page:
        brought = [
            (
                brought_up(request_id, body),
                account_of(body),
                entitlement_of(body),
                "" if is_open else retained_of(body),
                request_id,
            )
            for request_id, is_open, body in page
        ]
        connection.executemany(_BROUGHT, brought)
        page = connection.execute(_PAGE, (page[-1][0],)).fetchall()


def _fold_bindings(connection: sqlite3.Connection) -> None:
    """Fold what 0.1.0 recorded of each person's bindings into what is recorded of the resource, due at once."""
    ledgers: dict[str, Ledger] = {}
    for subject, body in connection.execute("SELECT subject, body FROM work WHERE subject GLOB 'binding:*'"):
        resource = resource_subject(subject)
        ledgers[resource] = folded(ledgers.get(resource, Ledger()), body, subject=subject)
    connection.executemany(
        "INSERT INTO subjects (subject, due, body) VALUES (?, 0, ?)",
        [(subject, encoded(ledger)) for subject, ledger in ledgers.items()],
    )


_SHARED_SUBJECTS: tuple[Migration, ...] = (
    _SUBJECTS,
    _DUE,
    _fold_bindings,
    """INSERT INTO subjects SELECT subject, owner, lease_until, due, woken, body FROM work
        WHERE subject NOT GLOB 'binding:*' ORDER BY rowid""",
    # A process of 0.1.0 that still has the file open finds this no more: it takes up no work and keeps nothing.
    "DROP TABLE work",
)
_MIGRATIONS: dict[int, tuple[Migration, ...]] = {
    1: (
        *_SPREAD_HOLDINGS,
        *_ADDED,
        _bring_up,
        _ACCOUNTS,
        _FILED,
        _ENTITLEMENTS,
        _EVERYBODY,
        _UNANCHORED,
        _RETAINED,
        *_NUMBERED_REVIEWS,
        *_AUDIT_IN_ORDER,
        _MEMORY,
        _GUARDS,
        *_ANSWERS,
        *_MARKS,
        _FILERS,
        *_SHARED_SUBJECTS,
    )
}
"""What leads from each older schema to the one after it: statements, and functions for what SQL cannot say."""


def create(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Make every table of a new store, with its instance and generation, in one transaction."""
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO installation (id, instance, generation, schema, created) VALUES (1, ?, ?, ?, ?)",
        (secrets.token_hex(5), new_generation(), SCHEMA, micros(now)),
    )
    connection.execute("INSERT INTO heads (chain, seq, head) VALUES ('', 0, ?)", (START,))
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


def new_generation() -> str:
    """Make the word that tells the tokens of this store from those of the store that it was restored from."""
    return secrets.token_hex(8)


def check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema of a file. Raises `StoreError` when it is not ours or of a newer release."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION:
        raise StoreError(f"{path} is a database of something else: name another file for the store")
    if schema > SCHEMA:
        raise StoreError(
            f"{path} has schema {schema}, and this release knows schemas up to {SCHEMA}:"
            " start the newer release again, or restore a backup that this one made"
        )
    return int(schema)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file to this release's schema in one transaction, and say so. Raises as `check` does."""
    old = check(connection, path)
    if old == SCHEMA:
        return
    _log.warning("%s is brought from schema %d to %d, which no older release reads", path, old, SCHEMA)
    # 0.1.0 left texts in pages that it used no more.
    connection.execute("VACUUM")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have migrated while this one waited for the lock.
        for schema in range(check(connection, path), SCHEMA):
            for step in _MIGRATIONS[schema]:
                if callable(step):
                    step(connection)
                else:
                    connection.execute(step)
        connection.execute("UPDATE installation SET schema = ?", (SCHEMA,))
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    _log.warning("%s has schema %d now", path, SCHEMA)
