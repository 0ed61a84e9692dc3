"""The audit chains of a store: added to and read, whether a record holds against its own, and what is anchored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from countersign_client.chain import Entry


class Bound(msgspec.Struct, frozen=True):
    """All of a tool's call but its arguments. `what` is a digest of its tool and data; empty once it is erased."""

    application: str
    action: str
    person: str
    what: str


class Taken(msgspec.Struct, frozen=True):
    """A call that was taken from a window, by its record: as the `number`-th of `opener`, which had `opened`.

    That and `digest` are digests: of the request that opened it, and of this one.
    """

    digest: str
    opener: str
    opened: str
    number: int
    filed: datetime
    bound: Bound


class Opening(msgspec.Struct, frozen=True):
    """An approval of several calls: `uses` of them between two moments.

    `counted` says by its chain of each number which request it is, and the digest of that.
    """

    digest: str
    since: datetime
    until: datetime
    uses: int
    counted: Mapping[int, tuple[str, str]]
    bound: Bound


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A chain and the record that it tells of, as one look found them. `faults` say in words what does not hold.

    `hashes` are those of its entries, and `anchored` what the store notes beside the record. Where both agree,
    `taken` says of which window the call is, and `opening` which window its approval opened.
    """

    hashes: tuple[str, ...]
    faults: tuple[str, ...]
    anchored: bool = False
    taken: Taken | None = None
    opening: Opening | None = None


class Tail(NamedTuple):
    """Where the chain of a request ends: its number of entries and its last hash."""

    request: str
    seq: int
    head: str


class Audit(Protocol):
    """The chains, read as they are stored, and the one that is the installation's own."""

    def append(self, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]) -> Entry:
        """Add an entry to the installation's own chain, durably."""

    def chains(self) -> Iterable[str]:
        """Every chain: the empty string for the installation's, then the requests' ids."""

    def entries(self, chain: str) -> Sequence[Entry]:
        """The entries of one chain, in order."""

    def entries_after(self, chain: str, *, seq: int, limit: int) -> Sequence[Entry]:
        """Those that follow this one, in order, so many at most. One that was not yet made follows none."""

    def head(self, chain: str) -> str:
        """The hash that the record beside the chain names as its last."""


class Chains(Protocol):
    """The part of a store that holds records against chains. Anchors: `approvals.auditing.audits`."""

    def held(self, chain: str) -> Held:
        """Hold a record, with all that stands beside it, against its chain."""

    def unanchored(self, *, limit: int) -> Sequence[Tail]:
        """Requests that changed since they were anchored."""

    def anchored(self, tails: Sequence[Tail]) -> None:
        """Note that these are anchored, where they are still so."""
