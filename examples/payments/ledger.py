"""What is to be refunded, kept in a file: a refund that waits for people outlives the process that asked."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

_TABLE = """
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY,
    orders TEXT NOT NULL,
    amount TEXT NOT NULL,
    card TEXT NOT NULL,
    request TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'new',
    said TEXT NOT NULL DEFAULT '',
    receipt TEXT NOT NULL DEFAULT ''
)
"""
_NEWS = """
CREATE TABLE IF NOT EXISTS news (id TEXT PRIMARY KEY, request TEXT NOT NULL, state TEXT NOT NULL)
"""
_COLUMNS = "id, orders, amount, card, request, state, said, receipt"


class Refund(NamedTuple):
    """One refund, in EUR. `state` is `new`, `waiting`, `paid` or `refused`; `said` says why, to people."""

    id: int
    order: str
    amount: str
    card: str
    request: str
    state: str
    said: str
    receipt: str


class Ledger:
    """The refunds in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._do(_TABLE)
        self._do(_NEWS)

    def add(self, *, order: str, amount: str, card: str) -> int:
        """Write down what somebody wants to refund."""
        line = "INSERT INTO refunds (orders, amount, card) VALUES (?, ?, ?) RETURNING id"
        return int(self._do(line, order, amount, card)[0][0])

    def waits(self, refund: int, request: str) -> None:
        """Keep the request's id: by it the work goes on after a restart."""
        self._do("UPDATE refunds SET request = ?, state = 'waiting', said = '' WHERE id = ?", request, refund)

    def pay(self, refund: int, receipt: str) -> None:
        """Pay, and write down by which receipt. Here the money leaves; a real one would call its bank by `id`."""
        self._do("UPDATE refunds SET state = 'paid', said = '', receipt = ? WHERE id = ?", receipt, refund)

    def refuse(self, refund: int, why: str) -> None:
        """Nothing is paid."""
        self._do("UPDATE refunds SET state = 'refused', said = ? WHERE id = ?", why, refund)

    def note(self, refund: int, what: str) -> None:
        """Say something about a refund, which stays as it is."""
        self._do("UPDATE refunds SET said = ? WHERE id = ?", what, refund)

    def hear(self, message: str, request: str, state: str) -> bool:
        """Keep what Countersign told. Returns whether it is new: a message may come more than once."""
        line = "INSERT OR IGNORE INTO news (id, request, state) VALUES (?, ?, ?) RETURNING id"
        return bool(self._do(line, message, request, state))

    def heard(self, request: str) -> list[str]:
        """The states that Countersign told a request to have come to."""
        return [str(state) for (state,) in self._do("SELECT state FROM news WHERE request = ?", request)]

    def read(self, refund: int) -> Refund | None:
        """One refund as it stands now."""
        found = self._do(f"SELECT {_COLUMNS} FROM refunds WHERE id = ?", refund)  # noqa: S608 - our own columns
        return Refund(*found[0]) if found else None

    def all(self, state: str = "") -> list[Refund]:
        """The newest first; those in a state, where one is given."""
        line = f"SELECT {_COLUMNS} FROM refunds WHERE ? IN ('', state) ORDER BY id DESC"  # noqa: S608 - as above
        return [Refund(*row) for row in self._do(line, state)]

    def _do(self, line: str, *values: object) -> list[tuple[object, ...]]:
        with sqlite3.connect(self._path, isolation_level=None) as held:
            found = held.execute(line, values).fetchall()
        held.close()
        return found
