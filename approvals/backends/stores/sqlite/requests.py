"""Requests in SQL: how a change is written, and how requests are found. Every query costs what it returns."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from approvals.backends.stores import records
from approvals.backends.stores.guarding import require_seen
from approvals.backends.stores.records import Prepared, RequestRow, moment, read_all, read_request
from approvals.backends.stores.sqlite import answers, guards, marks, standing, work
from approvals.changes import ReviewKey
from approvals.ports.store import AlreadyReviewed, OnResource
from approvals.ports.texts import Retained
from approvals.refusals.errors import Conflict, NotFound
from approvals.requests import Request
from countersign_client.chain import START

_INSERT = """INSERT INTO requests
    (id, version, state, requester, entitlement, filed, holding, seq, head, retained, body, account, open)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_STORED = """SELECT version, seq, head, state, requester, filed, holding, account, open, anchored, retained
    FROM requests WHERE id = ?"""
_FOUND_BY = ("state", "requester", "filed", "holding", "account", "open", "anchored", "retained")
ROW = """id, version, state, requester, entitlement, filed, holding,
    (SELECT json_group_array(resource) FROM holdings AS held
    WHERE (held.request, held.requester, held.filed) = (requests.id, requests.requester, requests.filed)),
    seq, head, retained, body"""
"""The columns of `read_row`."""


def create(
    connection: sqlite3.Connection, change: Prepared, key: str, older: Prepared | None = None
) -> bytes | None:
    """Write a new request and what ends the older one, or return the body of the one that the key made first.

    Raises `Conflict` when the id is taken or the change is not a first one, `Refused` when it is one too many,
    `GuardFailed` when one of its guards does not hold, and of the older one what `commit` does.
    """
    found = connection.execute(
        "SELECT requests.body FROM filings JOIN requests ON requests.id = filings.request WHERE filings.key = ?",
        (key,),
    ).fetchone()
    if found:
        body: bytes = found[0]
        return body
    if (change.row.version, *change.base) != (1, 0, START) or _stored(connection, change.row.id):
        raise Conflict(f"{change.row.id} is not new")
    _require_unchanged(connection, change)
    if older is not None:
        commit(connection, older)
    for whose, limits in change.counted:
        standing.require(connection, whose, limits, moment(change.row.filed))
    insert(connection, change.row, change.account)
    for whose, _ in change.counted:
        standing.note(connection, whose, change.row.id, moment(change.row.filed))
    connection.execute("INSERT INTO filings (key, request) VALUES (?, ?)", (key, change.row.id))
    _write_beside(connection, change)
    return None


def commit(connection: sqlite3.Connection, change: Prepared) -> None:
    """Write the next version. Raises `NotFound`, `Conflict`, `AlreadyReviewed` or `GuardFailed`."""
    row = change.row
    stored = _stored(connection, row.id)
    if stored is None:
        raise NotFound(f"there is no request {row.id}")
    if stored[:3] != (row.version - 1, *change.base):
        raise Conflict(f"{row.id} was changed meanwhile")
    _require_unchanged(connection, change)
    values = {"version": row.version, "seq": row.seq, "head": row.head, "body": row.body}
    values |= _changed(change, stored[3:])
    connection.execute(_update(*values), (*values.values(), row.id))
    _hold(connection, row, held=bool(stored[6]))
    _write_beside(connection, change)


def _require_unchanged(connection: sqlite3.Connection, change: Prepared) -> None:
    """What the change holds on to is as it was read, in the transaction that writes it."""
    guards.require(connection, change.guards)
    if change.seen:
        require_seen(change.seen, versions(connection, [each.request for each in change.seen]))


def insert(connection: sqlite3.Connection, row: RequestRow, account: str) -> None:
    """Write the row of a request that is not there yet."""
    columns = [value for name, value in row._asdict().items() if name != "holds"]
    connection.execute(_INSERT, (*columns, account, row.open))
    _hold(connection, row, held=False)


def _hold(connection: sqlite3.Connection, row: RequestRow, *, held: bool) -> None:
    """Note where bindings may stand. What a request holds it holds from its approval on: it only gets less."""
    if held:
        connection.execute(
            "DELETE FROM holdings WHERE request = ? AND resource NOT IN (SELECT value FROM json_each (?))",
            (row.id, json.dumps(row.holds)),
        )
    elif row.holds:
        connection.executemany(
            "INSERT INTO holdings (resource, requester, filed, request) VALUES (?, ?, ?, ?)",
            [(resource, row.requester, row.filed, row.id) for resource in row.holds],
        )


