"""What is read to hold a record against its chain, and the notes of what is anchored, in SQL."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from approvals.backends.stores import held
from approvals.backends.stores.contents import GuardRow, Head
from approvals.backends.stores.held import StoredInstallation, StoredRequest
from approvals.backends.stores.records import EntryRow
from approvals.backends.stores.sqlite import installation, requests
from approvals.chains import Held, Tail
from approvals.changes import ReviewKey

_ROW = f"SELECT {requests.ROW}, account, open, anchored FROM requests WHERE id = ?"  # noqa: S608 - constants
_REVIEWS = "SELECT request, revision, person, number, jti FROM reviews WHERE request = ?"
UNANCHORED = "SELECT id, seq, head FROM requests WHERE anchored = 0 ORDER BY id LIMIT ?"


def look(connection: sqlite3.Connection, chain: str) -> Held:
    """Hold one chain's record against it, as both stand at one moment."""
    with _moment(connection):
        if not chain:
            return held.of_installation(_installation(connection))
        return held.of_request(chain, request(connection, chain))


def unanchored(connection: sqlite3.Connection, limit: int) -> Sequence[Tail]:
    return [Tail(*found) for found in connection.execute(UNANCHORED, (limit,))]


def anchored(connection: sqlite3.Connection, tails: Sequence[Tail]) -> None:
    connection.executemany(
        "UPDATE requests SET anchored = 1 WHERE id = ? AND seq = ? AND head = ?", [tuple(tail) for tail in tails]
    )


def request(connection: sqlite3.Connection, request_id: str) -> StoredRequest:
    """All that is stored of one request."""
    found = connection.execute(_ROW, (request_id,)).fetchone()
    reviews = [
        ReviewKey(request=request, revision=revision, person=person, number=number, jti=jti)
        for request, revision, person, number, jti in connection.execute(_REVIEWS, (request_id,))
    ]
    rows = entries(connection, request_id)
    if found is None:
        return StoredRequest(None, rows, reviews, anchored=False)
    *row, account, is_open, anchored = found
    stored = requests.read_row(row)
    return StoredRequest(stored, rows, reviews, anchored=bool(anchored), account=account, open=bool(is_open))


def _installation(connection: sqlite3.Connection) -> StoredInstallation:
    head = connection.execute("SELECT seq, head FROM heads WHERE chain = ''").fetchone()
    instance, generation, good = connection.execute(
        "SELECT instance, generation, policy FROM installation"
    ).fetchone()
    return StoredInstallation(
        instance,
        generation,
        Head(*head) if head else None,
        entries(connection, ""),
        good,
        installation.last_good(connection),
        [GuardRow(*row) for row in connection.execute("SELECT name, value, body FROM guards")],
    )


def entries(connection: sqlite3.Connection, chain: str) -> Sequence[EntryRow]:
    """The entries of one chain as they are stored, in order."""
    rows = connection.execute("SELECT chain, seq, hash, body FROM audit WHERE chain = ? ORDER BY seq", (chain,))
    return [EntryRow(*row) for row in rows]


@contextmanager
def _moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Read everything as it stands now, unless a transaction does that already."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
