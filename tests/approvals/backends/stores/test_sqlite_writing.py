"""How SQLite in particular keeps its word: durable, grouped, whole, found without searching."""

import json
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import LONGEST, moment
from approvals.backends.stores.sqlite import SqliteStore, answers, files, history, open_sqlite, requests, work
from approvals.backends.stores.sqlite.writer import Writer
from approvals.ports.store import Lease, StoredPolicy
from approvals.refusals.errors import Conflict
from countersign_client.chain import verify
from tests.support.builders import NOW, filed, following

ROOT = Path(__file__).parents[4]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = open_sqlite(path, now=NOW)
    yield opened
    opened.close()


@pytest.fixture
def writer(path: Path, store: SqliteStore) -> Iterator[Writer]:
    opened = Writer(path)
    yield opened
    opened.close()


def test_a_commit_waits_for_the_disk(writer: Writer) -> None:
    pragmas = {
        name: writer.run(partial(_pragma, name=name)) for name in ("synchronous", "journal_mode", "foreign_keys")
    }

    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize("statement", ["UPDATE audit SET body = x'00'", "DELETE FROM audit"])
def test_audit_entries_are_neither_changed_nor_deleted(path: Path, store: SqliteStore, statement: str) -> None:
    store.create(filed(), key="k")

    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="audit entries are never"),
    ):
        connection.execute(statement)


def gathered(writer: Writer, writes: Sequence[Callable[[sqlite3.Connection], None]]) -> list[BaseException | None]:
    """Hand over all writes while the writer is busy with another; return what each caller got."""
    started, go_on = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        started.set()
        go_on.wait(60)

    with ThreadPoolExecutor(len(writes) + 1) as pool:
        pool.submit(writer.run, hold)
        started.wait(60)
        futures = [pool.submit(writer.run, write) for write in writes]
        while writer._jobs.qsize() < len(writes):
            time.sleep(0.001)
        go_on.set()
        return [future.exception() for future in futures]


def test_a_failing_write_spoils_none_of_its_neighbours_in_one_commit(writer: Writer) -> None:
    seen: list[str] = []

    def note(connection: sqlite3.Connection, number: int) -> None:
        work.wake(connection, str(number), 1)
        if number % 3 == 1:
            raise Conflict(f"number {number}")
        if number % 3 == 2:
            connection.execute("INSERT INTO subjects (subject) VALUES (?)", (str(number),))

    writer.run(lambda connection: connection.set_trace_callback(seen.append))
    errors = gathered(writer, [partial(note, number=number) for number in range(9)])
    writer.run(lambda connection: connection.set_trace_callback(None))

    assert [type(error) for error in errors] == [type(None), Conflict, StoreError] * 3
    kept = writer.run(lambda connection: work.due(connection, 1, 99))
    assert kept == ["0", "3", "6"]
    # One for the write that held the writer up, two for all nine, and one for the write that ends the trace.
    assert seen.count("BEGIN IMMEDIATE") == 1 + 2 + 1
    assert seen.count("SAVEPOINT job") == 9


def test_a_write_that_is_refused_before_it_wrote_costs_its_neighbours_nothing(writer: Writer) -> None:
    seen: list[str] = []

    def note(connection: sqlite3.Connection, number: int) -> None:
        if number % 2:
            raise Conflict(f"number {number}")
        work.wake(connection, str(number), 1)

    writer.run(lambda connection: connection.set_trace_callback(seen.append))
    errors = gathered(writer, [partial(note, number=number) for number in range(4)])
    writer.run(lambda connection: connection.set_trace_callback(None))

    assert [type(error) for error in errors] == [type(None), Conflict] * 2
    assert writer.run(lambda connection: work.due(connection, 1, 99)) == ["0", "2"]
    assert seen.count("BEGIN IMMEDIATE") == 3
    assert seen.count("SAVEPOINT job") == 0


def test_when_the_commit_fails_every_caller_learns_it(writer: Writer) -> None:
    def note(connection: sqlite3.Connection, number: int) -> None:
        work.wake(connection, str(number), 1)
        if number == 5:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            connection.execute("INSERT INTO filings (key, request) VALUES ('k', 'nothing')")

    errors = gathered(writer, [partial(note, number=number) for number in range(9)])

    assert [type(error) for error in errors] == [StoreError] * 9
    assert len({id(error) for error in errors}) == 9
    assert writer.run(lambda connection: work.due(connection, 1, 99)) == []


