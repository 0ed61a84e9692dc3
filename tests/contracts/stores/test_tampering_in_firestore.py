"""The same in documents: every field of every document is changed, but for what is exempt in files as well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.stores.firestore import FirestoreStore, documents, queries
from approvals.backends.stores.firestore.database import Database, Document, create, merge
from tests.contracts.stores.test_tampering import EXEMPT as IN_FILES
from tests.support.builders import NOW
from tests.support.direct import Wire
from tests.support.emulators import new_project
from tests.support.lived import live
from tests.support.tampering import changed
from tests.support.world import World

_OTHERWISE = {"installation.id", "requests.anchored 1"}
_MEMBERS = {name for name in IN_FILES if name.startswith(("requests.body.", "filers."))}
EXEMPT = {name.replace("subjects.", "work.") for name in IN_FILES.keys() - _OTHERWISE - _MEMBERS} | {
    "audit.mark",  # by which a lost answer is told from somebody else's change
    "installation.copying",  # nobody opens a database that is being filled
    "filers.person",  # counts for limits, which are made anew from the requests
    "filers.notes",
    "work.kind",  # as its subject
    "work.mark",
    "requests.anchored True",  # as in files
}


@pytest.fixture
def database(firestore_host: str) -> Iterator[Database]:
    opened = Database(new_project(), "(default)", emulator_host=firestore_host)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database, tmp_path: Path, wire: Wire) -> FirestoreStore:
    """A store with a history."""
    made = FirestoreStore(database, now=NOW)
    live(World(tmp_path, granter=wire, store=made), wire)
    made.remember("channel:#access", "C0ACCESS")
    database.commit(
        [create("answers/1", {"account": "iap:1/a@example.com", "version": 1, "body": b"{}", "until": 1})]
    )
    database.commit([create("marks/1", {"name": "jti:shop:1", "until": 1, "body": b"{}"})])
    return made


def every(database: Database) -> Iterator[tuple[str, Document]]:
    """One document of each shape: its collection, and it."""
    seen = set()
    for collection in documents.COLLECTIONS:
        for document in database.select_all(queries.everything(collection)):
            shape = (
                collection,
                document.data.get("state"),
                frozenset(document.data),
                document.data.get("anchored"),
            )
            if shape not in seen:
                seen.add(shape)
                yield collection, document


def test_a_field_that_was_changed_is_found(store: FirestoreStore, database: Database) -> None:
    assert list(Inspection(store).faults()) == []
    unseen = set()
    for collection, document in every(database):
        for field, value in document.data.items():
            database.commit([merge(document.path, {field: _other(field, value)})])
            if next(iter(Inspection(store).faults()), None) is None:
                name = "heads" if document.path == documents.HEAD else collection
                unseen.add(f"{name}.{field}" + (f" {value}" if field == "anchored" else ""))
            database.commit([merge(document.path, {field: value})])

    assert unseen == EXEMPT
    assert list(Inspection(store).faults()) == []


def _other(field: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return b"{}" if field == "body" else value + b" "
    if value is None:
        return 1
    if isinstance(value, int) and not isinstance(value, bool):
        return value + 10**9
    return next(changed(value, field))


@pytest.mark.parametrize("collection", ["requests", "reviews", "audit", "guards"])
def test_a_document_that_is_gone_is_found(store: FirestoreStore, database: Database, collection: str) -> None:
    for document in list(database.select_all(queries.everything(collection)))[:4]:
        database.delete([document.path])
        assert list(Inspection(store).faults()) != []
        database.commit([merge(document.path, document.data)])
    assert list(Inspection(store).faults()) == []
