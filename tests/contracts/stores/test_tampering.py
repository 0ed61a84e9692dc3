"""Whatever somebody changes in a store, the audit names what it belongs to, but for what is written here."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import account_of, read_entry, read_request, request_row
from approvals.backends.stores.sqlite import requests
from approvals.backends.stores.sqlite.whole import disagreements
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct
from tests.support.lived import live
from tests.support.tampering import changed, tampered
from tests.support.world import World

EXEMPT = {
    "installation.id": "there is one row, and its number means nothing",
    "installation.schema": "a start refuses a newer one and brings an older one up: no fact depends on it",
    "installation.created": "nothing is decided or shown by it",
    "filings.key": "finds a request for a form that is sent again: at worst a second one is filed",
    "filings.request": "as the key: whoever sends a form again is shown another request, and gets nothing by it",
    "subjects.subject": "what reconcile looks at next: it does all that the records ask for, and nothing else",
    "subjects.owner": "a lease, which ends by itself",
    "subjects.lease_until": "a lease of more than a minute holds nobody up",
    "subjects.due": "when reconcile looks next",
    "subjects.woken": "when reconcile looks next",
    "subjects.body": "what reconcile has drawn and tried: it looks outside again, and gives what records give",
    "memory.key": "found outside, and found again",
    "memory.value": "found outside, and found again",
    "answers.account": "what a call was answered: it repeats what was said, and gives nothing",
    "answers.version": "counts the answers, so that none overwrites another",
    "answers.body": "what a call was answered",
    "answers.until": "when an answer is forgotten: as its body",
    "marks.name": "a mark only refuses what was done already; whoever writes the store can do it without",
    "marks.until": "when a mark is forgotten: as its name",
    "marks.body": "what a call of an application was answered",
    "filers.filer": "counts what an application filed within the hour, for its limits alone",
    "filers.filed": "as whose it is",
    "filers.request": "as whose it is",
    "requests.anchored 1": "back to not anchored: it is anchored once more",
    "requests.body.terms.targets.parameters.salt": "without the secret nobody can tell: a wrong one fits no use",
    "requests.body.version": "counts the commits, so that none overwrites another: it is no fact",
}
"""What may be changed unseen, and why it does no harm. Fractions of a second may as well: chains hold none."""

TABLES = {
    "installation", "policies", "requests", "filings", "reviews", "audit", "heads", "subjects", "guards",
    "memory", "holdings", "answers", "marks", "filers",
}  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The file of a store with a history, and the requests in it by what became of them."""
    folder = tmp_path_factory.mktemp("tampering")
    wire = Wire(direct(google_with()))
    with closing(World(folder, granter=wire)) as world:
        lives = live(world, wire)
        world.store.remember("channel:#access", "C0ACCESS")
    with closing(sqlite3.connect(folder / "store.db")) as connection:
        connection.execute(
            "INSERT INTO answers (account, version, body, until) VALUES ('iap:1/a@example.com', 1, x'7b7d', 1)"
        )
        connection.execute("INSERT INTO marks (name, until, body) VALUES ('jti:shop:1', 1, x'7b7d')")
        connection.execute("INSERT INTO filers (filer, filed, request) VALUES ('application:shop', 1, 'r-1')")
        connection.commit()
        connection.executescript("DROP TRIGGER audit_stays; DROP TRIGGER audit_kept;")
    return folder / "store.db", lives


@pytest.fixture
def connection(lived: tuple[Path, dict[str, str]]) -> Iterator[sqlite3.Connection]:
    """The file, opened by somebody without scruples."""
    with closing(sqlite3.connect(lived[0], isolation_level=None)) as opened:
        opened.execute("PRAGMA ignore_check_constraints = 1")
        yield opened


Statement = tuple[str, Sequence[Any]]


def named_by(connection: sqlite3.Connection, statement: str, *values: Any) -> set[str]:
    """Whose chains the audit names once the statement was run, which is then taken back."""
    return named_by_all(connection, [(statement, values)])


def named_by_all(connection: sqlite3.Connection, statements: Sequence[Statement]) -> set[str]:
    connection.execute("BEGIN")
    try:
        for statement, values in statements:
            connection.execute(statement, values)
        return {fault.chain for fault in disagreements(connection)}
    finally:
        connection.execute("ROLLBACK")


def test_a_history_that_nobody_touched_holds(connection: sqlite3.Connection) -> None:
    assert list(disagreements(connection)) == []


def test_every_table_is_tried(connection: sqlite3.Connection) -> None:
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert found == TABLES


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info ({table})")]


def keys(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, _, _, _, part in connection.execute(f"PRAGMA table_info ({table})") if part]


def rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[dict[str, Any], str, list[Any]]]:
    """Each row, the condition that finds it and that condition's values."""
    names, by = columns(connection, table), keys(connection, table)
    for values in connection.execute(f"SELECT * FROM {table}").fetchall():
        row = dict(zip(names, values, strict=True))
        yield row, " AND ".join(f"{name} = ?" for name in by), [row[name] for name in by]


def owner(table: str, row: dict[str, Any]) -> str:
    """Whose chain a row belongs to."""
    column = {"requests": "id", "reviews": "request", "audit": "chain", "holdings": "request"}.get(table)
    return str(row[column]) if column else ""


def test_a_column_that_was_changed_is_found(connection: sqlite3.Connection) -> None:
    unseen = set()
    for table in TABLES:
        for row, where, found_by in rows(connection, table):
            for column, value in row.items():
                if column == "body" and table in ("requests", "audit"):
                    continue  # each of its members, below
                for other in _others(column, value):
                    statement = f"UPDATE {table} SET {column} = ? WHERE {where}"
                    if owner(table, row) not in named_by(connection, statement, other, *found_by):
                        unseen.add(f"{table}.{column}" + (f" {value}" if column == "anchored" else ""))

    assert unseen == {name for name in EXEMPT if not name.startswith("requests.body.")}


