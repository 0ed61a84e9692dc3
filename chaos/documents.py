"""The service's own records where they lie in Firestore, read beside it. Nothing is ever written here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from approvals.backends.stores.firestore import documents, queries
from approvals.backends.stores.firestore.database import Database, Document
from approvals.backends.stores.firestore.queries import Query
from approvals.backends.stores.firestore.store import FirestoreStore
from approvals.chains import Held
from approvals.ports.store import UNREVIEWED, Installation
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.targets import resources
from chaos.records import Job, Records
from countersign_client.chain import Entry

_Answer = TypeVar("_Answer")
_LOOKS = 20
"""Times that a chain is read until its end is the one that its record names: instances go on meanwhile."""


_TRIES = 40
"""Times that an answer is asked for again which came too late: the machine is busy with everybody at once."""


class _Patient(Database):
    """Whoever looks on has more time than whoever serves people."""

    def get(self, *paths: str, fields: Sequence[str] | None = None) -> list[Document | None]:
        return at_last(partial(super().get, *paths, fields=fields))

    def select(self, query: Query) -> list[Document]:
        return at_last(partial(super().select, query))

    def select_all(self, query: Query) -> Iterator[Document]:
        found = super().select_all
        yield from at_last(lambda: list(found(query)))


class Documents(Records):
    """The same questions, asked of a database that one of the instances has made."""

    def __init__(self, project: str, host: str) -> None:
        self._database = _Patient(project, "(default)", emulator_host=host)
        self._store = FirestoreStore(self._database, now=datetime.now(UTC))

    def close(self) -> None:
        self._store.close()

    def installation(self) -> Installation:
        return self._store.installation()

    def request(self, request_id: str) -> Request:
        return self._store.request(request_id)

    def pending(self) -> Sequence[Request]:
        return self._store.pending(limit=1000)

    def unreviewed(self) -> Sequence[Request]:
        return self._store.on(UNREVIEWED).requests

    def holding(self) -> Sequence[Request]:
        return self._requests(Query("requests", (("holding", "==", True),)))

    def ids(self) -> list[str]:
        found = self._database.select_all(Query("requests", order="filed", fields=("id", "filed")))
        return [document.data["id"] for document in found]

    def of(self, *, resource: str, person: str) -> Sequence[Request]:
        found = self._requests(Query("requests", (("requester", "==", person),), order="filed"))
        return [request for request in found if resource in resources(request.terms.targets)]

    def chain(self, name: str) -> tuple[Sequence[Entry], str]:
        entries, head = self._store.entries(name), self._store.head(name)
        for _ in range(_LOOKS):
            again = self._store.entries(name), self._store.head(name)
            if (len(entries), head) == (len(again[0]), again[1]):
                break
            entries, head = again
        return entries, head

    def held(self, name: str) -> Held:
        return self._store.held(name)

    def jobs(self) -> dict[str, Job]:
        return _jobs(list(self._database.select_all(queries.everything("work"))))

    def job(self, subject: str) -> Job | None:
        return _jobs(list(self._database.select_all(queries.wakes(subject)))).get(subject)

    def _requests(self, query: Query) -> Sequence[Request]:
        return documents.listed(each.data for each in self._database.select_all(query)).requests


def at_last(read: Callable[[], _Answer]) -> _Answer:
    """What is read. Raises `Unavailable` where it never comes in time."""
    for _ in range(_TRIES):
        with suppress(Unavailable):
            return read()
    return read()


def _jobs(found: Sequence[Document]) -> dict[str, Job]:
    """Each subject's own document; what changes left beside it makes it due as well."""
    own = {each.data["subject"]: each.data for each in found if documents.is_own(each.path, each.data)}
    dues: dict[str, list[int]] = {}
    for each in found:
        if each.data.get("due") is not None:
            dues.setdefault(each.data["subject"], []).append(each.data["due"])
    return {
        subject: Job(
            subject=subject,
            owner=data.get("owner") or "",
            until=(data.get("lease_until") or 0) / 1e6,
            due=min(dues[subject]) / 1e6 if subject in dues else None,
            body=data.get("body", b""),
        )
        for subject, data in own.items()
    }
