"""How a database of an older release becomes one of this release."""

import logging
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

from approvals.backends.stores.firestore import documents, queries, work
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create, merge
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.ledgers.folding import folded, is_old, resource_subject
from approvals.ledgers.ledger import decoded, encoded
from approvals.subjects import subjects

_log = logging.getLogger(__name__)


def _bring_up(database: Database) -> None:
    """Bring every request to the form of this release. What others write meanwhile is left out, and said."""
    found = database.select_all(queries.everything("requests"))
    old = ((each, fields) for each in found if (fields := documents.brought_up(each.data)))
    while batch := list(islice(old, _BODIES)):
        try:
            database.commit([change(each, fields) for each, fields in batch])
        except Disturbed:
            _log.warning("%s: others write there meanwhile: is 0.1.0 stopped everywhere?", database.place)
            for each, _ in batch:
                keep(database, each)


def keep(database: Database, stored: Document) -> dict[str, Any]:
    """A request's fields in the form of this release, kept where 0.1.0 wrote them, with all of its work due.

    Who writes the same document at this moment makes it due as well: it is brought up when it is read next.
    """
    fields = documents.brought_up(stored.data)
    if fields:
        woken = [subject for request in documents.listed([stored.data]).requests for subject in subjects(request)]
        with suppress(Disturbed):
            database.commit([change(stored, fields), *work.wakings(stored.data["id"], woken, 0)])
    return stored.data | fields


def _fold_bindings(database: Database) -> None:
    """Fold what 0.1.0 recorded of each person's bindings into what is recorded of the resource, due at once.

    The fences come first: whatever a process of 0.1.0 has taken up by then is a document already, and loses its
    lease and its ledger here, before it could write.
    """
    database.commit([merge(path, {"kind": kind, "due": 0}) for kind, path in documents.FENCES.items()])
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
_BODIES = 100  # in one commit, which may weigh 10 MiB in all
_STEPS: dict[int, tuple[Callable[[Database], None], ...]] = {1: (_fold_bindings, _bring_up)}
"""What leads from each older schema to the one after it.

Each step may break off anywhere and is then done again from its beginning, by any number of instances at once.
"""


def upgrade(database: Database, schema: int) -> None:
    """Bring a database of an older schema to this release's, and say so.

    Only when all of it is done does the installation say so.
    """
    place = database.place
    _log.warning(
        "%s is brought from schema %d to %d, which no older release reads", place, schema, documents.SCHEMA
    )
    for older in range(schema, documents.SCHEMA):
        for step in _STEPS[older]:
            step(database)
    database.settle(lambda: _finish(database))
    _log.warning("%s has schema %d now", place, documents.SCHEMA)


def _finish(database: Database) -> None:
    stored = database.one(documents.INSTALLATION)
    if stored is not None and stored.data["schema"] < documents.SCHEMA:
        database.commit([change(stored, {"schema": documents.SCHEMA})])
