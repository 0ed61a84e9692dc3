"""What was found outside, in documents. It does not belong to what a copy is made of."""

from approvals.backends.stores.firestore import documents
from approvals.backends.stores.firestore.database import Database, merge


def recall(database: Database, key: str) -> str | None:
    stored = database.one(documents.memory(key))
    return None if stored is None else str(stored.data["value"])


def remember(database: Database, key: str, value: str) -> None:
    """Keep a value, in place of the one before."""
    database.commit([merge(documents.memory(key), {"key": key, "value": value})])


def forget(database: Database, key: str) -> None:
    database.delete([documents.memory(key)])
