"""What was overwritten is nowhere in a store's file: not in pages that nothing uses, nor in the log beside it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.changes import Mark
from approvals.reviews import typed
from tests.support.builders import NOW, filed, following, terms


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_sqlite(tmp_path / "store.db", now=NOW)
    yield opened
    opened.close()


def written(folder: Path) -> bytes:
    """All bytes of the file and of what lies beside it."""
    return b"".join(each.read_bytes() for each in sorted(folder.iterdir()))


def test_nothing_is_left_of_what_was_overwritten_or_removed(store: SqliteStore, tmp_path: Path) -> None:
    """Long texts lie in pages of their own, and every change of a record moves them to others."""
    for number in range(30):
        asked = terms(justification=typed(f"typed-{number}-" * (1 + 40 * number), salt="s"))
        made = store.create(filed(f"r-{number:010}", terms=asked), key=str(number))
        denied = following(made, state="denied")
        store.commit(denied)
        store.commit(following(denied.request, terms=terms(), erased=NOW))
    marks = tuple(Mark(name=f"m{number}", until=NOW, body=b"typed-mark-" * 300) for number in range(9))
    store.create(msgspec.structs.replace(filed("r-marks00000"), marks=marks), key="marks")
    store.sweep(before=NOW.replace(year=NOW.year + 1), limit=99)

    assert b"typed-" in written(tmp_path)
    assert store.scrub()
    assert b"typed-" not in written(tmp_path)


def test_who_reads_at_this_moment_keeps_the_log_from_being_emptied_and_that_is_said_at_once(
    store: SqliteStore, tmp_path: Path
) -> None:
    store.create(filed(), key="k")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM requests").fetchall()
        store.create(filed("r-1111111111"), key="later")
        assert not store.scrub()
    assert store.scrub()
