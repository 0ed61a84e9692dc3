"""A store that cannot be used says what would mend it, and nothing is left half made."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite import SqliteStore, open_sqlite, schema
from approvals.backends.stores.sqlite.backups import backup, restore
from approvals.backends.stores.sqlite.copying import SqliteContents, filling
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW, filed

ROOT = Path(__file__).parents[4]


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def made(path: Path) -> Path:
    open_sqlite(path, now=NOW).close()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere does not exist: make it"):
        open_sqlite(tmp_path / "nowhere" / "store.db", now=NOW)

    assert names(tmp_path) == []


def test_a_directory_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a directory"):
        open_sqlite(tmp_path, now=NOW)


def test_links_that_lead_in_a_circle_are_no_store(tmp_path: Path) -> None:
    circle, other = tmp_path / "store.db", tmp_path / "other.db"
    circle.symlink_to(other)
    other.symlink_to(circle)
    store = made(tmp_path / "whole.db")
    before = names(tmp_path)
    with pytest.raises(StoreError, match="circle"):
        open_sqlite(circle, now=NOW)
    with pytest.raises(StoreError, match="circle"):
        backup(store, circle)
    with pytest.raises(StoreError, match="circle"):
        restore(store, circle, actor="alice", now=NOW, warn=print)
    with pytest.raises(StoreError, match="circle"), filling(circle, now=NOW):
        pass
    with pytest.raises(StoreError, match="circle"):
        SqliteContents(circle)

    assert names(tmp_path) == before


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database at all " * 100)

    with pytest.raises(StoreError, match="damaged or no SQLite database"):
        open_sqlite(path, now=NOW)

    assert path.read_bytes() == b"not a database at all " * 100
    assert names(tmp_path) == ["store.db"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()

    with pytest.raises(StoreError, match="is empty: remove it"):
        open_sqlite(path, now=NOW)

    assert path.stat().st_size == 0


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    sql(path, "CREATE TABLE photographs (id INTEGER)")

    with pytest.raises(StoreError, match="database of something else"):
        open_sqlite(path, now=NOW)


def test_a_log_without_its_database_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "store.db-wal").write_bytes(b"somebody's last commits")

    with pytest.raises(StoreError, match=r"store\.db-wal lies there without its database"):
        open_sqlite(tmp_path / "store.db", now=NOW)

    assert names(tmp_path) == ["store.db-wal"]


def test_a_newer_store_is_refused_and_names_both_schemas(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    newer = schema.SCHEMA + 1
    sql(path, f"PRAGMA user_version = {newer}")

    with pytest.raises(StoreError, match=rf"schema {newer}, .* up to {schema.SCHEMA}"):
        open_sqlite(path, now=NOW)


def test_a_damaged_page_is_an_error_and_no_record(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_sqlite(path, now=NOW)
    for number in range(50):
        store.create(filed(f"r-{number:010}"), key=str(number))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))

    with pytest.raises(StoreError, match="damaged"):
        _read_everything(path)


def _read_everything(path: Path) -> None:
    store = open_sqlite(path, now=NOW)
    try:
        for chain in store.chains():
            store.entries(chain)
    finally:
        store.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another account can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


# An interpreter may lie where only root can read: whatever loads late must be loaded before.
_AS_SOMEBODY_ELSE = """
import os, sys, tempfile
from pathlib import Path
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite import open_sqlite
from tests.support.builders import NOW
with tempfile.TemporaryDirectory() as folder:
    open_sqlite(Path(folder) / "store.db", now=NOW).close()
if os.geteuid() == 0:
    os.setuid(65534)
try:
    open_sqlite(Path(sys.argv[1]), now=NOW)
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("existing", [True, False])
def test_a_directory_that_cannot_be_written_is_named(open_folder: Path, *, existing: bool) -> None:
    path = open_folder / "store.db"
    if existing:
        made(path).chmod(0o444)
    before = names(open_folder)
    open_folder.chmod(0o555)

    said = subprocess.run(
        [sys.executable, "-c", _AS_SOMEBODY_ELSE, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "can be written by this account" in said.stdout or "give this account the right" in said.stdout
    assert names(open_folder) == before


def test_a_new_store_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        store = open_sqlite(tmp_path / "store.db", now=NOW)
        store.create(filed(), key="k")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(umask)

    assert modes == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm", "store.db-turn"), 0o600)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "store.db", now=NOW)
    store.close()
    store.close()

    with pytest.raises(StoreError, match="closed"):
        store.create(filed(), key="k")
    with pytest.raises(StoreError, match="closed"):
        store.request("r-0123456789")


def test_opening_waits_for_no_one_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    store = open_sqlite(path, now=NOW)
    monkeypatch.setattr("approvals.backends.stores.sqlite.write_lock.TIMEOUT", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="another process"):
            store.create(filed(), key="k")

    assert store.create(filed(), key="k") == filed().request
    store.close()


def test_opening_waits_while_another_process_is_about_to_close(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    closing_soon = threading.Timer(0.2, other.close)
    closing_soon.start()

    SqliteStore(path).close()
    closing_soon.join()
