"""The client, made when it is first needed: reads, queries, and commits that hold only on what was read.

A commit is one atomic batch of writes, each on a precondition: the document must not be there yet, or must be as
it was read (https://cloud.google.com/firestore/docs/reference/rest/v1/Precondition). So nothing is locked while we
think, and nothing of ours runs inside a transaction.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from approvals.backends.google_credentials import CredentialsError, bounded, find_within
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import transactions
from approvals.backends.stores.firestore.failures import Disturbed, told, told_of_commit, told_of_read
from approvals.backends.stores.firestore.queries import Query
from approvals.backends.stores.waiting import TimeLeft, for_good
from approvals.refusals.errors import Late, NotKept, Unavailable

if TYPE_CHECKING:
    from google.cloud import firestore

TIMEOUT = 2.5
"""Seconds for one call with its repetitions, and for one change with all its tries: Slack waits for three."""

_TRIES = 3  # at least, however slow they are
_PAUSES = (0.01, 0.2)  # seconds after the first disturbance, and at most
Result = TypeVar("Result")


class Document(NamedTuple):
    """A document as read; `seen` is the time of its last change, by which a commit holds on to it."""

    path: str
    data: dict[str, Any]
    seen: datetime


class Least(NamedTuple):
    """A field's next value: the smaller one of this and what stands there, decided by the server."""

    value: int


class Write(NamedTuple):
    """One document's part of a commit, made by `create`, `change`, `merge` or `remove`; without data it goes."""

    path: str
    data: dict[str, Any] | None
    new: bool = False
    seen: datetime | None = None


def create(path: str, data: dict[str, Any]) -> Write:
    """Make a document that must not be there yet."""
    return Write(path, data, new=True)


def change(document: Document, data: dict[str, Any]) -> Write:
    """Change some fields of a document that must be as it was read."""
    return Write(document.path, data, seen=document.seen)


def merge(path: str, data: dict[str, Any]) -> Write:
    """Set some fields of a document, whatever else it holds."""
    return Write(path, data)


def remove(path: str) -> Write:
    """Remove a document, whatever it holds."""
    return Write(path, None)


class Database:
    """One Firestore database, for all threads. Google's client is loaded by the first call."""

    def __init__(
        self, project: str, database: str, *, emulator_host: str | None, time_left: TimeLeft = for_good
    ) -> None:
        self._time_left = time_left
        self.place = f"firestore://{project}/{database}"
        self._project = project
        self._database = database
        self._emulator_host = emulator_host
        self._gate = threading.Lock()
        self._made: firestore.Client | None = None
        self._open = True

    def get(self, *paths: str, fields: Sequence[str] | None = None) -> list[Document | None]:
        """Read documents by their paths, in that order; `fields` None: all of each."""
        client = self._client()
        with told(self.place):
            references = [client.document(path) for path in paths]
            found = {
                snapshot.reference.path: _document(snapshot)
                for snapshot in client.get_all(references, field_paths=fields, **self._limits())
            }
        return [found[path] for path in paths]

    def one(self, path: str) -> Document | None:
        """Read one document."""
        return self.get(path)[0]

    def select(self, query: Query) -> list[Document]:
        """Run a query once, up to its limit."""
        return self._page(query, after=None)

    def select_all(self, query: Query) -> Iterator[Document]:
        """Run a query page by page, each with its own time limit, until nothing is left."""
        page = self._page(query, after=None)
        yield from page
        while len(page) == query.limit:
            page = self._page(query, after=page[-1])
            yield from page

    def commit(self, writes: Sequence[Write], *, within: bytes = b"") -> Sequence[datetime]:
        """Write everything or nothing, durably; of each write by when its document is `seen` to be as it left it.

        Raises `Disturbed` when a precondition does not hold. `within` is a transaction: then also when what that
        one read has changed.
        """
        client = self._client()
        with told_of_commit(self.place):
            batch = client.batch()
            for write in writes:
                _add(client, batch, write)
            limits = self._limits()
            if within:
                done = transactions.commit(client, batch, within, timeout=limits["timeout"])
            else:
                done = batch.commit(**limits)
            return [each.update_time for each in done]

    def hold(self, paths: Sequence[str]) -> tuple[bytes, list[Document | None]]:
        """Read documents in a new transaction, which a commit within it holds on to. Raises `Disturbed`."""
        client = self._client()
        with told_of_read(self.place):
            transaction, snapshots = transactions.begin(client, paths, self._limits())
            return transaction, [_document(snapshot) for snapshot in snapshots]

    def let_go(self, transaction: bytes) -> None:
        """End a transaction in which nothing was committed."""
        transactions.roll_back(self._client(), transaction, timeout=TIMEOUT)

    def delete(self, paths: Sequence[str]) -> None:
        """Delete documents, whatever they hold."""
        client = self._client()
        with told(self.place):
            batch = client.batch()
            for path in paths:
                batch.delete(client.document(path))
            batch.commit(**self._limits())

    def settle(self, step: Callable[[], Result]) -> Result:
        """Repeat a step that reads and commits until nothing disturbs it.

        The step must do nothing else. Raises `Late` when others were always faster, or time was up.
        """
        time_left = self._time_left()
        deadline = time.monotonic() + (TIMEOUT if time_left is None else time_left)
        pause, longest = _PAUSES
        tries = 0
        while True:
            tries += 1
            try:
                return step()
            except Disturbed as error:
                if (time_left is not None or tries >= _TRIES) and time.monotonic() > deadline:
                    raise Late(f"{self.place}: too many write the same record at once") from error
            except NotKept as error:
                if tries == 1:
                    raise
                # A try before may have been kept, and its answer lost.
                raise Late(str(error)) from error
            time.sleep(random.uniform(0, pause))  # noqa: S311 - jitter is no secret
            pause = min(2 * pause, longest)

    def close(self) -> None:
        with self._gate:
            self._open = False
            if self._made is not None:
                self._made.close()  # type: ignore[no-untyped-call]
                self._made = None

    def _limits(self) -> dict[str, Any]:
        """Limits for one call with its repetitions. Raises `NotKept` when whoever waits has given up."""
        time_left = self._time_left()
        seconds = TIMEOUT if time_left is None else min(TIMEOUT, time_left)
        if seconds <= 0:
            raise NotKept(f"{self.place}: there was no time left to ask")
        return {"retry": _retry(seconds), "timeout": seconds}

    def _client(self) -> "firestore.Client":
        with self._gate:
            if not self._open:
                raise StoreError(f"{self.place}: the store is closed")
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> "firestore.Client":
        from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - 50 MB and 200 ms
        from google.cloud import firestore  # noqa: PLC0415

        credentials = AnonymousCredentials() if self._emulator_host else self._found()  # type: ignore[no-untyped-call]
        with told(self.place):
            client = firestore.Client(project=self._project, database=self._database, credentials=credentials)
        # The client would take it from the environment alone; what was checked at start decides.
        client._emulator_host = self._emulator_host  # noqa: SLF001
        return client

    def _found(self) -> Any:
        try:
            return bounded(find_within(TIMEOUT))
        except CredentialsError as error:
            raise StoreError(f"{self.place}: {error}") from error
        except TimeoutError as error:
            raise Unavailable(f"{self.place}: Google's credentials could not be found in time") from error

    def _page(self, query: Query, after: Document | None) -> list[Document]:
        client = self._client()
        with told(self.place):
            built = _build(client, query)
            begin = _cursor(client, query, after)
            if begin:
                built = built.start_after(begin)
            found = built.limit(query.limit).stream(**self._limits())
            return [document for snapshot in found if (document := _document(snapshot)) is not None]


