"""Leases and done-records in documents.

`due` says when a subject's time has come, `woken` keeps the soonest wake that came while a lease was held: taking
the lease clears it. A lease that is never given back makes its subject due when it runs out, so that a crash loses
no work.

A subject has one document of its own. What a change of a request wakes beside that request's own work lies in a
document of that request, which is removed by whoever takes the subject: so changes of different people write
nothing in common, and one that comes while the subject is held leaves it due when it is given back.

Whoever holds a subject has written its document last, as a rule, and changes it as it left it, without reading it
once more; and whoever takes what was just found due takes it as it was found. Where somebody has written it since,
that does not hold, and it is read.
"""

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import (
    Database,
    Document,
    Least,
    Write,
    change,
    create,
    merge,
    remove,
)
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.backends.stores.firestore.known import Known
from approvals.backends.stores.records import LONGEST, micros
from approvals.ids import request_subject
from approvals.ledgers.folding import is_old, resource_subject
from approvals.ports.store import Lease
from approvals.refusals.errors import Conflict

_LEASED = ("subject", "owner", "lease_until")
_HELD = 32  # subjects that are due and held at the same time, as a rule


def due(database: Database, leases: "Leases", now: int, limit: int, kind: str) -> Sequence[str]:
    """Subjects of a kind (or all) whose time has come and that nobody works on, longest due first.

    Of all kinds they are read whole: whoever asks so takes them next, and then need not read them.
    """
    size, whole = limit + _HELD, not kind
    while True:
        found = database.select(queries.due(now, size, kind))
        heeded = [_heeded(database, each, now) for each in found if "subject" in each.data]
        free = _free(database, heeded, now, leases if whole else None)
        if len(free) >= limit or len(found) < size:
            return free[:limit]
        size *= 4


def oldest_due(database: Database, now: int) -> int | None:
    """Since when the longest due subject is due that nobody works on. A subject can have wakes beside it."""
    for size in (_HELD + 1, 4 * (_HELD + 1)):
        query = queries.due(now, size, "")._replace(fields=(*_LEASED, "due"))
        found = [each for each in database.select(query) if "subject" in each.data]
        free = set(_free(database, found, now))
        dues = [int(each.data["due"]) for each in found if each.data["subject"] in free]
        if dues or len(found) < size:
            return min(dues, default=None)
    return None


def _free(database: Database, found: Sequence[Document], now: int, leases: "Leases | None" = None) -> list[str]:
    """The subjects of these documents that nobody holds, in order: asked of each subject's own document.

    With `leases` all of that is noted for whoever takes one of them.
    """
    own = {document.data["subject"]: document for document in found if _is_own(document)}
    subjects = list(dict.fromkeys(document.data["subject"] for document in found))
    woken = [subject for subject in subjects if subject not in own]
    fields = None if leases is not None else _LEASED
    others = database.get(*map(documents.work, woken), fields=fields) if woken else []
    own |= {document.data["subject"]: document for document in others if document is not None}
    free = [subject for subject in subjects if subject not in own or not _held(own[subject], now)]
    if leases is not None:
        for subject in free:
            leases.found(subject, own.get(subject), [each for each in found if each.data["subject"] == subject])
    return free


def _is_own(document: Document) -> bool:
    return documents.is_own(document.path, document.data)


def _heeded(database: Database, document: Document, now: int) -> Document:
    """The document as a wake of its resource, where one of 0.1.0 woke one person's bindings.

    The wake is passed on: nobody takes that person's subject any more.
    """
    if not is_old(document.data["subject"]):
        return document
    subject = resource_subject(document.data["subject"])
    with suppress(Disturbed):
        database.commit([waking(subject, now), change(document, {"due": None, "woken": None})])
    return document._replace(data={"subject": subject})


def waking(subject: str, due_at: int) -> Write:
    """The write that makes a subject due at that time unless it is due sooner. It reads nothing."""
    return _due(documents.work(subject), subject, due_at)


def wakings(request_id: str, subjects: Iterable[str], due_at: int) -> list[Write]:
    """The writes of a change that makes subjects due: all in documents of its request. They read nothing."""
    own = request_subject(request_id)
    return [
        _due(documents.work(subject) if subject == own else documents.wake(subject, request_id), subject, due_at)
        for subject in dict.fromkeys(subjects)
    ]


def _due(path: str, subject: str, due_at: int) -> Write:
    return merge(path, {**documents.of_work(subject), "due": Least(due_at), "woken": Least(due_at)})


def wake(database: Database, subject: str, due_at: int) -> None:
    """Make a subject due at that time unless it is due sooner."""
    database.settle(lambda: database.commit([waking(subject, due_at)]))


