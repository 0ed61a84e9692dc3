"""Audit chains in SQL. Entries are only ever added: the tables themselves refuse the rest."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from approvals.backends.stores.records import entry_row, read_entry
from approvals.backends.stores.sqlite import requests
from approvals.times import rfc3339
from countersign_client.chain import Entry

_CHAINS = """SELECT id FROM requests WHERE id > :after UNION SELECT chain FROM audit WHERE chain > :after
    ORDER BY 1 LIMIT 500"""


def append(
    connection: sqlite3.Connection, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]
) -> Entry:
    """Add an entry to the installation's chain."""
    seq, prev = connection.execute("SELECT seq, head FROM heads WHERE chain = ''").fetchone()
    entry = Entry(request="", seq=seq + 1, at=rfc3339(at), actor=actor, action=action, detail=detail, prev=prev)
    row = entry_row(entry)
    connection.execute("INSERT INTO audit (chain, seq, hash, body) VALUES (?, ?, ?, ?)", row)
    connection.execute("UPDATE heads SET seq = ?, head = ? WHERE chain = ''", (row.seq, row.hash))
    return entry


def chains_after(connection: sqlite3.Connection, chain: str) -> Sequence[str]:
    """Return the next chains of requests, in order: those with a record, and those with entries alone."""
    return [found for (found,) in connection.execute(_CHAINS, {"after": chain})]


def chains(connection: sqlite3.Connection) -> Iterable[str]:
    """Every chain, the installation's first."""
    found: Sequence[str] = [""]
    while found:
        yield from found
        found = chains_after(connection, found[-1])


def entries(connection: sqlite3.Connection, chain: str) -> Sequence[Entry]:
    """The entries of one chain, in order."""
    rows = connection.execute("SELECT body FROM audit WHERE chain = ? ORDER BY seq", (chain,))
    return [read_entry(body) for (body,) in rows]


def entries_after(connection: sqlite3.Connection, chain: str, seq: int, limit: int) -> Sequence[Entry]:
    """Those that follow one, in order."""
    sql = "SELECT body FROM audit WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?"
    return [read_entry(body) for (body,) in connection.execute(sql, (chain, seq, limit))]


def head(connection: sqlite3.Connection, chain: str) -> str:
    """The last hash that the chain's record names. Raises `NotFound` when there is no such record."""
    if chain:
        return requests.request(connection, chain).head
    found: str = connection.execute("SELECT head FROM heads WHERE chain = ''").fetchone()[0]
    return found
