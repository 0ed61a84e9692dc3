"""The store as the rest of the system sees it: the port's methods over one writer and many readers."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from approvals.answers import Stored
from approvals.backends.stores.guarding import moving
from approvals.backends.stores.records import micros, moment, prepare, read_request
from approvals.backends.stores.sqlite import (
    answers,
    audit,
    files,
    guards,
    held,
    history,
    installation,
    marks,
    memory,
    requests,
    standing,
    work,
)
from approvals.backends.stores.sqlite.readers import Readers
from approvals.backends.stores.sqlite.writer import Writer
from approvals.backends.stores.waiting import TimeLeft, for_good
from approvals.chains import Held, Tail
from approvals.changes import Beside, Change, Mark, Telling
from approvals.guards import Guard, Guarded
from approvals.limits import Limits
from approvals.ports.store import Damaged, Installation, Lease, OnResource, Sought, Span, StoredPolicy, Stretch
from approvals.ports.texts import Retained
from approvals.requests import Request
from countersign_client.chain import Entry


def open_sqlite(path: Path, *, now: datetime, time_left: TimeLeft = for_good) -> "SqliteStore":
    """Open the store in a file, making it when there is none and migrating it when it is older.

    Raises `StoreError` when it cannot be used, and leaves nothing half made.
    """
    path = files.resolved(path)
    files.prepare(path, now=now)
    return SqliteStore(path, time_left=time_left)


class SqliteStore:
    """Implements `approvals.ports.store.Store` on one SQLite file, for all threads and for several processes.

    A write returns when it is on the disk. Every method may raise `StoreError` when the file or the disk fails,
    and `Unavailable` when another process holds the file for too long: `NotKept` or `Late` where it was a write.
    Whoever waits for a write does so for as long as `time_left` says.
    """

    def __init__(self, path: Path, *, time_left: TimeLeft = for_good) -> None:
        self._path = path
        with files.told(path):
            self._writer = Writer(path, time_left=time_left)
        self._readers = Readers(path)
        self._read = self._readers.read

    def close(self) -> None:
        """Finish the writes that were begun and let go of the file."""
        self._writer.close()
        self._readers.close()

    def installation(self) -> Installation:
        return self._read(installation.installation)

    # --- requests

    def create(self, change: Change, *, key: str, older: Change | None = None) -> Request:
        prepared, ending = prepare(change), None if older is None else prepare(older)
        earlier = self._writer.run(lambda connection: requests.create(connection, prepared, key, ending))
        return change.request if earlier is None else read_request(earlier)

    def require_room(self, filer: str, limits: Limits, *, now: datetime) -> None:
        self._read(standing.require, filer, limits, now)

    def commit(self, change: Change) -> None:
        prepared = prepare(change)
        self._writer.run(lambda connection: requests.commit(connection, prepared))

    def request(self, request_id: str) -> Request:
        return self._read(requests.request, request_id)

    def versions(self, request_ids: Collection[str]) -> Mapping[str, int]:
        return self._read(requests.versions, request_ids)

    def open_of(self, person: str) -> Sequence[Request]:
        return self._read(requests.select, requests.OPEN_OF, person).requests

    def beside(self, request: Request) -> Sequence[Request]:
        same = (request.requester, request.terms.entitlement, request.id)
        return self._read(requests.select, requests.BESIDE, *same).requests

    def open_by(self, account: str) -> Sequence[Request]:
        return self._read(requests.select, requests.OPEN_BY, account).requests

    def accounts(self, *, after: str, limit: int) -> Sequence[str]:
        return self._read(requests.accounts, after, limit)

    def damaged_of(self, person: str) -> Sequence[Damaged]:
        return self._read(requests.select, requests.OPEN_OF, person).damaged

    def filed(self, key: str) -> Request | None:
        return self._read(requests.filed, key)

    def pending(self, *, limit: int) -> Sequence[Request]:
        return self._read(requests.select, requests.PENDING, limit).requests

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch:
        return self._read(history.history, sought, span, limit)

    def retained(self, *, after: str, limit: int) -> Sequence[Retained]:
        return self._read(requests.retained, after, limit)

    def scrub(self) -> bool:
        return files.scrub(self._path)

    def requesters(self, request_ids: Collection[str]) -> Mapping[str, str]:
        return self._read(requests.requesters, request_ids)

    def holdings(self, *, resource: str, person: str) -> Sequence[Request]:
        return self._read(requests.select, requests.HOLDINGS_OF, resource, person).requests

    def on(self, resource: str) -> OnResource:
        return self._read(requests.select, requests.HOLDINGS, resource)

    # --- audit

    def append(self, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]) -> Entry:
        return self._writer.run(
            lambda connection: audit.append(connection, at=at, actor=actor, action=action, detail=detail)
        )

    def chains(self) -> Iterator[str]:
        found: Sequence[str] = [""]
        while found:
            yield from found
            # A connection is lent for one page at a time, never for as long as the caller takes.
            found = self._read(audit.chains_after, found[-1])

    def entries(self, chain: str) -> Sequence[Entry]:
        return self._read(audit.entries, chain)

    def entries_after(self, chain: str, *, seq: int, limit: int) -> Sequence[Entry]:
        return self._read(audit.entries_after, chain, seq, limit)

    def head(self, chain: str) -> str:
        return self._read(audit.head, chain)

    def held(self, chain: str) -> Held:
        return self._read(held.look, chain)

    def unanchored(self, *, limit: int) -> Sequence[Tail]:
        return self._read(held.unanchored, limit)

    def anchored(self, tails: Sequence[Tail]) -> None:
        self._writer.run(lambda connection: held.anchored(connection, tails))

    # --- work

    def due(self, *, now: datetime, limit: int, kind: str = "") -> Sequence[str]:
        return self._read(work.due, micros(now), limit, kind)

    def oldest_due(self, *, now: datetime) -> datetime | None:
        found = self._read(work.oldest_due, micros(now))
        return None if found is None else moment(found)

    def recorded(self, subject: str) -> bytes:
        return self._read(work.recorded, subject)

    def lease(self, subject: str, *, owner: str, now: datetime, until: datetime) -> Lease | None:
        wanted = Lease(subject=subject, owner=owner, until=until, body=b"")
        body = self._writer.run(lambda connection: work.take(connection, wanted, micros(now)))
        return None if body is None else msgspec.structs.replace(wanted, body=body)

    def save(self, lease: Lease, body: bytes) -> Lease:
        self._writer.run(lambda connection: work.save(connection, lease, body))
        return msgspec.structs.replace(lease, body=body)

    def release(self, lease: Lease, *, due: datetime | None, body: bytes | None = None) -> None:
        due_at = None if due is None else micros(due)
        self._writer.run(lambda connection: work.release(connection, lease, due_at, body))

    def wake(self, subject: str, *, due: datetime) -> None:
        self._writer.run(lambda connection: work.wake(connection, subject, micros(due)))

    # --- policies

    def keep(self, policy: StoredPolicy, *, instead_of: str | None = None, wake: Collection[str] = ()) -> None:
        def kept(connection: sqlite3.Connection) -> None:
            installation.keep(connection, policy, instead_of)
            for subject in wake:
                work.wake(connection, subject, micros(policy.loaded_at))

        self._writer.run(kept)

    def last_good(self) -> StoredPolicy | None:
        return self._read(installation.last_good)

    # --- guards

    def guarded(self, name: str) -> Guarded:
        return self._read(guards.guarded, name)

    def guarded_together(self, *names: str) -> tuple[Guarded, ...]:
        return self._read(guards.together, names)

    def advance(
        self,
        guard: Guard,
        *,
        body: bytes,
        at: datetime,
        actor: str,
        action: str,
        detail: Mapping[str, Any],
        steps: int = 1,
        beside: Beside | None = None,
        wake: Collection[str] = (),
    ) -> Entry:
        def moved(connection: sqlite3.Connection) -> Entry:
            guards.move(connection, guard, body, steps)
            if beside is not None:
                answers.write(connection, beside)
            for subject in wake:
                work.wake(connection, subject, micros(at))
            told = moving(guard, detail, steps=steps)
            return audit.append(connection, at=at, actor=actor, action=action, detail=told)

        return self._writer.run(moved)

    # --- answers

    def answered(self, account: str) -> Stored:
        return self._read(answers.answered, account)

    # --- marks

    def mark(self, name: str) -> bytes | None:
        return self._read(marks.body, name)

    def spend(self, mark: Mark, *, telling: Telling | None = None) -> None:
        def spent(connection: sqlite3.Connection) -> None:
            marks.write(connection, (mark,))
            if (told := telling) is not None:
                audit.append(connection, at=told.at, actor=told.actor, action=told.action, detail=told.detail)

        self._writer.run(spent)

    def sweep(self, *, before: datetime, limit: int) -> int:
        def swept(connection: sqlite3.Connection) -> int:
            found = marks.sweep(connection, micros(before), limit)
            return found + answers.empty(connection, micros(before), limit)

        return self._writer.run(swept)

    # --- memory

    def recall(self, key: str) -> str | None:
        return self._read(memory.recall, key)

    def remember(self, key: str, value: str) -> None:
        self._writer.run(lambda connection: memory.remember(connection, key, value))

    def forget(self, key: str) -> None:
        self._writer.run(lambda connection: memory.forget(connection, key))
