"""The service's own records, read beside it from its file. Nothing is ever written here."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from approvals.absences import CAME_BACK, LEFT
from approvals.backends.stores.sqlite import audit, held, installation, requests
from approvals.chains import Held
from approvals.ports.store import UNREVIEWED, Installation
from approvals.reconcile.posts import Posts
from approvals.requests import Request
from approvals.targets import resources
from countersign_client import shapes
from countersign_client.chain import Entry


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one subject's work. `owner` is empty when nobody holds it; times are epoch seconds."""

    subject: str
    owner: str
    until: float
    due: float | None
    body: bytes

    @property
    def posts(self) -> Posts:
        """The messages of a request; of another subject there are none."""
        ours = self.body and self.subject.startswith("request:")
        return shapes.decode(self.body, Posts) if ours else Posts()


class Records:
    """One read-only connection. Closing it leaves the log of a killed service for the next one to recover."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro", uri=True, timeout=10, check_same_thread=False, isolation_level=None
        )

    def close(self) -> None:
        self._connection.close()

    def installation(self) -> Installation:
        with self._lock:
            return installation.installation(self._connection)

    def request(self, request_id: str) -> Request:
        """Raises `NotFound`."""
        with self._lock:
            return requests.request(self._connection, request_id)

    def pending(self) -> Sequence[Request]:
        with self._lock:
            return requests.select(self._connection, requests.PENDING, 1000).requests

    def unreviewed(self) -> Sequence[Request]:
        """Emergencies that nobody has reviewed yet."""
        with self._lock:
            return requests.select(self._connection, requests.HOLDINGS, UNREVIEWED).requests

    def holding(self) -> Sequence[Request]:
        """Requests whose grant is neither failed nor confirmed removed."""
        query = f"{requests.READ} requests WHERE holding = 1 ORDER BY rowid LIMIT ?"
        with self._lock:
            return requests.select(self._connection, query, 1000).requests

    def ids(self) -> list[str]:
        with self._lock:
            return [found for (found,) in self._connection.execute("SELECT id FROM requests ORDER BY rowid")]

    def of(self, *, resource: str, person: str) -> Sequence[Request]:
        """All requests of a person on a resource, oldest first."""
        query = f"{requests.READ} requests WHERE requester = ? ORDER BY filed, rowid"
        with self._lock:
            found = requests.select(self._connection, query, person).requests
        return [request for request in found if resource in resources(request.terms.targets)]

    def absences(self) -> Sequence[Entry]:
        """The entries of the installation's chain about who is away for whom."""
        return [each for each in self.chain("")[0] if each.action in (LEFT, CAME_BACK)]

    def chain(self, name: str) -> tuple[Sequence[Entry], str]:
        """The entries of a chain, and the head that its record names."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                return audit.entries(self._connection, name), audit.head(self._connection, name)
            finally:
                self._connection.execute("COMMIT")

    def held(self, name: str) -> Held:
        """A request's chain, and whether what is stored agrees with it."""
        with self._lock:
            return held.look(self._connection, name)

    def jobs(self) -> dict[str, Job]:
        with self._lock:
            query = "SELECT subject, owner, lease_until, due, body FROM subjects"
            rows = self._connection.execute(query).fetchall()
        return {row[0]: _job(*row) for row in rows}

    def job(self, subject: str) -> Job | None:
        query = "SELECT subject, owner, lease_until, due, body FROM subjects WHERE subject = ?"
        with self._lock:
            row = self._connection.execute(query, (subject,)).fetchone()
        return _job(*row) if row else None


def _job(subject: str, owner: str | None, until: int | None, due: int | None, body: bytes) -> Job:
    return Job(
        subject=subject,
        owner=owner or "",
        until=(until or 0) / 1e6,
        due=None if due is None else due / 1e6,
        body=body,
    )
