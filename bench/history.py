"""Stores with a long history: one request is led through its whole life by the real uses and transitions,
and SQLite copies its rows under other ids and people. Files are kept under `build/` for the next run.
"""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from approvals import transitions
from approvals.backends.stores.sqlite.files import connect
from approvals.changes import Change
from approvals.policy.evaluate import Ask
from approvals.requests import Request
from approvals.uses.votes import Press
from bench.desk import Desk
from bench.people import APPROVER, address, asker
from bench.stock import Stock

PER_PERSON = 50
"""Requests of each person in a history, so that more requests are those of more people."""

_NUMBERS = "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count) "
_ID = "'r-' || printf('%010d', i)"
_PERSON = "printf('u0ask%05d@example.com', i % max(1, :count / :each))"
_BODY = f"CAST(replace(replace(CAST(t.body AS TEXT), :id, {_ID}), :person, {_PERSON}) AS BLOB)"
_COPIES = (
    f"""INSERT INTO requests {_NUMBERS} SELECT {_ID}, version, state, {_PERSON},
        filed - (:count - i) * 1000000, holding, seq, head, {_BODY}, account, open, 1, entitlement, retained
        FROM n CROSS JOIN requests AS t WHERE t.id = :id""",
    f"INSERT INTO filings {_NUMBERS} SELECT 'bench:' || i, {_ID} FROM n",
    f"""INSERT INTO reviews {_NUMBERS} SELECT {_ID}, revision, t.person, t.number, 'jti-' || i
        FROM n CROSS JOIN reviews AS t WHERE t.request = :id""",
    f"""INSERT INTO audit {_NUMBERS} SELECT {_ID}, seq, hash, {_BODY}
        FROM n CROSS JOIN audit AS t WHERE t.chain = :id""",
    f"INSERT INTO subjects (subject) {_NUMBERS} SELECT 'request:' || {_ID} FROM n",
)


def grown(folder: Path, count: int) -> Stock:
    """A stock whose store holds so many requests that were granted and are over."""
    made = folder / f"requests-{count}"
    marker = made / "whole"
    if marker.exists():
        return Stock(made, kept=True)
    stock = Stock(made)
    template = _life(stock)
    connection = connect(stock.store_file)
    try:
        _copy(connection, template, count)
    finally:
        connection.close()
    marker.touch()
    return stock


def copied(stock: Stock, folder: Path) -> Stock:
    """The same in another folder, for a run that leaves traces."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(stock.folder, folder)
    return Stock(folder, kept=True)


def _copy(connection: sqlite3.Connection, template: str, count: int) -> None:
    values = {"count": count, "each": PER_PERSON, "id": template, "person": address(asker(0))}
    # The file is a measuring weight, not a record: it may be lost half made.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("BEGIN")
    for statement in _COPIES:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(statement, wanted)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")


def _life(stock: Stock) -> str:
    """Everything that happens to one request: filed, reviewed, approved, active, ended, removed."""
    now = datetime.now(UTC)
    with Desk(stock) as desk:
        ask = Ask(
            entitlement="admin-0",
            duration=timedelta(hours=1),
            justification="INC-4711: the checkout answers slowly",
        )
        request = desk.uses.asking.file(desk.identity(asker(0)), ask, key="template", now=now)
        token = stock.tokens.mint(request, act="review", now=now)
        desk.uses.deciding.review(desk.identity(APPROVER), Press(token=token, verdict="approve"), now=now)
        steps: list[Callable[[Request], Change]] = [
            lambda request: transitions.activated(request, now=now),
            lambda request: transitions.end(request, by=request.requester, now=now),
            lambda request: transitions.removed(request, now=now),
        ]
        for step in steps:
            desk.store.commit(step(desk.store.request(request.id)))
        return request.id
