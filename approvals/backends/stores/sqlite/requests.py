"""Requests in SQL: how a change is written, and how requests are found. Every query costs what it returns."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from approvals.backends.stores.records import Prepared, RequestRow, moment, read_request
from approvals.backends.stores.sqlite import guards, standing, work
from approvals.backends.stores.sqlite.schema import ACCOUNT
from approvals.changes import ReviewKey
from approvals.errors import Conflict, NotFound
from approvals.ports.store import AlreadyReviewed
from approvals.requests import Request
from countersign_client.chain import START

_INSERT = """INSERT INTO requests (id, version, state, requester, resource, filed, holding, seq, head, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE = """UPDATE requests SET version = ?, state = ?, requester = ?, resource = ?, filed = ?, holding = ?,
    seq = ?, head = ?, body = ?, anchored = 0 WHERE id = ?"""


def create(connection: sqlite3.Connection, change: Prepared, key: str) -> bytes | None:
    """Write a new request, or return the body of the one that the key made first.

    Raises `Conflict` when the id is taken or the change is not a first one, `Refused` when it is one too many,
    `GuardFailed` when one of its guards does not hold.
    """
    found = connection.execute(
        "SELECT requests.body FROM filings JOIN requests ON requests.id = filings.request WHERE filings.key = ?",
        (key,),
    ).fetchone()
    if found:
        body: bytes = found[0]
        return body
    if (change.row.version, *change.base) != (1, 0, START) or _tail(connection, change.row.id):
        raise Conflict(f"{change.row.id} is not new")
    guards.require(connection, change.guards)
    if change.limits is not None:
        standing.require(connection, change.row.requester, change.limits, moment(change.row.filed))
    connection.execute(_INSERT, change.row)
    connection.execute("INSERT INTO filings (key, request) VALUES (?, ?)", (key, change.row.id))
    _write_beside(connection, change)
    return None


def commit(connection: sqlite3.Connection, change: Prepared) -> None:
    """Write the next version. Raises `NotFound`, `Conflict`, `AlreadyReviewed` or `GuardFailed`."""
    row = change.row
    tail = _tail(connection, row.id)
    if tail is None:
        raise NotFound(f"there is no request {row.id}")
    if tail != (row.version - 1, *change.base):
        raise Conflict(f"{row.id} was changed meanwhile")
    guards.require(connection, change.guards)
    connection.execute(_UPDATE, (*row[1:], row.id))
    _write_beside(connection, change)


def _tail(connection: sqlite3.Connection, request_id: str) -> tuple[int, int, str] | None:
    found: tuple[int, int, str] | None = connection.execute(
        "SELECT version, seq, head FROM requests WHERE id = ?", (request_id,)
    ).fetchone()
    return found


def _write_beside(connection: sqlite3.Connection, change: Prepared) -> None:
    if change.review:
        _write_review(connection, change.review)
    connection.executemany("INSERT INTO audit (chain, seq, hash, body) VALUES (?, ?, ?, ?)", change.entries)
    for subject in change.wake:
        work.wake(connection, subject, change.due)


def _write_review(connection: sqlite3.Connection, review: ReviewKey) -> None:
    written = connection.execute(
        """INSERT INTO reviews (request, revision, person, number, jti) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (request, revision, person, number) DO NOTHING""",
        (review.request, review.revision, review.person, review.number, review.jti),
    ).rowcount
    if not written:
        raise AlreadyReviewed(f"{review.person} has reviewed {review.request} already")


def request(connection: sqlite3.Connection, request_id: str) -> Request:
    """Raises `NotFound`."""
    found = connection.execute("SELECT body FROM requests WHERE id = ?", (request_id,)).fetchone()
    if found is None:
        raise NotFound(f"there is no request {request_id}")
    return read_request(found[0])


OPEN_OF = """SELECT body FROM requests WHERE requester = ? AND (state = 'pending' OR holding = 1)
    ORDER BY filed DESC, rowid DESC"""
OPEN_BY = f"""SELECT body FROM requests WHERE {ACCOUNT} = ? AND (state = 'pending' OR holding = 1)
    ORDER BY filed DESC, rowid DESC"""  # noqa: S608 - the expression is a constant of the schema
FILED = "SELECT body FROM requests WHERE id = (SELECT request FROM filings WHERE key = ?)"
PENDING = "SELECT body FROM requests WHERE state = 'pending' ORDER BY filed, rowid LIMIT ?"
HOLDINGS = "SELECT body FROM requests WHERE resource = ? AND holding = 1 ORDER BY filed, rowid"
HOLDINGS_OF = """SELECT body FROM requests WHERE resource = ? AND requester = ? AND holding = 1
    ORDER BY filed, rowid"""


def select(connection: sqlite3.Connection, query: str, *values: str | int) -> Sequence[Request]:
    """Run one of the queries above."""
    return [read_request(body) for (body,) in connection.execute(query, values)]


def requesters(connection: sqlite3.Connection, request_ids: Iterable[str]) -> Mapping[str, str]:
    """Who asked, by request."""
    found: dict[str, str] = {}
    for request_id in request_ids:
        found.update(connection.execute("SELECT id, requester FROM requests WHERE id = ?", (request_id,)))
    return found


def row(connection: sqlite3.Connection, request_id: str) -> RequestRow:
    """Return a request's row as it is stored. Raises `NotFound`."""
    found = connection.execute(
        """SELECT id, version, state, requester, resource, filed, holding, seq, head, body
        FROM requests WHERE id = ?""",
        (request_id,),
    ).fetchone()
    if found is None:
        raise NotFound(f"there is no request {request_id}")
    return RequestRow(*found)