def _stored(connection: sqlite3.Connection, request_id: str) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = connection.execute(_STORED, (request_id,)).fetchone()
    return found


def _changed(change: Prepared, stored: Sequence[Any]) -> Mapping[str, Any]:
    """What a request is found by, as far as it changes: whatever is set is moved in each of its indexes."""
    row = change.row
    found_by = (row.state, row.requester, row.filed, row.holding, change.account, row.open, 0, row.retained)
    return {name: now for name, now, old in zip(_FOUND_BY, found_by, stored, strict=True) if now != old}


@cache
def _update(*names: str) -> str:
    return f"UPDATE requests SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?"  # noqa: S608 - ours


def _write_beside(connection: sqlite3.Connection, change: Prepared) -> None:
    if change.review:
        _write_review(connection, change.review)
    if change.beside:
        answers.write(connection, change.beside)
    marks.remove(connection, change.unmarks)
    marks.write(connection, change.marks)
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


FILED = "SELECT body FROM requests WHERE id = (SELECT request FROM filings WHERE key = ?)"
READ = "SELECT requests.id, requests.requester, body FROM"
"""How every query of several begins."""
OPEN_OF = f"{READ} requests WHERE requester = ? AND open = 1 ORDER BY filed DESC, rowid DESC"
BESIDE = f"""{READ} requests WHERE requester = ? AND open = 1 AND entitlement = ? AND id != ?
    ORDER BY filed DESC, rowid DESC"""
OPEN_BY = f"{READ} requests WHERE account = ? AND open = 1 ORDER BY filed DESC, rowid DESC"
ACCOUNTS = "SELECT DISTINCT account FROM requests WHERE open = 1 AND account > ? ORDER BY account LIMIT ?"
RETAINED = """SELECT retained FROM requests WHERE retained != '' AND retained > ?
    ORDER BY retained LIMIT ?"""
PENDING = f"{READ} requests WHERE state = 'pending' ORDER BY filed, rowid LIMIT ?"
HOLDINGS = f"""{READ} holdings JOIN requests ON requests.id = holdings.request
    WHERE holdings.resource = ? ORDER BY holdings.filed, holdings.request"""
HOLDINGS_OF = f"""{READ} holdings JOIN requests ON requests.id = holdings.request
    WHERE holdings.resource = ? AND holdings.requester = ? ORDER BY holdings.filed, holdings.request"""


def filed(connection: sqlite3.Connection, key: str) -> Request | None:
    """The request that a key made, if it made one."""
    found = connection.execute(FILED, (key,)).fetchone()
    return None if found is None else read_request(found[0])


def select(connection: sqlite3.Connection, query: str, *values: str | int) -> OnResource:
    """Run one of the queries above that find several."""
    return read_all(connection.execute(query, values))


def accounts(connection: sqlite3.Connection, after: str, limit: int) -> Sequence[str]:
    """By which accounts something is open."""
    return [account for (account,) in connection.execute(ACCOUNTS, (after, limit))]


def retained(connection: sqlite3.Connection, after: str, limit: int) -> Sequence[Retained]:
    """What is over and still has its texts, behind a place."""
    return [records.retained(place) for (place,) in connection.execute(RETAINED, (after, limit))]


def requesters(connection: sqlite3.Connection, request_ids: Iterable[str]) -> Mapping[str, str]:
    """Who asked, by request."""
    found: dict[str, str] = {}
    for request_id in request_ids:
        found.update(connection.execute("SELECT id, requester FROM requests WHERE id = ?", (request_id,)))
    return found


def versions(connection: sqlite3.Connection, request_ids: Collection[str]) -> Mapping[str, int]:
    """How often each was changed."""
    query = "SELECT id, version FROM requests WHERE id IN (SELECT value FROM json_each (?))"
    return dict(connection.execute(query, (json.dumps(list(request_ids)),)))


def read_row(values: Sequence[Any]) -> RequestRow:
    """Make a row of the columns `ROW`."""
    row = RequestRow(*values)
    holds: str = row.holds  # type: ignore[assignment]  # as JSON
    return row._replace(holding=bool(row.holding), holds=tuple(sorted(json.loads(holds))))
