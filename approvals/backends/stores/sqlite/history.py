"""All requests in the order of their filing, newest first, in SQL: a stretch costs what it returns."""

import sqlite3
from collections.abc import Sequence
from heapq import nlargest

from approvals.backends.stores.records import micros, moment, stretch
from approvals.ports.store import Position, Sought, Span, Stretch

FOR = """SELECT filed, id FROM requests WHERE entitlement = ?
    AND filed >= ? AND filed < ? AND (filed, id) < (?, ?) ORDER BY filed DESC, id DESC LIMIT ?"""
BY = FOR.replace("entitlement = ?", "requester = ?")
# What one person files is bounded by limits, and what all ask for is not: the plus says which index.
BY_FOR = FOR.replace("entitlement = ?", "requester = ? AND +entitlement = ?")
ALL = FOR.replace("entitlement = ?\n    AND ", "")
_ONE = "SELECT id, requester, body FROM requests WHERE id = ?"

_EVER = 2**62


def history(connection: sqlite3.Connection, sought: Sequence[Sought], span: Span, limit: int) -> Stretch:
    """A stretch of what is sought."""
    since = -_EVER if span.since is None else micros(span.since)
    until = _EVER if span.until is None else micros(span.until)
    before = (_EVER, "") if span.before is None else (micros(span.before.filed), span.before.request)
    within = (since, until, *before, limit)
    questions = [question for each in sought for question in _questions(each)]
    found = {row for question, *of in questions for row in connection.execute(question, (*of, *within))}
    places = [Position(moment(filed), request) for filed, request in nlargest(limit, found)]
    rows = [connection.execute(_ONE, (place.request,)).fetchone() for place in places]
    return stretch(places, rows, limit=limit)


def _questions(sought: Sought) -> list[tuple[str, ...]]:
    """A question with whose and what, one for each entitlement: its index answers each in order."""
    if sought.everything:
        return [(ALL,)]
    if sought.entitlements is None:
        return [(BY, sought.requester)]
    if sought.requester:
        return [(BY_FOR, sought.requester, each) for each in sought.entitlements]
    return [(FOR, each) for each in sought.entitlements]
