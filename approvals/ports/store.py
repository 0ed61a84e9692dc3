"""The store: requests, reads, work and policies. Every backend of it passes the same contract tests."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec

from approvals.answers import AnswersStore
from approvals.chains import Audit, Chains
from approvals.changes import Beside, Change, Mark, Telling
from approvals.guards import Guard, Guarded
from approvals.limits import Filings
from approvals.ports.texts import Texts
from approvals.refusals.errors import Conflict
from approvals.requests import Request
from countersign_client.chain import Entry


class AlreadyReviewed(Conflict):
    """This person's review of this revision is stored already: another press of the same vote was first."""


class Requests(Protocol):
    """What writes requests: each change is one durable transaction, kept whole or not at all."""

    def create(self, change: Change, *, key: str, older: Change | None = None) -> Request:
        """Store a new request under an idempotency key; return the one that the key made first, if any.

        `older` ends another request of the same person, in whose place this one comes: it is committed with it,
        or neither is, and what it ends counts against no limit. Raises `Refused` of kind `limit` when the change
        has limits and its requester no room within them, `GuardFailed` when one of its guards does not hold,
        `Conflict` when the answers beside it are not those that were read, `Marked` when one of its marks is there
        already, and of `older` what `commit` does.
        """

    def commit(self, change: Change) -> None:
        """Compare and set on the version, with everything else of the change, in one durable transaction.

        Raises `Conflict` when the stored version, or that of the answers beside the change, is not the one
        before, `AlreadyReviewed` when the review exists, `NotFound` when the request does not, `GuardFailed` when
        one of its guards does not hold, `Marked` when one of its marks is there already.
        """


