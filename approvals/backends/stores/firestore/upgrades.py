"""How a database of an older release becomes one of this release."""

from collections.abc import Callable

from approvals.backends.stores.firestore import documents
from approvals.backends.stores.firestore.database import Database, Document, change
from approvals.backends.stores.firestore.queries import Query


def _name_accounts(database: Database) -> None:
    """Put the account that asked beside every request that waits or holds a binding."""
    for field, value in (("state", "pending"), ("holding", True)):
        for document in database.select_all(Query("requests", ((field, "==", value),))):
            if "account" not in document.data:
                account = documents.account_of(document.data["body"])
                database.commit([change(document, {"account": account})])


_STEPS: dict[int, tuple[Callable[[Database], None], ...]] = {1: (_name_accounts,)}
"""What leads from each older schema to the one after it.

Each step may break off anywhere and is then done again from its beginning, by any number of instances at once.
"""


def upgrade(database: Database, stored: Document) -> None:
    """Bring a database to this release's schema; only when all of it is done does the installation say so."""
    for schema in range(stored.data["schema"], documents.SCHEMA):
        for step in _STEPS[schema]:
            step(database)
    database.commit([change(stored, {"schema": documents.SCHEMA})])