def test_no_question_searches_the_whole_store(path: Path, store: SqliteStore) -> None:
    span = (0, 1, 1, "", 1)
    questions: dict[str, tuple[str | int, ...] | dict[str, str | int]] = {
        requests.OPEN_OF: ("a",),
        requests.BESIDE: ("a", "e", "r"),
        requests.OPEN_BY: ("a",),
        requests.ACCOUNTS: ("a", 1),
        requests.PENDING: (1,),
        requests.HOLDINGS: ("r",),
        requests.HOLDINGS_OF: ("r", "a"),
        requests.FILED: ("k",),
        requests.RETAINED: ("e", 1),
        answers.EMPTIED: (1, 1),
        history.BY: ("a", *span),
        history.FOR: ("e", *span),
        history.ALL: span,
        history.BY_FOR: ("a", "e", *span),
        work.DUE: {"now": 1, "limit": 1, "kind": "request", "longest": LONGEST},
        work.ARE_MANY: {"kind": "request"},
    }
    with closing(files.connect(path)) as connection:
        for question, values in questions.items():
            plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + question, values)]
            assert plan
            assert all(re.search(r"USING (COVERING )?(INDEX|PRIMARY KEY)|^SCALAR", step) for step in plan), plan
            assert not any("TEMP B-TREE" in step for step in plan), plan


def test_of_a_kind_with_few_subjects_only_those_are_looked_through(path: Path, store: SqliteStore) -> None:
    values = {"now": 1, "limit": 1, "kind": "request", "longest": LONGEST}
    with closing(files.connect(path)) as connection:
        plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + work.DUE_OF_FEW, values)]

    assert re.search(r"USING INDEX \S+ \(subject>\? AND subject<\?\)", plan[0]), plan


@pytest.mark.parametrize("count", [3, work.FEW, work.FEW + 1])
def test_what_is_due_of_a_kind_is_the_same_however_many_there_are(writer: Writer, count: int) -> None:
    others = ("kin:a", "kind", "kinds:a", "kind;a", "KIND:a")
    held = Lease(subject=f"kind:{count}", owner="somebody", until=moment(1000), body=b"")

    def wake(connection: sqlite3.Connection) -> None:
        for subject in others:
            work.wake(connection, subject, 0)
        for number in range(1, count + 1):
            work.wake(connection, f"kind:{number}", count - number)
        work.take(connection, held, 0)

    writer.run(wake)

    # The last of them are due first, but for the one that somebody holds.
    due = [f"kind:{count - 1}", f"kind:{count - 2}"]
    assert writer.run(lambda connection: work.due(connection, 2, 9, "kind")) == due
    assert writer.run(lambda connection: work.due(connection, 2, 1, "kind")) == due[:1]
    assert writer.run(lambda connection: work.due(connection, 0, 9, "kind")) == []


_FULL = """
import json, resource, sys
from pathlib import Path
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite import open_sqlite
from tests.support.builders import NOW, filed
store = open_sqlite(Path(sys.argv[1]), now=NOW)
resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, resource.RLIM_INFINITY))
kept = []
try:
    while True:
        name = f"r-{len(kept):010}"
        kept.append(store.create(filed(name), key=name).id)
except StoreError as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    later = store.create(filed("r-later00000"), key="later").id
    store.close()
    print(json.dumps([kept, later, str(error)]))
"""


def test_a_full_disk_is_an_error_and_nothing_unkept_is_acknowledged(path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _FULL, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kept, later, error = json.loads(ran.stdout)

    store = open_sqlite(path, now=NOW)

    assert "nothing of this was kept" in error
    assert len(kept) > 10
    assert {chain for chain in store.chains() if chain} == {*kept, later}
    for name in (*kept, later):
        assert verify(store.entries(name), request=name, head=store.head(name)) == 1
    store.close()


def test_many_threads_read_while_one_writes(store: SqliteStore) -> None:
    record = store.create(filed(), key="k")
    versions: list[list[int]] = [[] for _ in range(3)]
    done = threading.Event()

    def watch(seen: list[int]) -> None:
        while not done.is_set():
            seen.append(store.request(record.id).version)

    with ThreadPoolExecutor(3) as pool:
        for seen in versions:
            pool.submit(watch, seen)
        for _ in range(20):
            change = following(record)
            store.commit(change)
            record = change.request
            assert store.request(record.id) == record
        done.set()

    assert all(seen == sorted(seen) for seen in versions)


def test_a_policy_that_cannot_be_told_in_the_chain_is_not_kept(store: SqliteStore, path: Path) -> None:
    refuse = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(refuse)

    with pytest.raises(StoreError, match="no room"):
        store.keep(StoredPolicy(digest="sha256:1", text="identity: {}\n", source="p", loaded_at=NOW))
    assert store.last_good() is None
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM policies").fetchone() == (0,)