class Damaged(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose record cannot be read, and whose it is by what stands beside the record."""

    request: str
    requester: str


class OnResource(msgspec.Struct, frozen=True, kw_only=True):
    """Whose grants on one resource are not confirmed removed, oldest first, and what of it nobody can judge."""

    requests: Sequence[Request]
    damaged: Sequence[Damaged] = ()


class Position(NamedTuple):
    """Where a request stands among all, in the order in which they were filed."""

    filed: datetime
    request: str


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests are sought: those of one person, those for some entitlements, or what is both.

    `entitlements` None: for whatever. `requester` empty: by whomever. One of the two says something, or
    `everything` says that all of them are sought.
    """

    requester: str = ""
    entitlements: tuple[str, ...] | None = None
    everything: bool = False


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """When they were filed: from `since` (inclusive) until `until` (exclusive). `before`: the last one seen."""

    since: datetime | None = None
    until: datetime | None = None
    before: Position | None = None


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the history, newest first, and where what cannot be read stands in it.

    Behind `last` there may be more; None: there is not.
    """

    requests: Sequence[Request]
    damaged: Sequence[Position] = ()
    last: Position | None = None


UNREVIEWED = "unreviewed"
"""Where emergencies stand that nobody has reviewed: no resource of Google's has this name."""


class Reads(Protocol):
    """A list leaves out a record that cannot be read, and says so in the log: it fails nobody else."""

    def request(self, request_id: str) -> Request:
        """Raises `NotFound`."""

    def versions(self, request_ids: Collection[str]) -> Mapping[str, int]:
        """How often each request was changed, in one look; one that is not there is left out."""

    def open_of(self, person: str) -> Sequence[Request]:
        """The person's own requests that wait, or whose grant is not confirmed removed, newest first."""

    def beside(self, request: Request) -> Sequence[Request]:
        """Those of the same person for the same as this one, which is left out itself."""

    def open_by(self, account: str) -> Sequence[Request]:
        """Those of one person by the account that asked (`slack:TEAM/USER`), whatever its address was then."""

    def accounts(self, *, after: str, limit: int) -> Sequence[str]:
        """The accounts by which something is asked that waits or whose grant is not confirmed removed.

        Each once, in their order: those behind `after`, the first so many.
        """

    def damaged_of(self, person: str) -> Sequence[Damaged]:
        """What `open_of` leaves out: it may wait, or give access."""

    def filed(self, key: str) -> Request | None:
        """The request that an idempotency key made, as it stands now."""

    def pending(self, *, limit: int) -> Sequence[Request]:
        """Requests that wait for a decision, oldest first."""

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch:
        """A stretch of what is one or another of these, each once, however long ago it was decided."""

    def holdings(self, *, resource: str, person: str) -> Sequence[Request]:
        """Requests of this person whose grant here is not confirmed removed, oldest first."""

    def on(self, resource: str) -> OnResource:
        """The same of everybody, with what cannot be read. Of `UNREVIEWED`: emergencies that nobody reviewed."""


LONGEST_LEASE = timedelta(minutes=1)
"""One that would last longer was taken by a clock that was ahead, and holds nobody up."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to work on a subject until `until`. It is no fence: check the time before sending."""

    subject: str
    owner: str
    until: datetime
    body: bytes


class Work(Protocol):
    """Leases and done-records beside the versioned records, so that reconcile never makes a click lose."""

    def due(self, *, now: datetime, limit: int, kind: str = "") -> Sequence[str]:
        """Subjects whose time has come and that nobody holds a lease on, longest due first.

        `kind` is the part of the subject before its colon; without one every kind is meant.
        """

    def oldest_due(self, *, now: datetime) -> datetime | None:
        """Since when the subject is due that is longest due of those nobody holds a lease on; None: none is."""

    def lease(self, subject: str, *, owner: str, now: datetime, until: datetime) -> Lease | None:
        """Take the subject (creating it empty), or return None while somebody else holds it."""

    def recorded(self, subject: str) -> bytes:
        """What was recorded last of a subject; empty where nothing was. It may change while it is read."""

    def save(self, lease: Lease, body: bytes) -> Lease:
        """Record what was done or is about to be done, durably. Raises `Conflict` when the lease was lost."""

    def release(self, lease: Lease, *, due: datetime | None, body: bytes | None = None) -> None:
        """Give the subject back, due again at `due` (None: only when woken), with a new `body` where there is one.

        A wake that came while the lease was held wins over `due`. A lost lease is released silently, and records
        nothing.
        """

    def wake(self, subject: str, *, due: datetime) -> None:
        """Make the subject due at that time unless it is due sooner."""


class StoredPolicy(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    text: str
    source: str
    loaded_at: datetime


class Policies(Protocol):
    def keep(self, policy: StoredPolicy, *, instead_of: str | None = None, wake: Collection[str] = ()) -> None:
        """Keep a good policy by its digest and as the last good one, and tell it in the installation's chain.

        Raises `Conflict` where the last good one is not the one of the digest `instead_of`; empty: where
        there is one. None: whichever it is. The subjects of `wake` are due from when it was loaded.

        All in one durable transaction, so that no interruption leaves one without the other.
        """

    def last_good(self) -> StoredPolicy | None: ...


class Guards(Protocol):
    """What changes hold on to beside their own records. Nothing that a change of a request writes is among it."""

    def guarded(self, name: str) -> Guarded:
        """A guard as it is now."""

    def guarded_together(self, *names: str) -> tuple[Guarded, ...]:
        """Several guards as they are at one moment, in the order of their names here."""

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
        """Move a guard on by some steps from the value that is named, and tell it in the installation's chain.

        All in one durable transaction: a change that holds on to the old value is kept before it or never, and the
        answers `beside` it with it or not at all. The subjects of `wake` are due from `at` on by the same one.
        Raises `Conflict` when the guard stands elsewhere, or the answers are not those that were read.
        """


class Marks(Protocol):
    """What must not happen twice. Marks are made with a change, see `approvals.changes.Mark`."""

    def mark(self, name: str) -> bytes | None:
        """What came of it; None where there is no such mark, or none any more."""

    def spend(self, mark: Mark, *, telling: Telling | None = None) -> None:
        """Make a mark by itself, and tell it in the installation's chain, in one durable transaction.

        Raises `Marked` where it is there already: then nothing is told.
        """

    def sweep(self, *, before: datetime, limit: int) -> int:
        """Forget marks that were to be kept until then at most, so many at a time, and as many accounts' answers.

        Return how many of both it were.
        """


class Memory(Protocol):
    """What was found outside and is dear to find again, such as a channel's id: losing it costs calls."""

    def recall(self, key: str) -> str | None: ...

    def remember(self, key: str, value: str) -> None:
        """Keep a value, in place of the one before."""

    def forget(self, key: str) -> None: ...


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed when a store is made. `generation` changes on a restore, and every token dies with it."""

    instance: str
    generation: str
    schema: int
    created: datetime


class Store(
    Requests,
    Reads,
    Filings,
    Audit,
    Chains,
    Work,
    Policies,
    Guards,
    Memory,
    Marks,
    AnswersStore,
    Texts,
    Protocol,
):
    """All of a store, for the composition root. Uses take the parts they need."""

    def installation(self) -> Installation: ...

    def close(self) -> None: ...
