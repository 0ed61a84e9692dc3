"""What the approval system needs from outside. Backends implement these; only the composition root picks them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from approvals.cards import Card
from approvals.chains import Audit, Chains
from approvals.changes import Change
from approvals.errors import CountersignError
from approvals.limits import Filings
from approvals.principals import Account
from approvals.requests import Request

# --- the store -----------------------------------------------------------------------------------


class AlreadyReviewed(CountersignError):
    """This person's review of this revision is stored already."""


class Requests(Protocol):
    def create(self, change: Change, *, key: str) -> Request:
        """Store a new request under an idempotency key; return the one that the key made first, if any.

        Raises `Refused` with code `limit` when the change has limits and its requester no room within them.
        """

    def commit(self, change: Change) -> None:
        """Compare and set on the version, with everything else of the change, in one durable transaction.

        Raises `Conflict` when the stored version is not the one before, `AlreadyReviewed` when the review
        exists, `NotFound` when the request does not.
        """


class Reads(Protocol):
    def request(self, request_id: str) -> Request:
        """Raises `NotFound`."""

    def open_of(self, person: str) -> Sequence[Request]:
        """The person's own requests that wait, or whose grant is not confirmed removed, newest first."""

    def open_by(self, account: str) -> Sequence[Request]:
        """The same by the account that asked (`slack:TEAM/USER`), whatever its address was then."""

    def filed(self, key: str) -> Request | None:
        """The request that an idempotency key made, as it stands now."""

    def pending(self, *, limit: int) -> Sequence[Request]:
        """Requests that wait for a decision, oldest first."""

    def holdings(self, *, resource: str, person: str) -> Sequence[Request]:
        """Requests of this person here whose grant is not confirmed removed, oldest first."""


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

    def lease(self, subject: str, *, owner: str, now: datetime, until: datetime) -> Lease | None:
        """Take the subject (creating it empty), or return None while somebody else holds it."""

    def recorded(self, subject: str) -> bytes:
        """What was recorded last of a subject; empty where nothing was. It may change while it is read."""

    def save(self, lease: Lease, body: bytes) -> Lease:
        """Record what was done or is about to be done, durably. Raises `Conflict` when the lease was lost."""

    def release(self, lease: Lease, *, due: datetime | None) -> None:
        """Give the subject back, due again at `due` (None: only when woken).

        A wake that came while the lease was held wins over `due`. A lost lease is released silently.
        """

    def wake(self, subject: str, *, due: datetime) -> None:
        """Make the subject due at that time unless it is due sooner."""


class StoredPolicy(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    text: str
    source: str
    loaded_at: datetime


class Policies(Protocol):
    def keep(self, policy: StoredPolicy) -> None:
        """Keep a good policy by its digest and as the last good one, and tell it in the installation's chain.

        All in one durable transaction, so that no interruption leaves one without the other.
        """

    def last_good(self) -> StoredPolicy | None: ...


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


class Store(Requests, Reads, Filings, Audit, Chains, Work, Policies, Memory, Protocol):
    """All of a store, for the composition root. Use cases take the parts they need."""

    def installation(self) -> Installation: ...

    def close(self) -> None: ...


# --- Google Cloud IAM ----------------------------------------------------------------------------


class GranterError(CountersignError):
    """The root of what a granter raises. The text is for people and names what would mend it."""


class PolicyChanged(GranterError):
    """Somebody changed the IAM policy since it was read (409 ABORTED, 412): read again, decide again."""


class Impossible(GranterError):
    """The service refused for good (400, 404): no retry will help."""


class Forbidden(GranterError):
    """The service's own account lacks a permission, `needed` (403): an operator can mend it."""

    def __init__(self, text: str, *, needed: str = "") -> None:
        super().__init__(text)
        self.needed = needed


class Unsure(GranterError):
    """No answer, 429 or 5xx: the call may or may not have taken effect. Read before anything else."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One conditional binding of one member, as IAM holds it."""

    role: str
    member: str
    title: str
    description: str
    expression: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM policy as read: every (role, member, condition) apart, and what the write needs to keep the rest."""

    resource: str
    etag: str
    bindings: tuple[Binding, ...]
    raw: Mapping[str, Any]


class Granter(Protocol):
    """Reads and writes whole IAM policies. The read-modify-write loop is reconcile's; `timeout` is in seconds."""

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        """Raises a `GranterError`. `reason` (a request's id) reaches the audit log of the service."""

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        """Write the snapshot's policy without `remove` and with `add`, under the snapshot's etag.

        Everything else stays as it was read. Raises a `GranterError`.
        """


# --- people --------------------------------------------------------------------------------------


class Directory(Protocol):
    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        """Say whether a person is in a directory group, nested groups included.

        Raises `Unavailable` when it cannot be known now, `NotFound` when there is no such group: both mean no.
        """


class Accounts(Protocol):
    def account(self, ref: str, *, timeout: float) -> Account:
        """Look an account up where it lives (`slack:TEAM/USER`). Raises `Unavailable` or `NotFound`."""


class Signer(Protocol):
    """Signs tokens and knows the keys that verify them."""

    @property
    def issuer(self) -> str:
        """Who signs, as claims name it. Raises what the store does, where the store is who knows."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a compact JWS (RFC 7515) of the claims. Raises `Unavailable`."""

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that one of our keys signed, algorithm pinned to the key.

        Checks the signature alone; raises `Refused` with code `token` otherwise, `Unavailable` while the keys
        cannot be read.
        """

    def keys(self) -> Mapping[str, Any]:
        """The public keys as a JWK set (RFC 7517). Raises `Unavailable` while they cannot be read."""


# --- channels ------------------------------------------------------------------------------------


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands: enough to redraw it."""

    place: str
    ts: str


class ChannelError(CountersignError):
    """The channel refused a message for good; the text names why."""


class MessageGone(ChannelError):
    """The message to be redrawn was surely deleted: another one may take its place."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One message that ought to stand somewhere. `key` is unique within its request.

    `to` is `channel:#name`, `channel:C0123` or `account:slack:TEAM/USER` or `person:a@x`. A `card` is what
    approvers press, a `status` the requester's own view of the request, a `step` one sentence that something
    happened (`step` names it) and is never redrawn. A `turn` tells `people` once that it is theirs, with a link to
    the card at `about`, in a thread below it where `threaded`; not `whole`: others have to be told as well.
    """

    key: str
    kind: Literal["card", "status", "step", "turn"]
    to: str
    step: str = ""
    people: tuple[str, ...] = ()
    whole: bool = True
    about: Posted | None = None
    threaded: bool = False


class Messenger(Protocol):
    """Posts and redraws in one channel of communication. Raises `Unavailable` or `ChannelError`."""

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts, without buttons: those come with the first redraw."""

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None: ...
