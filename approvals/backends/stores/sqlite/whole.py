"""Whether a file is a whole store: its pages, its references, its records and every audit chain."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from approvals.audits import Fault, Inspection
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import entry_row, request_row
from approvals.backends.stores.sqlite import audit, held, requests
from approvals.chains import Held
from approvals.errors import NotFound
from countersign_client.chain import ChainError, Entry, verify


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
    except (ChainError, NotFound) as error:
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
    entries = audit.entries(connection, chain)
    count = verify(entries, request=chain, head=audit.head(connection, chain))
    if audit.hashes(connection, chain) != [entry_row(entry).hash for entry in entries]:
        raise ChainError(f"an entry of {chain or 'the installation'} has another hash than the one beside it")
    if chain:
        _check_record(connection, chain, count)


def _check_record(connection: sqlite3.Connection, request_id: str, count: int) -> None:
    stored, is_open = requests.row(connection, request_id)
    record = requests.request(connection, request_id)
    same = stored[:-1] == request_row(record)[:-1]
    if not same or is_open != stored.open or record.seq != count:
        raise ChainError(f"the record of {request_id} says otherwise than what stands beside it")
