"""How a database of an older release becomes one of this release."""

from collections.abc import Callable

from approvals.backends.stores.firestore import documents, queries, work
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create, merge
from approvals.backends.stores.first_release import brought_up
from approvals.backends.stores.records import account_of
from approvals.ledgers.folding import folded, is_old, resource_subject
from approvals.ledgers.ledger import decoded, encoded


def _name_accounts(database: Database) -> None:
    """Put the account that asked beside every request that waits or holds a binding."""
    for field, value in (("state", "pending"), ("holding", True)):
        for document in database.select_all(queries.Query("requests", ((field, "==", value),))):
            if "account" not in document.data:
                account = account_of(document.data["body"])
                database.commit([change(document, {"account": account})])


def _bring_up(database: Database) -> None:
    """Put the object that its digest covers into every request, and beside it where its bindings may stand."""
    writes = []
    for document in database.select_all(queries.everything("requests")):
        if "holds" not in document.data:
            body = brought_up(document.data["id"], document.data["body"])
            holds = [document.data["resource"]] if document.data["holding"] else []
            writes.append(change(document, {"body": body, "holds": holds}))
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


def _fold_bindings(database: Database) -> None:
    """Fold what 0.1.0 recorded of each person's bindings into what is recorded of the resource, due at once.

    The fence comes first: whatever a process of 0.1.0 has taken up by then is a document already, and loses its
    lease and its ledger here, before it could write.
    """
    database.commit([merge(documents.FENCE, {"kind": "binding", "due": 0})])
    for document in database.select_all(queries.bindings()):
        if is_old(document.data.get("subject", "")):
            path = document.path
            database.settle(lambda path=path: _fold(database, path))  # type: ignore[misc]


def _fold(database: Database, path: str) -> None:
    """Move one person's ledger, both documents in one commit on what was read."""
    (old,) = database.get(path)
    if old is None or old.data.get("body") == documents.FOLDED:
        return
    subject = old.data["subject"]
    gone = change(old, {"due": None, "body": documents.FOLDED} | _FREE)
    if old.data.get("body"):
        database.commit([_into(database, resource_subject(subject), old.data["body"], subject), gone])
    else:
        database.commit([work.waking(resource_subject(subject), 0), gone])


def _into(database: Database, resource: str, body: bytes, subject: str) -> Write:
    """The resource's ledger with what is recorded of one person's subject."""
    (stored,) = database.get(documents.work(resource))
    ledger = decoded(stored.data.get("body", b"") if stored is not None else b"")
    fields = {**documents.of_work(resource), "due": 0, "body": encoded(folded(ledger, body, subject=subject))}
    put = fields | _FREE
    return create(documents.work(resource), put) if stored is None else change(stored, put)


_FREE = {"owner": None, "lease_until": None, "woken": None, "mark": None}
_WRITES = 400  # in one commit
_BODIES = 100  # in one commit, which may weigh 10 MiB in all
_STEPS: dict[int, tuple[Callable[[Database], None], ...]] = {
    1: (_fold_bindings, _bring_up, _name_accounts, _not_anchored)
}
"""What leads from each older schema to the one after it.

Each step may break off anywhere and is then done again from its beginning, by any number of instances at once.
"""


def upgrade(database: Database, stored: Document) -> None:
    """Bring a database to this release's schema; only when all of it is done does the installation say so."""
    for schema in range(stored.data["schema"], documents.SCHEMA):
        for step in _STEPS[schema]:
            step(database)
    database.commit([change(stored, {"schema": documents.SCHEMA})])
