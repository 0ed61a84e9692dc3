"""The store as the rest of the system sees it: the port's methods over documents."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from approvals.answers import Stored
from approvals.backends.stores import records
from approvals.backends.stores.firestore import (
    answers,
    audit,
    documents,
    guards,
    held,
    history,
    indexes,
    installation,
    marks,
    memory,
    queries,
    requests,
    work,
)
from approvals.backends.stores.firestore.database import Database, Document
from approvals.backends.stores.firestore.known import Tails
from approvals.backends.stores.guarding import moving
from approvals.backends.stores.records import micros, moment, prepare
from approvals.backends.stores.waiting import TimeLeft, for_good
from approvals.chains import Held, Tail
from approvals.changes import Beside, Change, Mark, Telling
from approvals.guards import Guard, Guarded
from approvals.limits import Limits
from approvals.ports.store import Damaged, Installation, Lease, OnResource, Sought, Span, StoredPolicy, Stretch
from approvals.ports.texts import Retained
from approvals.requests import Request, is_for_the_same
from countersign_client.chain import Entry


def open_firestore(
    project: str, database: str, *, now: datetime, emulator_host: str | None, time_left: TimeLeft = for_good
) -> "FirestoreStore":
    """Name a store in Firestore. The first use loads the client and makes the store when there is none."""
    opened = Database(project, database, emulator_host=emulator_host, time_left=time_left)
    return FirestoreStore(opened, now=now)


class FirestoreStore:
    """Implements `approvals.ports.store.Store` on a Firestore database, for any number of threads and machines.

    A write returns when it is durable. Every method may raise `StoreError` when the database cannot be used as it
    is, and `Unavailable` when Google does not answer in time: `Late` where a write may have taken effect.
    """

    def __init__(self, database: Database, *, now: datetime) -> None:
        self._database = database
        self._now = now
        self._leases, self._tails = work.Leases(), Tails()
        self._gate = threading.Lock()
        self._checked = False

    def close(self) -> None:
        """Let go of the connection."""
        self._database.close()

    def installation(self) -> Installation:
        if not self._checked:
            indexes.require(self._database)
        found = installation.installation(self._database, now=self._now)
        self._checked = True
        return found

    def _ready(self) -> Database:
        """The database, once it is known to be a store that this release can use."""
        if not self._checked:
            with self._gate:
                if not self._checked:
                    self.installation()
        return self._database

    # --- requests

    def create(self, change: Change, *, key: str, older: Change | None = None) -> Request:
        ending = None if older is None else prepare(older)
        return requests.file(self._ready(), self._tails, prepare(change), key, ending) or change.request

    def require_room(self, filer: str, limits: Limits, *, now: datetime) -> None:
        requests.require_room(self._ready(), filer, limits, now)

    def commit(self, change: Change) -> None:
        requests.commit(self._ready(), self._tails, prepare(change))

    def request(self, request_id: str) -> Request:
        return requests.request(self._ready(), request_id, self._tails)

    def versions(self, request_ids: Collection[str]) -> Mapping[str, int]:
        return requests.versions(self._ready(), request_ids)

    def open_of(self, person: str) -> Sequence[Request]:
        return _newest(self._read(self._ready().select_all(queries.open_of(person))))

    def beside(self, request: Request) -> Sequence[Request]:
        return [each for each in self.open_of(request.requester) if is_for_the_same(each, request)]

    def open_by(self, account: str) -> Sequence[Request]:
        return _newest(self._read(self._ready().select_all(queries.open_by(account))))

    def accounts(self, *, after: str, limit: int) -> Sequence[str]:
        return requests.accounts(self._ready(), after, limit)

    def damaged_of(self, person: str) -> Sequence[Damaged]:
        return self._read(self._ready().select_all(queries.open_of(person))).damaged

    def filed(self, key: str) -> Request | None:
        return requests.filed(self._ready(), key)

    def pending(self, *, limit: int) -> Sequence[Request]:
        return self._read(self._ready().select(queries.pending(limit))).requests

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch:
        return history.history(self._ready(), sought, span, limit)

    def retained(self, *, after: str, limit: int) -> Sequence[Retained]:
        found = self._ready().select(queries.retained(after, limit))
        return [records.retained(each.data["retained"]) for each in found]

    def scrub(self) -> bool:
        return True

    def requesters(self, request_ids: Collection[str]) -> Mapping[str, str]:
        return requests.requesters(self._ready(), request_ids)

    def holdings(self, *, resource: str, person: str) -> Sequence[Request]:
        return self._read(self._ready().select_all(queries.holdings(resource=resource, person=person))).requests

    def on(self, resource: str) -> OnResource:
        return self._read(self._ready().select_all(queries.holdings(resource=resource, person="")))

    def _read(self, found: Iterable[Document]) -> OnResource:
        return documents.listed(self._noted(each) for each in found)

    def _noted(self, found: Document) -> dict[str, Any]:
        self._tails.note(found.data, found.seen)
        return found.data

    # --- audit

    def append(self, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]) -> Entry:
        return audit.Appending(self._ready(), at=at, actor=actor, action=action, detail=detail).run()

    def chains(self) -> Iterator[str]:
        yield from audit.chains(self._ready())

    def entries(self, chain: str) -> Sequence[Entry]:
        return audit.entries(self._ready(), chain)

    def entries_after(self, chain: str, *, seq: int, limit: int) -> Sequence[Entry]:
        return audit.entries_after(self._ready(), chain, seq, limit)

    def head(self, chain: str) -> str:
        return audit.head(self._ready(), chain)

    def held(self, chain: str) -> Held:
        return held.look(self._ready(), chain)

    def unanchored(self, *, limit: int) -> Sequence[Tail]:
        return held.unanchored(self._ready(), limit)

    def anchored(self, tails: Sequence[Tail]) -> None:
        held.anchored(self._ready(), tails)

    # --- work

    def due(self, *, now: datetime, limit: int, kind: str = "") -> Sequence[str]:
        return work.due(self._ready(), self._leases, micros(now), limit, kind)

    def oldest_due(self, *, now: datetime) -> datetime | None:
        found = work.oldest_due(self._ready(), micros(now))
        return None if found is None else moment(found)

    def recorded(self, subject: str) -> bytes:
        found = self._ready().one(documents.work(subject))
        return b"" if found is None else found.data.get("body", b"")

    def lease(self, subject: str, *, owner: str, now: datetime, until: datetime) -> Lease | None:
        wanted = Lease(subject=subject, owner=owner, until=until, body=b"")
        body = work.take(self._ready(), self._leases, wanted, micros(now))
        return None if body is None else msgspec.structs.replace(wanted, body=body)

    def save(self, lease: Lease, body: bytes) -> Lease:
        work.save(self._ready(), self._leases, lease, body)
        return msgspec.structs.replace(lease, body=body)

    def release(self, lease: Lease, *, due: datetime | None, body: bytes | None = None) -> None:
        work.release(self._ready(), self._leases, lease, None if due is None else micros(due), body)

    def wake(self, subject: str, *, due: datetime) -> None:
        work.wake(self._ready(), subject, micros(due))

    # --- policies

    def keep(self, policy: StoredPolicy, *, instead_of: str | None = None, wake: Collection[str] = ()) -> None:
        due = [work.waking(subject, micros(policy.loaded_at)) for subject in wake]
        installation.keep(self._ready(), policy, instead_of, due)

    def last_good(self) -> StoredPolicy | None:
        return installation.last_good(self._ready())

    # --- guards

    def guarded(self, name: str) -> Guarded:
        return guards.guarded(self._ready(), name)

    def guarded_together(self, *names: str) -> tuple[Guarded, ...]:
        return guards.together(self._ready(), names)

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
        database = self._ready()
        return audit.Appending(
            database,
            at=at,
            actor=actor,
            action=action,
            detail=moving(guard, detail, steps=steps),
            beside=lambda: (
                guards.moving(database, guard, body, steps),
                *answers.writing(database, beside),
                *(work.waking(subject, micros(at)) for subject in wake),
            ),
        ).run()

    # --- answers

    def answered(self, account: str) -> Stored:
        return answers.answered(self._ready(), account)

    # --- marks

    def mark(self, name: str) -> bytes | None:
        return marks.body(self._ready(), name)

    def spend(self, mark: Mark, *, telling: Telling | None = None) -> None:
        marks.spend(self._ready(), mark, telling)

    def sweep(self, *, before: datetime, limit: int) -> int:
        moment = micros(before)
        return marks.sweep(self._ready(), moment, limit) + answers.empty(self._ready(), moment, limit)

    # --- memory

    def recall(self, key: str) -> str | None:
        return memory.recall(self._ready(), key)

    def remember(self, key: str, value: str) -> None:
        memory.remember(self._ready(), key, value)

    def forget(self, key: str) -> None:
        memory.forget(self._ready(), key)


def _newest(found: OnResource) -> Sequence[Request]:
    """The newest first."""
    return sorted(found.requests, key=lambda request: request.filed, reverse=True)