class Leases:
    """How this process left the documents of what it holds, and found those of what was due, by subject."""

    def __init__(self) -> None:
        self._left: Known[tuple[str, int, Document]] = Known()
        self._found: Known[Sequence[Document]] = Known()

    def note(self, lease: Lease, seen: datetime, *, woken: int | None) -> None:
        """Its document is held by this lease, as it is seen by then, and was woken for that time."""
        left = Document(documents.work(lease.subject), {"woken": woken}, seen)
        self._left.note(lease.subject, (lease.owner, micros(lease.until), left))

    def own(self, database: Database, lease: Lease) -> Document | None:
        """What is known of a lease's document, once; else what is read. None where the lease is lost."""
        left = self._left.once(lease.subject)
        if left is not None and left[:2] == (lease.owner, micros(lease.until)):
            return left[2]
        return _own(database, lease)

    def found(self, subject: str, own: Document | None, wakes: Sequence[Document]) -> None:
        """A subject that is due has its own document, whole, and these wakes beside it."""
        if own is not None:
            beside = (each for each in wakes if each.path.startswith(f"{own.path}~"))
            self._found.note(subject, (own, *beside))

    def due(self, subject: str, now: int) -> Sequence[Document]:
        """The documents of a subject that was found due, once; none where somebody held it.

        A wake that came since is removed by nobody who does not know of it: then the subject is due once more.
        """
        found = self._found.once(subject) or ()
        return found if found and not _held(found[0], now) else ()


def take(database: Database, leases: Leases, lease: Lease, now: int) -> bytes | None:
    """Take a subject and return its body, or None while it is held."""
    mark = secrets.token_hex(8)
    return database.settle(lambda: _take(database, leases, lease, now, mark))


def _take(database: Database, leases: Leases, lease: Lease, now: int, mark: str) -> bytes | None:
    until = micros(lease.until)
    taken = {"owner": lease.owner, "lease_until": until, "woken": None, "mark": mark}
    found = leases.due(lease.subject, now) or list(database.select_all(queries.wakes(lease.subject)))
    stored = next((document for document in found if _is_own(document)), None)
    # What comes after this commit is due again; what came before it is seen by whoever holds the subject now.
    wakes = [remove(document.path) for document in found if not _is_own(document)]
    if stored is None:
        empty = documents.of_work(lease.subject) | {"due": until, "body": b""}
        seen, *_ = database.commit([create(documents.work(lease.subject), empty | taken), *wakes])
        leases.note(lease, seen, woken=None)
        return b""
    body: bytes = stored.data.get("body", b"")
    if stored.data.get("mark") == mark:
        return body
    if _held(stored, now):
        return None
    soonest = until if stored.data["due"] is None else min(stored.data["due"], until)
    seen, *_ = database.commit([change(stored, taken | {"due": soonest}), *wakes])
    leases.note(lease, seen, woken=None)
    return body


def save(database: Database, leases: Leases, lease: Lease, body: bytes) -> None:
    """Write the body of a held subject. Raises `Conflict` when the lease is not the one that stands."""
    database.settle(lambda: _save(database, leases, lease, body))


def _save(database: Database, leases: Leases, lease: Lease, body: bytes) -> None:
    stored = leases.own(database, lease)
    if stored is None:
        raise Conflict(f"the lease on {lease.subject} was lost")
    (seen,) = database.commit([change(stored, {"body": body})])
    leases.note(lease, seen, woken=stored.data["woken"])


def release(
    database: Database, leases: Leases, lease: Lease, due_at: int | None, body: bytes | None = None
) -> None:
    """Give a subject back, with a new body where there is one. A lost lease changes nothing."""
    database.settle(lambda: _release(database, leases, lease, due_at, body))


def _release(database: Database, leases: Leases, lease: Lease, due_at: int | None, body: bytes | None) -> None:
    stored = leases.own(database, lease)
    if stored is None:
        return
    times = [time for time in (stored.data["woken"], due_at) if time is not None]
    left: dict[str, Any] = {"owner": None, "lease_until": None, "woken": None, "mark": None}
    left |= {"due": min(times, default=None)} | ({} if body is None else {"body": body})
    database.commit([change(stored, left)])


def _own(database: Database, lease: Lease) -> Document | None:
    stored = database.one(documents.work(lease.subject))
    if stored is None or stored.data.get("owner") != lease.owner:
        return None
    return stored if stored.data["lease_until"] == micros(lease.until) else None


def _held(stored: Document, now: int) -> bool:
    if stored.data.get("owner") is None:
        return False
    until: int = stored.data["lease_until"]
    return now < until <= now + LONGEST
