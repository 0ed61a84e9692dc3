"""A store of an older release is brought up whole or not at all."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite import open_sqlite, schema
from approvals.ports.store import AlreadyReviewed
from countersign_client.chain import verify
from tests.support.builders import NOW, RESOURCE, following, review_key

DATA = Path(__file__).parents[4] / "tests" / "data" / "stores"


@pytest.mark.parametrize("release", sorted(path.name for path in DATA.glob("v*.db")))
def test_the_store_of_each_release_opens(tmp_path: Path, release: str) -> None:
    path = tmp_path / release
    shutil.copy(DATA / release, path)

    store = open_sqlite(path, now=NOW)

    assert store.installation().schema == schema.SCHEMA
    assert [record.id for record in store.pending(limit=5)] == ["r-pending000"]
    (held,) = store.holdings(resource=RESOURCE, person="alice@example.com")
    assert (held.id, [review.person for review in held.reviews]) == ("r-granted000", ["bob@example.com"])
    policy = store.last_good()
    assert policy
    assert policy.source == "policy.yaml"
    counts = {
        chain: verify(store.entries(chain), request=chain, head=store.head(chain)) for chain in store.chains()
    }
    assert counts == {"": 1, "r-granted000": 2, "r-pending000": 1}
    assert {record.id for record in store.open_by(held.account)} == {"r-granted000", "r-pending000"}
    with pytest.raises(AlreadyReviewed):
        store.commit(following(held, key=review_key(held, jti="another")))
    store.commit(following(held, key=review_key(held, number=2)))
    store.close()


def test_there_is_a_file_of_every_older_schema() -> None:
    assert all((DATA / f"v{older}.db").exists() for older in range(1, schema.SCHEMA))


@pytest.mark.parametrize("older", range(1, schema.SCHEMA))
def test_an_upgraded_store_has_the_tables_of_a_new_one(tmp_path: Path, older: int) -> None:
    shutil.copy(DATA / f"v{older}.db", tmp_path / "old.db")
    for name in ("old.db", "new.db"):
        open_sqlite(tmp_path / name, now=NOW).close()

    assert tables(tmp_path / "old.db") == tables(tmp_path / "new.db")


def tables(path: Path) -> list[tuple[str, ...]]:
    """Every table, index and trigger, spaces aside."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
        return [(*rest, " ".join((sql or "").split())) for *rest, sql in found]


def test_an_older_store_is_migrated_in_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    shutil.copy(DATA / "v1.db", path)
    monkeypatch.setattr(schema, "SCHEMA", 3)
    steps = {1: ("CREATE TABLE notes (text TEXT)",), 2: ("INSERT INTO notes VALUES ('second')", "NONSENSE")}
    monkeypatch.setattr(schema, "_MIGRATIONS", steps)

    with pytest.raises(StoreError, match="NONSENSE"):
        open_sqlite(path, now=NOW)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchall()

    steps[2] = steps[2][:1]
    store = open_sqlite(path, now=NOW)
    assert store.installation().schema == 3
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT text FROM notes").fetchall() == [("second",)]
