"""Audit chains in documents, each entry one that is only ever created."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby
from typing import Any

import msgspec

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Write, change, create
from approvals.backends.stores.records import entry_row, read_entry
from approvals.refusals.errors import NotFound
from approvals.times import rfc3339
from countersign_client.chain import START, Entry


class Appending:
    """Adds one entry to the installation's chain, with what is written beside it, in as many tries as it takes.

    `beside` makes those writes, anew for each try.
    """

    def __init__(
        self,
        database: Database,
        *,
        at: datetime,
        actor: str,
        action: str,
        detail: Mapping[str, Any],
        beside: Callable[[], Sequence[Write]] = tuple,
    ) -> None:
        self._database = database
        self._entry = Entry(
            request="", seq=0, at=rfc3339(at), actor=actor, action=action, detail=detail, prev=START
        )
        self._beside = beside
        self._mark = secrets.token_hex(8)
        self._tried: Entry | None = None

    def run(self) -> Entry:
        return self._database.settle(self._step)

    def _step(self) -> Entry:
        if self._tried is not None and self._arrived(self._tried):
            return self._tried
        head = self._database.one(documents.HEAD)
        if head is None:
            raise NotFound("the installation's chain has no head")
        entry = msgspec.structs.replace(self._entry, seq=head.data["seq"] + 1, prev=head.data["head"])
        self._tried = entry
        row = entry_row(entry)
        self._database.commit(
            [
                create(documents.entry("", row.seq), documents.entry_fields(row) | {"mark": self._mark}),
                change(head, {"seq": row.seq, "head": row.hash}),
                *self._beside(),
            ]
        )
        return entry

    def _arrived(self, entry: Entry) -> bool:
        written = self._database.one(documents.entry("", entry.seq))
        return written is not None and written.data.get("mark") == self._mark


def chains(database: Database) -> Iterator[str]:
    """Every chain, the installation's first, then in order those with a record or a first entry."""
    yield ""
    records = (document.data["id"] for document in database.select_all(queries.request_ids()))
    begun = (document.data["chain"] for document in database.select_all(queries.first_entries()))
    for chain, _ in groupby(merge(records, (chain for chain in begun if chain))):
        yield chain


def entries(database: Database, chain: str) -> Sequence[Entry]:
    """The entries of one chain, in order."""
    return [read_entry(document.data["body"]) for document in database.select_all(queries.entries(chain))]


def entries_after(database: Database, chain: str, seq: int, limit: int) -> Sequence[Entry]:
    """Those that follow one, in order: the chain's last is asked for first, so that none is read for nothing."""
    found = database.one(documents.request(chain) if chain else documents.HEAD)
    last = found.data["seq"] if found is not None else 0
    paths = [documents.entry(chain, number) for number in range(seq + 1, min(last, seq + limit) + 1)]
    if not paths:
        return []
    return [read_entry(each.data["body"]) for each in database.get(*paths) if each is not None]


def head(database: Database, chain: str) -> str:
    """The last hash that the chain's record names. Raises `NotFound` when there is no such record."""
    found = database.one(documents.request(chain) if chain else documents.HEAD)
    if found is None:
        raise NotFound(f"there is no request {chain}")
    last: str = found.data["head"]
    return last
