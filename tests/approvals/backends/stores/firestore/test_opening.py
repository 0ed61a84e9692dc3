"""What is refused, and when: nothing of Google is loaded or called before the first use."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import FirestoreStore, documents, open_firestore
from approvals.backends.stores.firestore.copying import FirestoreContents
from approvals.backends.stores.firestore.database import Database, merge
from approvals.ports.store import StoredPolicy
from approvals.refusals.errors import NotFound, Unavailable
from tests.support.builders import NOW, filed
from tests.support.emulators import store_at

FIRST_USE = """
import sys
from datetime import UTC, datetime
from approvals.backends.stores.firestore import open_firestore
store = open_firestore("no-project", "(default)", now=datetime.now(UTC), emulator_host="127.0.0.1:9")
assert not [name for name in sys.modules if name.partition(".")[0] in ("google", "grpc")]
store.close()
"""


def write(host: str, project: str, path: str, **fields: object) -> None:
    database = Database(project, "(default)", emulator_host=host)
    database.commit([merge(path, fields)])
    database.close()


def test_naming_a_store_loads_nothing_of_google() -> None:
    subprocess.run([sys.executable, "-c", FIRST_USE], check=True, cwd=Path(__file__).parents[5])


def test_a_database_that_does_not_answer_is_unavailable() -> None:
    store = open_firestore("no-project", "(default)", now=NOW, emulator_host="127.0.0.1:9")

    with pytest.raises(Unavailable, match="firestore://no-project/"):
        store.installation()
    store.close()


def test_a_store_of_a_newer_release_is_refused_and_stays_as_it_is(
    store: FirestoreStore, firestore_host: str, project: str
) -> None:
    store.installation()
    write(firestore_host, project, documents.INSTALLATION, schema=documents.SCHEMA + 1)
    again = store_at(firestore_host, project)

    with pytest.raises(StoreError, match="start the newer release"):
        again.create(filed(), key="k")
    again.close()
    write(firestore_host, project, documents.INSTALLATION, schema=documents.SCHEMA)
    assert store.pending(limit=1) == []


def test_a_store_of_an_older_release_is_not_copied_before_it_is_upgraded(
    store: FirestoreStore, firestore_host: str, project: str
) -> None:
    store.installation()
    write(firestore_host, project, documents.INSTALLATION, schema=1)
    contents = FirestoreContents(project, "(default)", emulator_host=firestore_host)

    with pytest.raises(StoreError, match="older release, and was left as it is: start the service"):
        list(contents.items())
    contents.close()


def test_a_closed_store_says_so(store: FirestoreStore) -> None:
    store.installation()
    store.close()

    with pytest.raises(StoreError, match="closed"):
        store.pending(limit=1)


def test_a_policy_too_large_for_a_document_is_refused_and_the_last_good_one_stays(store: FirestoreStore) -> None:
    good = StoredPolicy(digest="sha256:1", text="identity: {}\n", source="p", loaded_at=datetime.now(UTC))
    store.keep(good)

    with pytest.raises(StoreError, match="does not take this"):
        store.keep(StoredPolicy(digest="sha256:2", text="#" * 2**20, source="p", loaded_at=NOW))
    assert store.last_good() == good
    assert [entry.detail["digest"] for entry in store.entries("")] == ["sha256:1"]


def test_a_policy_that_cannot_be_told_in_the_chain_is_not_kept(
    store: FirestoreStore, firestore_host: str, project: str
) -> None:
    store.installation()
    database = Database(project, "(default)", emulator_host=firestore_host)
    database.delete([documents.HEAD])

    with pytest.raises(NotFound):
        store.keep(StoredPolicy(digest="sha256:1", text="identity: {}\n", source="p", loaded_at=NOW))
    assert store.last_good() is None
    assert database.one(documents.policy("sha256:1")) is None
    database.close()


def test_named_databases_of_one_project_are_stores_of_their_own(firestore_host: str, project: str) -> None:
    default, named = store_at(firestore_host, project), store_at(firestore_host, project, "approvals")
    default.create(filed(), key="k")

    assert named.pending(limit=5) == []
    assert named.installation().instance != default.installation().instance
    default.close()
    named.close()
