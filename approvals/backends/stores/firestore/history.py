"""All requests in the order of their filing, newest first, in documents: a stretch costs what it returns."""

from collections.abc import Sequence
from heapq import nlargest
from typing import Any

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database
from approvals.backends.stores.firestore.queries import Query
from approvals.backends.stores.records import micros, moment, stretch
from approvals.ports.store import Position, Sought, Span, Stretch


def history(database: Database, sought: Sequence[Sought], span: Span, limit: int) -> Stretch:
    """A stretch of what is sought."""
    made = [query for each in sought for query in _queries(each, span, limit)]
    found = {each.path: each.data for query in made for each in database.select(query)}
    shown = nlargest(limit, found.values(), key=_place)
    places = [Position(moment(filed), request) for filed, request in map(_place, shown)]
    return stretch(places, map(documents.listed_row, shown), limit=limit)


def _queries(sought: Sought, span: Span, limit: int) -> list[Query]:
    """One for as many entitlements as a query takes."""
    before = span.before
    return [
        queries.history(
            requester=sought.requester,
            entitlements=some,
            since=None if span.since is None else micros(span.since),
            until=None if span.until is None else micros(span.until),
            after=None if before is None else (micros(before.filed), documents.request(before.request)),
            limit=limit,
        )
        for some in _parts(sought.entitlements)
    ]


def _parts(entitlements: tuple[str, ...] | None) -> list[tuple[str, ...] | None]:
    if entitlements is None:
        return [None]
    most = queries.SEVERAL
    return [entitlements[first : first + most] for first in range(0, len(entitlements), most)]


def _place(data: dict[str, Any]) -> tuple[int, str]:
    return data["filed"], data["id"]