def _others(column: str, value: Any) -> Iterator[Any]:
    if isinstance(value, bytes):
        yield value + b" "
    elif value is None:
        yield 1
    elif column in ("holding", "open", "anchored"):
        yield 1 - value
    elif isinstance(value, int):
        yield value + 10**9  # more than a second, where it is a time
    else:
        yield from changed(value, column)


def test_a_member_that_was_changed_is_found_also_when_the_columns_follow(connection: sqlite3.Connection) -> None:
    unseen = set()
    for row, _, _ in rows(connection, "requests"):
        for name, body in tampered(row["body"]):
            if row["id"] not in named_by_all(connection, _following(row["id"], body)):
                unseen.add(f"requests.body.{name}")

    assert unseen == {name for name in EXEMPT if name.startswith("requests.body.")}


def _following(request_id: str, body: bytes) -> list[Statement]:
    """Write a body, and beside it what it says, as far as it can be read."""
    try:
        row = request_row(read_request(body))._replace(id=request_id, body=body)
    except StoreError:
        return [("UPDATE requests SET body = ? WHERE id = ?", [body, request_id])]
    beside = {"account": account_of(body), "open": row.open}
    values = {name: value for name, value in row._asdict().items() if name != "holds"} | beside
    setting = ", ".join(f"{name} = ?" for name in values)
    held = [
        ("INSERT INTO holdings (resource, requester, filed, request) VALUES (?, ?, ?, ?)", values)
        for values in ((resource, row.requester, row.filed, request_id) for resource in row.holds)
    ]
    return [
        (f"UPDATE requests SET {setting} WHERE id = ?", [*values.values(), request_id]),
        ("DELETE FROM holdings WHERE request = ?", [request_id]),
        *held,
    ]


def test_a_member_of_what_was_said_of_a_freeze_that_was_changed_is_found(connection: sqlite3.Connection) -> None:
    unseen = set()
    for row, where, found_by in rows(connection, "guards"):
        for name, body in tampered(row["body"]):
            if "" not in named_by(connection, f"UPDATE guards SET body = ? WHERE {where}", body, *found_by):
                unseen.add(f"guards.body.{name}")

    assert unseen == set()


def test_a_member_of_an_entry_that_was_changed_is_found(connection: sqlite3.Connection) -> None:
    unseen = set()
    for row, where, found_by in rows(connection, "audit"):
        for name, body in tampered(row["body"]):
            statement = f"UPDATE audit SET body = ? WHERE {where}"
            if row["chain"] not in named_by(connection, statement, body, *found_by):
                unseen.add(f"audit.body.{name}")

    assert unseen == set()


@pytest.mark.parametrize("table", ["requests", "reviews", "audit", "heads", "policies", "guards"])
def test_a_row_that_is_gone_is_found(connection: sqlite3.Connection, table: str) -> None:
    for row, where, found_by in list(rows(connection, table)):
        assert owner(table, row) in named_by(connection, f"DELETE FROM {table} WHERE {where}", *found_by)


def test_a_review_that_was_added_is_found(
    connection: sqlite3.Connection, lived: tuple[Path, dict[str, str]]
) -> None:
    pending = lived[1]["pending"]
    added = """INSERT INTO reviews SELECT request, revision, 'dan@example.com', 1, jti
        FROM reviews WHERE request = ? LIMIT 1"""

    assert named_by(connection, added, pending) == {pending}


def test_a_request_that_is_gone_with_everything_is_missed(
    connection: sqlite3.Connection, lived: tuple[Path, dict[str, str]]
) -> None:
    connection.execute(
        """CREATE TEMP TRIGGER gone BEFORE DELETE ON requests BEGIN
        DELETE FROM audit WHERE chain = old.id; DELETE FROM reviews WHERE request = old.id;
        DELETE FROM filings WHERE request = old.id; END"""
    )

    denied = lived[1]["denied"]
    assert named_by(connection, "DELETE FROM requests WHERE id = ?", denied) == {denied}
    # One that is too young to be anchored is not: this is what checkpoints and short waits are for.
    assert named_by(connection, "DELETE FROM requests WHERE id = ?", lived[1]["young"]) == set()


@pytest.mark.parametrize("name", ["signed", "denied", "pending"])
def test_a_chain_that_was_cut_together_with_its_record_is_found(
    connection: sqlite3.Connection, lived: tuple[Path, dict[str, str]], name: str
) -> None:
    """The request as it was when it was filed, which then held in itself."""
    request_id = lived[1][name]
    entry = connection.execute("SELECT body FROM audit WHERE chain = ? AND seq = 1", (request_id,)).fetchone()
    record = requests.request(connection, request_id)
    filed = msgspec.structs.replace(
        record, state="pending", reviews=(), decision=None, grants=(), updated=record.filed, version=1, seq=1
    )
    filed = msgspec.structs.replace(filed, head=read_entry(entry[0]).hash)
    statements = _following(request_id, msgspec.json.encode(filed))
    connection.execute(
        f"""CREATE TEMP TRIGGER cut BEFORE UPDATE ON requests BEGIN
        DELETE FROM audit WHERE chain = '{request_id}' AND seq > 1;
        DELETE FROM reviews WHERE request = '{request_id}'; END"""
    )

    connection.execute("BEGIN")
    for statement, values in statements:
        connection.execute(statement, values)
    (fault,) = disagreements(connection)
    connection.execute("ROLLBACK")
    assert fault.chain == request_id
    assert "cut or written anew" in fault.text
