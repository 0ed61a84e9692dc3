"""What calls were answered, in documents. It does not belong to what a copy is made of."""

from approvals.answers import Stored
from approvals.backends.stores.firestore import documents
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create
from approvals.changes import Beside
from approvals.errors import Conflict


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
    return [create(path, fields) if stored is None else change(stored, fields)]


def _stored(stored: Document | None) -> Stored:
    return Stored() if stored is None else Stored(version=stored.data["version"], body=stored.data["body"])
