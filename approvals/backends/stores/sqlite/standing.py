"""What one person has asked for already, in SQL: counted in the transaction that files."""

import sqlite3
from datetime import datetime

from approvals.backends.stores.records import micros, moment, readable
from approvals.limits import HOUR, Limits, Standing, require_room

_OPEN = "SELECT count(*) FROM requests WHERE requester = ? AND open = 1"
_WAITING = "SELECT id, body FROM requests WHERE requester = ? AND state = 'pending'"
_FILED = "SELECT filed FROM requests WHERE requester = ? AND filed > ?"


def require(connection: sqlite3.Connection, person: str, limits: Limits, now: datetime) -> None:
    """Raises `Refused` where one more request of this person would be too many."""
    (open_,) = connection.execute(_OPEN, (person,)).fetchone()
    waiting = readable(connection.execute(_WAITING, (person,)))
    filed = connection.execute(_FILED, (person, micros(now - HOUR)))
    standing = Standing(
        waiting=sum(now < request.terms.expires for request in waiting),
        open=open_,
        filed=[moment(count) for (count,) in filed],
    )
    require_room(limits, standing, now=now)
