"""A database that is being filled, or was left half filled, is no store."""

from pathlib import Path

import pytest

from approvals.backends.stores.copies import copy
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import documents, filling
from approvals.backends.stores.firestore.database import Database, merge
from approvals.backends.stores.sqlite import open_sqlite
from approvals.backends.stores.sqlite.copying import SqliteContents
from tests.support.builders import NOW, filed
from tests.support.emulators import store_at


@pytest.fixture
def source(tmp_path: Path) -> SqliteContents:
    store = open_sqlite(tmp_path / "store.db", now=NOW)
    store.create(filed(), key="k")
    store.close()
    return SqliteContents(tmp_path / "store.db")


def test_a_copy_that_broke_off_is_refused_until_it_is_made_anew(
    firestore_host: str, project: str, source: SqliteContents
) -> None:
    with filling(project, "(default)", emulator_host=firestore_host) as target:
        target.fill(item for item in source.items() if type(item).__name__ == "RequestRow")

    store = store_at(firestore_host, project)
    for _ in range(2):
        with pytest.raises(StoreError, match="a copy that broke off"):
            store.request("r-0123456789")

    with filling(project, "(default)", emulator_host=firestore_host) as target:
        assert list(target.items()) == []
        copy(source, target, actor="os:root", now=NOW)
    assert store.request("r-0123456789") == filed().request
    store.close()


def test_of_two_copies_into_one_database_the_first_cannot_finish(
    firestore_host: str, project: str, source: SqliteContents
) -> None:
    with filling(project, "(default)", emulator_host=firestore_host) as first:
        with filling(project, "(default)", emulator_host=firestore_host):
            pass
        with pytest.raises(StoreError, match="somebody else"):
            copy(source, first, actor="os:root", now=NOW)


def test_documents_of_something_else_are_not_touched(firestore_host: str, project: str) -> None:
    database = Database(project, "(default)", emulator_host=firestore_host)
    database.commit([merge("work/theirs", {"note": "not ours"})])

    with (
        pytest.raises(StoreError, match="is not empty"),
        filling(project, "(default)", emulator_host=firestore_host),
    ):
        pass

    kept = database.one("work/theirs")
    assert kept is not None
    assert kept.data == {"note": "not ours"}
    assert database.one(documents.INSTALLATION) is None
    database.close()
