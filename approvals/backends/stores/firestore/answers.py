"""What calls were answered, in documents. It does not belong to what a copy is made of."""

from contextlib import suppress

from approvals.answers import Stored
from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.backends.stores.records import micros
from approvals.changes import Beside
from approvals.refusals.errors import Conflict


def answered(database: Database, account: str) -> Stored:
    return _stored(database.one(documents.answers(account)))


def writing(database: Database, beside: Beside | None) -> list[Write]:
    """The write that puts the new record in the place of the one that was read.

    Raises `Conflict` where that is another by now.
    """
    if beside is None:
        return []
    path = documents.answers(beside.account)
    stored = database.one(path)
    if _stored(stored).version != beside.version:
        raise Conflict(f"another call of {beside.account} was answered meanwhile")
    fields = {"account": beside.account, "version": beside.version + 1, "body": beside.body}
    fields |= {"until": micros(beside.until)}
    return [create(path, fields) if stored is None else change(stored, fields)]


def empty(database: Database, before: int, limit: int) -> int:
    """Forget what was answered to calls that nobody sends again, where nobody writes at this moment."""
    found = database.select(queries.emptied(before, limit))
    for each in found:
        emptied = {"body": b"", "version": each.data["version"] + 1, "until": None}
        with suppress(Disturbed):
            database.commit([change(each, emptied)])
    return len(found)


def _stored(stored: Document | None) -> Stored:
    return Stored() if stored is None else Stored(version=stored.data["version"], body=stored.data["body"])
