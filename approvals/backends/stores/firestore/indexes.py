"""The composite indexes of `firestore.indexes.json`: those that are missing are named before anything is done."""

from collections.abc import Iterator

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import queries
from approvals.backends.stores.firestore.database import Database
from approvals.backends.stores.firestore.failures import NoIndex
from approvals.backends.stores.firestore.queries import Query

_ANY = "projects/any"
NEEDY = (
    queries.pending(1),
    queries.waiting_behind("", 1),
    queries.holding_behind("", 1),
    queries.holdings(resource=_ANY, person=""),
    queries.holdings(resource=_ANY, person="any"),
    queries.due(0, 1, "any"),
    queries.history(requester="any", entitlements=None, since=None, until=None, after=None, limit=1),
    queries.history(requester="", entitlements=("any",), since=None, until=None, after=None, limit=1),
    queries.history(requester="any", entitlements=("any",), since=None, until=None, after=None, limit=1),
)
"""A query for each index."""


def require(database: Database) -> None:
    """Make each query once. Raises `StoreError` that names every index that is not there yet."""
    missing = list(_missing(database))
    if missing:
        raise StoreError(
            f"{database.place}: {len(missing)} of the indexes of firestore.indexes.json are missing or not built"
            f" yet: {', '.join(missing)}. Deploy that file with `firebase deploy --only firestore:indexes`, wait"
            " until they are built, and start again"
        )


def _missing(database: Database) -> Iterator[str]:
    for query in NEEDY:
        try:
            database.select(query._replace(limit=1))
        except NoIndex:
            yield name(query)


def name(query: Query) -> str:
    """What an index is of: a collection and its fields, the ordered one last."""
    fields = [field for field, operator, _ in query.where if operator in ("==", "in", "array_contains")]
    return f"{query.collection} ({', '.join([*fields, query.order])})"
