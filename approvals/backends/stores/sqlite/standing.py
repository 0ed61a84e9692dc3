"""What one person or application has asked for already, in SQL: counted in the transaction that files."""

import sqlite3
from datetime import datetime

from approvals.backends.stores.records import micros, moment, read_all
from approvals.limits import HOUR, Limits, Standing, is_application, is_share, require_room
from approvals.requests import is_over

_OPEN = "SELECT count(*) FROM requests WHERE requester = ? AND open = 1 AND account NOT GLOB 'application:*'"
_WAITING = """SELECT id, requester, body FROM requests
    WHERE requester = ? AND state = 'pending' AND account NOT GLOB 'application:*'"""
_FILED = "SELECT filed FROM requests WHERE requester = ? AND filed > ? AND account NOT GLOB 'application:*'"

# The accounts by which an application asks are its name, a slash, and the person: "0" comes right after the slash.
_WAITING_OF = """SELECT id, requester, body FROM requests
    WHERE account >= ? || '/' AND account < ? || '0' AND open = 1 AND state = 'pending'"""
_WAITING_BY = """SELECT id, requester, body FROM requests
    WHERE account = ? AND open = 1 AND state = 'pending'"""
_FILED_OF = "SELECT filed FROM filers WHERE filer = ? AND filed > ?"


def require(connection: sqlite3.Connection, filer: str, limits: Limits, now: datetime) -> None:
    """Raises `Refused` where one more request of this person or application would be too many."""
    require_room(limits, (_program if is_application(filer) else _person)(connection, filer, now), now=now)


def note(connection: sqlite3.Connection, filer: str, request_id: str, now: datetime) -> None:
    """Note what an application files, for as long as it counts; of a person the requests themselves tell."""
    if is_application(filer):
        hour = micros(now - HOUR)
        connection.execute("DELETE FROM filers WHERE filer = ? AND filed <= ?", (filer, hour))
        connection.execute(
            "INSERT INTO filers (filer, filed, request) VALUES (?, ?, ?)", (filer, micros(now), request_id)
        )


def _person(connection: sqlite3.Connection, person: str, now: datetime) -> Standing:
    (open_,) = connection.execute(_OPEN, (person,)).fetchone()
    return Standing(
        waiting=_waiting(connection.execute(_WAITING, (person,)), now),
        open=open_,
        filed=_moments(connection.execute(_FILED, (person, micros(now - HOUR)))),
    )


def _program(connection: sqlite3.Connection, filer: str, now: datetime) -> Standing:
    share = is_share(filer)
    asked, of = (_WAITING_BY, (filer,)) if share else (_WAITING_OF, (filer, filer))
    return Standing(
        waiting=_waiting(connection.execute(asked, of), now),
        open=None,
        filed=_moments(connection.execute(_FILED_OF, (filer, micros(now - HOUR)))),
        share=share,
    )


def _waiting(rows: sqlite3.Cursor, now: datetime) -> int:
    pending = read_all(rows)
    # When one expires that cannot be read nobody knows.
    return sum(not is_over(request, now=now) for request in pending.requests) + len(pending.damaged)


def _moments(rows: sqlite3.Cursor) -> list[datetime]:
    return [moment(filed) for (filed,) in rows]
