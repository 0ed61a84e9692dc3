"""All requests in the order of their filing, newest first, in SQL: a stretch costs what it returns."""

import sqlite3
from heapq import nlargest

from approvals.backends.stores.records import micros, moment, read_all
from approvals.ports.store import Position, Sought, Stretch

FOR = """SELECT filed, id FROM requests WHERE entitlement = ?
    AND filed >= ? AND filed < ? AND (filed, id) < (?, ?) ORDER BY filed DESC, id DESC LIMIT ?"""
BY = FOR.replace("entitlement = ?", "requester = ?")
# What one person files is bounded by limits, and what all ask for is not: the plus says which index.
BY_FOR = FOR.replace("entitlement = ?", "requester = ? AND +entitlement = ?")
_ONE = "SELECT id, requester, body FROM requests WHERE id = ?"

_EVER = 2**62


def history(connection: sqlite3.Connection, sought: Sought, limit: int) -> Stretch:
    """A stretch of what is sought."""
    since = -_EVER if sought.since is None else micros(sought.since)
    until = _EVER if sought.until is None else micros(sought.until)
    before = (_EVER, "") if sought.before is None else (micros(sought.before.filed), sought.before.request)
    span = (since, until, *before, limit)
    found = {row for question, *of in _questions(sought) for row in connection.execute(question, (*of, *span))}
    shown = nlargest(limit, found)
    rows = [connection.execute(_ONE, (request,)).fetchone() for _, request in shown]
    read = read_all(rows)
    last = Position(moment(shown[-1][0]), shown[-1][1]) if len(shown) == limit else None
    return Stretch(requests=read.requests, damaged=read.damaged, last=last)


def _questions(sought: Sought) -> list[tuple[str, ...]]:
    """A question with whose and what, one for each entitlement: its index answers each in order."""
    if sought.entitlements is None:
        return [(BY, sought.requester)]
    if sought.requester:
        return [(BY_FOR, sought.requester, each) for each in sought.entitlements]
    return [(FOR, each) for each in sought.entitlements]
