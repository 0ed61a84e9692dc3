"""How a database of an older release becomes one of this release."""

from collections.abc import Callable

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document, change, merge
from approvals.backends.stores.first_release import brought_up


def _name_accounts(database: Database) -> None:
    """Put the account that asked beside every request that waits or holds a binding."""
    for field, value in (("state", "pending"), ("holding", True)):
        for document in database.select_all(queries.Query("requests", ((field, "==", value),))):
            if "account" not in document.data:
                account = documents.account_of(document.data["body"])
                database.commit([change(document, {"account": account})])


def _bring_up(database: Database) -> None:
    """Put the object that its digest covers into every request."""
    writes = []
    for document in database.select_all(queries.everything("requests")):
        body = brought_up(document.data["id"], document.data["body"])
        if body != document.data["body"]:
            writes.append(change(document, {"body": body}))
        if len(writes) == _BODIES:
            database.commit(writes)
            writes = []
    if writes:
        database.commit(writes)


def _not_anchored(database: Database) -> None:
    """Say of every request that it is not anchored yet, so that it is found."""
    paths = [document.path for document in database.select_all(queries.ids("requests"))]
    for start in range(0, len(paths), _WRITES):
        database.commit([merge(path, {"anchored": False}) for path in paths[start : start + _WRITES]])


_WRITES = 400  # in one commit
_BODIES = 100  # in one commit, which may weigh 10 MiB in all
_STEPS: dict[int, tuple[Callable[[Database], None], ...]] = {1: (_bring_up, _name_accounts, _not_anchored)}
"""What leads from each older schema to the one after it.

Each step may break off anywhere and is then done again from its beginning, by any number of instances at once.
"""


def upgrade(database: Database, stored: Document) -> None:
    """Bring a database to this release's schema; only when all of it is done does the installation say so."""
    for schema in range(stored.data["schema"], documents.SCHEMA):
        for step in _STEPS[schema]:
            step(database)
    database.commit([change(stored, {"schema": documents.SCHEMA})])
