"""What one person has asked for already, in SQL: counted in the transaction that files."""

import sqlite3
from datetime import datetime

from approvals.backends.stores.records import micros, moment, read_all
from approvals.limits import HOUR, Limits, Standing, require_room
from approvals.requests import is_over

_OPEN = "SELECT count(*) FROM requests WHERE requester = ? AND open = 1"
_WAITING = "SELECT id, requester, body FROM requests WHERE requester = ? AND state = 'pending'"
_FILED = "SELECT filed FROM requests WHERE requester = ? AND filed > ?"


def require(connection: sqlite3.Connection, person: str, limits: Limits, now: datetime) -> None:
    """Raises `Refused` where one more request of this person would be too many."""
    (open_,) = connection.execute(_OPEN, (person,)).fetchone()
    pending = read_all(connection.execute(_WAITING, (person,)))
    filed = connection.execute(_FILED, (person, micros(now - HOUR)))
    standing = Standing(
        # When one expires that cannot be read nobody knows.
        waiting=sum(not is_over(request, now=now) for request in pending.requests) + len(pending.damaged),
        open=open_,
        filed=[moment(count) for (count,) in filed],
    )
    require_room(limits, standing, now=now)