def _build(client: "firestore.Client", query: Query) -> Any:
    from google.cloud import firestore  # noqa: PLC0415

    built: Any = client.collection(query.collection)
    for field, operator, value in query.where:
        built = built.where(filter=firestore.FieldFilter(field, operator, value))
    if query.either:
        built = built.where(filter=firestore.Or([firestore.FieldFilter(*each) for each in query.either]))
    if query.fields:
        built = built.select(query.fields)
    way = firestore.Query.DESCENDING if query.falling else firestore.Query.ASCENDING
    if query.order:
        built = built.order_by(query.order, direction=way)
    return built.order_by("__name__", direction=way)


def _cursor(client: "firestore.Client", query: Query, after: Document | None) -> dict[str, Any]:
    """Behind which document a page begins; nothing where it is the first."""
    if after is not None:
        value, path = after.data.get(query.order), after.path
    elif query.after is not None:
        value, path = query.after
    else:
        return {}
    cursor: dict[str, Any] = {"__name__": client.document(path)}
    return cursor | ({query.order: value} if query.order else {})


def _document(snapshot: Any) -> Document | None:
    if not snapshot.exists:
        return None
    return Document(snapshot.reference.path, snapshot.to_dict(), snapshot.update_time)


def _add(client: "firestore.Client", batch: "firestore.WriteBatch", write: Write) -> None:
    from google.cloud import firestore  # noqa: PLC0415

    reference = client.document(write.path)
    if write.data is None:
        batch.delete(reference)
        return
    data = {
        name: firestore.Minimum(value.value) if isinstance(value, Least) else value
        for name, value in write.data.items()
    }
    if write.new:
        batch.create(reference, data)
    elif write.seen is not None:
        batch.update(reference, data, option=client.write_option(last_update_time=write.seen))
    else:
        batch.set(reference, data, merge=True)


def _retry(seconds: float) -> Any:
    """Repeat what never reached the service or was turned away, within the time of one call."""
    from google.api_core import exceptions  # noqa: PLC0415
    from google.api_core.retry import Retry, if_exception_type  # noqa: PLC0415

    passing = (exceptions.ServiceUnavailable, exceptions.ResourceExhausted, exceptions.InternalServerError)
    return Retry(predicate=if_exception_type(*passing), initial=0.05, maximum=1.0, multiplier=2.0, timeout=seconds)
