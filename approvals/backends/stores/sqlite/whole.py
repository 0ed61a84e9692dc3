"""Whether a file is a whole store: its pages, its references, its records and every audit chain."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from approvals.auditing.audits import Fault, Inspection
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.held import whole
from approvals.backends.stores.records import read_request, request_row
from approvals.backends.stores.sqlite import audit, held
from approvals.chains import Held
from countersign_client.chain import ChainError, Entry


def check_database(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `StoreError` when SQLite itself finds the file damaged, or a row that refers to none."""
    (verdict,) = connection.execute("PRAGMA integrity_check (1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"{path} is damaged ({verdict}): take another backup")
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(f"{path} is not whole, rows are missing: take another backup")


def check_records(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `StoreError` when a chain does not hold, or when a record says otherwise than its columns."""
    try:
        for chain in audit.chains(connection):
            _check_chain(connection, chain)
    except ChainError as error:
        raise StoreError(f"{path} is not whole: {error}") from error


def disagreements(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Tell, of a file that is whole, which records do not agree with what its chains say happened."""
    return Inspection(_Looked(connection)).faults()


class _Looked:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def chains(self) -> Iterable[str]:
        return audit.chains(self._connection)

    def entries(self, chain: str) -> Sequence[Entry]:
        return audit.entries(self._connection, chain)

    def held(self, chain: str) -> Held:
        return held.look(self._connection, chain)


def _check_chain(connection: sqlite3.Connection, chain: str) -> None:
    if not chain:
        seq, head = connection.execute("SELECT seq, head FROM heads WHERE chain = ''").fetchone()
        whole(chain, held.entries(connection, chain), seq=seq, head=head)
        return
    stored = held.request(connection, chain)
    row = stored.row
    if row is None:
        raise ChainError(f"there is no request {chain}")
    if row[:-1] != request_row(read_request(row.body))[:-1] or stored.open != row.open:
        raise ChainError(f"the record of {chain} says otherwise than what stands beside it")
    whole(chain, stored.entries, seq=row.seq, head=row.head)
