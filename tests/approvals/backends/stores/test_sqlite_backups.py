"""Backups: whole or refused, never over something else; a restored store begins anew."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite import SqliteStore, open_sqlite, schema
from approvals.backends.stores.sqlite.backups import backup, restore
from approvals.backends.stores.sqlite.freezes import frozen_in
from approvals.changes import Mark
from approvals.freezes.freezing import freeze
from approvals.ids import binding_subject, request_subject
from approvals.ports.store import Installation
from approvals.refusals.errors import Conflict
from countersign_client.chain import verify
from tests.support.builders import NOW, RESOURCE, filed, following, grant

LATER = NOW + timedelta(days=1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(source: Path) -> Iterator[SqliteStore]:
    opened = open_sqlite(source, now=NOW)
    yield opened
    opened.close()


@pytest.fixture
def saved(tmp_path: Path, store: SqliteStore) -> Path:
    store.create(msgspec.structs.replace(filed("r-pending000"), marks=(Mark(name="m", until=NOW),)), key="1")
    granted = store.create(filed("r-granted000"), key="2")
    store.commit(following(granted, state="approved", grant=grant("active")))
    ended = store.create(filed("r-ended00000"), key="3")
    store.commit(following(ended, state="approved", grant=grant("ended", removed=True)))
    store.append(at=NOW, actor="system", action="policy_loaded", detail={})
    target = tmp_path / "saved.db"
    backup(tmp_path / "store.db", target)
    return target


def restored(saved: Path, target: Path, *, replace: bool = False) -> Installation:
    return restore(saved, target, actor="gwen@example.com", now=LATER, replace=replace, warn=lambda _: None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_backup_replaces_nothing(tmp_path: Path, source: Path, store: SqliteStore) -> None:
    target = tmp_path / "precious"
    target.write_text("keep me")

    with pytest.raises(StoreError, match="exists and is not replaced"):
        backup(source, target)

    assert target.read_text() == "keep me"


def test_there_is_no_backup_of_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        backup(tmp_path / "store.db", tmp_path / "saved.db")
    with pytest.raises(StoreError, match=r"directory .* does not exist"):
        backup(tmp_path / "store.db", tmp_path / "nowhere" / "saved.db")

    assert names(tmp_path) == set()


def test_there_is_no_backup_of_something_else(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    tamper(other, "CREATE TABLE photographs (id INTEGER)")

    with pytest.raises(StoreError, match="something else"):
        backup(other, tmp_path / "saved.db")

    assert names(tmp_path) == {"other.db"}


def test_a_backup_of_a_store_in_use_is_one_private_file(tmp_path: Path, saved: Path, store: SqliteStore) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert names(tmp_path) == {"store.db", "store.db-wal", "store.db-shm", "store.db-turn", "saved.db"}

    store.create(filed("r-after00000"), key="4")
    copy = open_sqlite(saved, now=LATER)
    assert copy.installation() == store.installation()
    assert {record.id for record in copy.pending(limit=9)} == {"r-pending000"}
    copy.close()


def test_a_restored_store_has_a_new_generation_and_says_so_in_its_chain(tmp_path: Path, saved: Path) -> None:
    target = tmp_path / "new.db"
    said = restored(saved, target)

    store, before = open_sqlite(target, now=LATER), open_sqlite(saved, now=LATER)

    assert store.installation() == said
    assert said.instance == before.installation().instance
    assert said.generation != before.installation().generation
    entry = store.entries("")[-1]
    assert (entry.actor, entry.action, entry.at) == ("gwen@example.com", "restored", "2026-11-23T10:00:00Z")
    assert verify(store.entries(""), request="", head=store.head("")) == 2
    store.close()
    before.close()


def test_in_a_restored_store_nothing_happens_twice_that_happened_before_the_backup(
    tmp_path: Path, saved: Path
) -> None:
    restored(saved, tmp_path / "new.db")

    store = open_sqlite(tmp_path / "new.db", now=LATER)

    assert store.mark("m") == b""
    store.close()


def test_a_restored_store_checks_pending_requests_and_grants_at_once(tmp_path: Path, saved: Path) -> None:
    target = tmp_path / "new.db"
    restored(saved, target)

    store = open_sqlite(target, now=LATER)

    assert set(store.due(now=LATER, limit=99)) == {
        request_subject("r-pending000"),
        request_subject("r-granted000"),
        binding_subject(RESOURCE),
    }
    store.close()


def test_a_restored_store_frees_every_lease_and_keeps_what_was_done(
    tmp_path: Path, source: Path, store: SqliteStore
) -> None:
    store.create(filed("r-pending000"), key="1")
    subject = request_subject("r-pending000")
    lease = store.lease(subject, owner="dead", now=NOW, until=LATER + timedelta(hours=1))
    assert lease
    store.save(lease, b"drawn")
    backup(source, tmp_path / "saved.db")
    restored(tmp_path / "saved.db", tmp_path / "new.db")

    again = open_sqlite(tmp_path / "new.db", now=LATER)

    with pytest.raises(Conflict):
        again.save(lease, b"late")
    taken = again.lease(subject, owner="new", now=LATER, until=LATER + timedelta(minutes=1))
    assert taken
    assert taken.body == b"drawn"
    again.close()


def test_a_restore_replaces_nothing_unless_it_is_told(source: Path, saved: Path, store: SqliteStore) -> None:
    store.close()
    before = source.read_bytes()

    with pytest.raises(StoreError, match="exists and is not replaced"):
        restored(saved, source)

    assert source.read_bytes() == before


def test_a_store_in_use_is_not_replaced(source: Path, saved: Path, store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="in use: stop the service first"):
        restored(saved, source, replace=True)

    assert store.create(filed("r-after00000"), key="4").id == "r-after00000"
    assert not source.with_name("store.db.before-restore").exists()


def test_a_replaced_store_is_kept_whole_beside(
    tmp_path: Path, source: Path, saved: Path, store: SqliteStore
) -> None:
    store.create(filed("r-after00000"), key="4")
    store.close()

    said = restored(saved, source, replace=True)

    kept = open_sqlite(tmp_path / "store.db.before-restore", now=LATER)
    assert {record.id for record in kept.pending(limit=9)} == {"r-pending000", "r-after00000"}
    kept.close()
    now = open_sqlite(source, now=LATER)
    assert now.installation() == said
    assert {record.id for record in now.pending(limit=9)} == {"r-pending000"}
    now.close()
    with pytest.raises(StoreError, match="before-restore exists"):
        restored(saved, source, replace=True)


def test_a_store_that_was_frozen_while_its_backup_was_checked_is_not_replaced(
    source: Path, saved: Path, store: SqliteStore
) -> None:
    freeze(store, by="os:root", why=None, now=LATER)
    store.close()

    with pytest.raises(StoreError, match="was frozen meanwhile"):
        restored(saved, source, replace=True)

    assert not source.with_name("store.db.before-restore").exists()
    assert frozen_in(source) is not None


def test_a_damaged_store_is_replaced_and_its_log_moved_with_it(tmp_path: Path, source: Path, saved: Path) -> None:
    for path in tmp_path.glob("store.db-*"):
        path.unlink()
    source.write_bytes(b"rubbish" * 1000)
    source.with_name("store.db-wal").write_bytes(b"more rubbish")

    restored(saved, source, replace=True)

    assert source.with_name("store.db.before-restore").read_bytes() == b"rubbish" * 1000
    assert source.with_name("store.db.before-restore-wal").read_bytes() == b"more rubbish"
    store = open_sqlite(source, now=LATER)
    assert [record.id for record in store.pending(limit=9)] == ["r-pending000"]
    store.close()


_UNKEPT = "DROP TRIGGER audit_kept"
_UNSTAYED = "DROP TRIGGER audit_stays"
_OTHER_NAME = """UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'alice', 'mallory') AS BLOB)
    WHERE chain = 'r-granted000' AND seq = 1"""


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([_UNKEPT, "DELETE FROM audit WHERE chain = 'r-granted000' AND seq = 2"], "does not end"),
        ([_UNKEPT, "DELETE FROM audit WHERE chain = ''"], "does not end"),
        ([_UNSTAYED, _OTHER_NAME], "does not follow"),
        (
            [_UNSTAYED, "UPDATE audit SET hash = 'sha256:0' WHERE seq = 1"],
            "entry 1 of the installation says otherwise",
        ),
        (["UPDATE requests SET state = 'approved' WHERE id = 'r-pending000'"], "says otherwise"),
        (["UPDATE requests SET open = 0 WHERE id = 'r-pending000'"], "says otherwise"),
        (["UPDATE requests SET body = x'7b7d' WHERE id = 'r-pending000'"], "cannot be read"),
        (["DELETE FROM filings", "DELETE FROM requests WHERE id = 'r-pending000'"], "no request r-pending000"),
        (["DELETE FROM requests WHERE id = 'r-pending000'"], "rows are missing"),
        ([f"PRAGMA user_version = {schema.SCHEMA + 1}"], "schema"),
        (["PRAGMA application_id = 1"], "something else"),
    ],
)
def test_a_backup_that_is_not_whole_is_not_restored(
    tmp_path: Path, saved: Path, statements: list[str], said: str
) -> None:
    tamper(saved, *statements)
    before = names(tmp_path)

    with pytest.raises(StoreError, match=said):
        restored(saved, tmp_path / "new.db")

    assert names(tmp_path) == before


def test_a_cut_off_backup_is_not_restored(tmp_path: Path, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-8192])
    before = names(tmp_path)

    with pytest.raises(StoreError, match=r"saved\.db"):
        restored(saved, tmp_path / "new.db")

    assert names(tmp_path) == before
