"""All that a store holds, one item after the other, the same for every kind of store: what a copy is made of."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from approvals.backends.stores.records import EntryRow, RequestRow
from approvals.changes import ReviewKey
from approvals.ports.store import StoredPolicy

OLDER = "is of an older release, and was left as it is: start the service of this one on it, which brings it up"
"""What is said of a store that is only looked at."""


class Filing(NamedTuple):
    """Which request an idempotency key made."""

    key: str
    request: str


class WorkRow(NamedTuple):
    """A subject, when it is due (microseconds since 1970), and what was recorded as done: leases stay behind."""

    subject: str
    due: int | None
    body: bytes


class GuardRow(NamedTuple):
    """A guard as it stands."""

    name: str
    value: int
    body: bytes


class MarkRow(NamedTuple):
    """What must not happen twice, until when that is to be kept (microseconds since 1970), and what came of it."""

    name: str
    until: int
    body: bytes


class Head(NamedTuple):
    """The last entry of the installation's own chain."""

    seq: int
    hash: str


class Made(NamedTuple):
    """Who the installation is, and the digest of its last good policy."""

    instance: str
    created: datetime
    policy: str | None


Item = StoredPolicy | RequestRow | EntryRow | Filing | ReviewKey | WorkRow | GuardRow | MarkRow | Head | Made


class Contents(Protocol):
    """A store that can be read as a whole."""

    @property
    def place(self) -> str:
        """Where it lies, in words."""

    def items(self) -> Iterator[Item]:
        """The installation, policies, requests, entries by chain and number, what stands beside, and the head.

        Raises `StoreError` when the store is none, or not of this release.
        """


class Target(Contents, Protocol):
    """A store that is being filled. Nobody can open it before it is finished."""

    def fill(self, items: Iterable[Item]) -> None: ...

    def finish(self, made: Made, *, generation: str) -> None:
        """Make it a store."""
