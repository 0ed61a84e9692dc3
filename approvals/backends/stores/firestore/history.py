"""All requests in the order of their filing, newest first, in documents: a stretch costs what it returns."""

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document
from approvals.backends.stores.firestore.queries import Query
from approvals.backends.stores.records import micros, moment
from approvals.ports.store import Position, Sought, Stretch


def history(database: Database, sought: Sought, limit: int) -> Stretch:
    """A stretch of what is sought."""
    found = {each.path: each for query in _queries(sought, limit) for each in database.select(query)}
    shown = sorted(found.values(), key=_place, reverse=True)[:limit]
    read = documents.listed(each.data for each in shown)
    last = Position(moment(shown[-1].data["filed"]), shown[-1].data["id"]) if len(shown) == limit else None
    return Stretch(requests=read.requests, damaged=read.damaged, last=last)


def _queries(sought: Sought, limit: int) -> list[Query]:
    """One for as many entitlements as a query takes."""
    before = sought.before
    return [
        queries.history(
            requester=sought.requester,
            entitlements=some,
            since=None if sought.since is None else micros(sought.since),
            until=None if sought.until is None else micros(sought.until),
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


def _place(document: Document) -> tuple[int, str]:
    return document.data["filed"], document.data["id"]
