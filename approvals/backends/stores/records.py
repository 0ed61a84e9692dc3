"""Records as stored: JSON with a version `v`, and what stands in columns beside it so that it can be found."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from approvals.backends.stores.errors import StoreError, UnreadableRecord
from approvals.changes import Beside, Change, Mark, ReviewKey
from approvals.guards import Guard, Seen
from approvals.limits import Limits, counted
from approvals.ports.store import (
    LONGEST_LEASE,
    UNREVIEWED,
    Damaged,
    OnResource,
    Position,
    StoredPolicy,
    Stretch,
)
from approvals.ports.texts import Retained
from approvals.requests import Request, allows, given, settled, unreviewed
from countersign_client import shapes
from countersign_client.chain import Entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
LOADED = "policy.loaded"
LONGEST = LONGEST_LEASE // _MICROSECOND
_encode = msgspec.json.Encoder().encode
_request = shapes.decoder(Request)
_entry = shapes.decoder(Entry)
_log = logging.getLogger(__name__)

SPOILT = (msgspec.MsgspecError, UnicodeError, TypeError, RecursionError)
"""What decoding raises of a body that somebody spoilt."""


class EntryRow(NamedTuple):
    """An audit entry, and by what it is found."""

    chain: str
    seq: int
    hash: str
    body: bytes


class RequestRow(NamedTuple):
    """A request, and by what it is found. `filed` is in microseconds, `retained` its place among what is over."""

    id: str
    version: int
    state: str
    requester: str
    entitlement: str
    filed: int
    holding: bool
    holds: tuple[str, ...]
    seq: int
    head: str
    retained: str
    body: bytes

    @property
    def open(self) -> bool:
        """It waits for a decision, a binding of it may stand in IAM, or its action can be used."""
        return self.state == "pending" or self.holding


class Prepared(NamedTuple):
    """A change made ready outside of the transaction. `base` is the chain's tail that it continues."""

    row: RequestRow
    account: str
    base: tuple[int, str]
    entries: tuple[EntryRow, ...]
    review: ReviewKey | None
    wake: tuple[str, ...]
    due: int
    limits: Limits | None
    guards: tuple[Guard, ...]
    seen: tuple[Seen, ...]
    expires: int
    beside: Beside | None
    marks: tuple[Mark, ...]
    unmarks: tuple[str, ...]

    @property
    def counted(self) -> Sequence[tuple[str, Limits]]:
        """Whose limits count it where it is filed, and which."""
        return counted(self.row.requester, self.account, self.limits) if self.limits is not None else ()


def prepare(change: Change) -> Prepared:
    """Encode and hash a change. Raises `StoreError` when its entries and its record do not belong together."""
    record = change.request
    base = (record.seq - len(change.entries), change.entries[0].prev if change.entries else record.head)
    seq, prev = base
    rows = []
    for entry in change.entries:
        seq += 1
        if (entry.request, entry.seq, entry.prev) != (record.id, seq, prev):
            raise StoreError(f"audit entry {entry.seq} of {record.id} does not follow the one before it")
        rows.append(entry_row(entry))
        prev = rows[-1].hash
    if prev != record.head:
        raise StoreError(f"the record of {record.id} does not name its last audit entry")
    return Prepared(
        row=request_row(record),
        account=record.account,
        base=base,
        entries=tuple(rows),
        review=change.review,
        wake=change.wake,
        due=micros(change.due),
        limits=change.limits,
        guards=change.guards,
        seen=change.seen,
        expires=micros(record.terms.expires),
        beside=change.beside,
        marks=change.marks,
        unmarks=change.unmarks,
    )


def request_row(record: Request) -> RequestRow:
    """Put what a request is found by beside its body."""
    return RequestRow(
        id=record.id,
        version=record.version,
        state=record.state,
        requester=record.requester,
        entitlement=record.terms.entitlement,
        filed=micros(record.filed),
        holding=holding(record),
        holds=holds(record),
        seq=record.seq,
        head=record.head,
        retained=_retained(record),
        body=_encode(record),
    )


def _retained(record: Request) -> str:
    """Where it stands among what is over and still has its texts."""
    if record.erased is not None or not settled(record):
        return ""
    return _place(record.terms.entitlement, record.updated, record.id)


def _place(entitlement: str, last: datetime, request_id: str) -> str:
    """No two are alike. Names have no blank, so that those of one entitlement stand together, the oldest first."""
    return f"{entitlement} {max(0, micros(last)):020} {request_id}"


def retained(place: str) -> Retained:
    """Read such a place."""
    entitlement, last, request_id = place.rsplit(" ", 2)
    return Retained(entitlement=entitlement, last=moment(int(last)), request=request_id, place=place)


class _Named(msgspec.Struct, frozen=True):
    entitlement: str = ""


class _Asked(msgspec.Struct):
    account: str = ""
    terms: _Named = _Named()
    updated: datetime | None = None
    id: str = ""


_asked = shapes.decoder(_Asked)


def account_of(body: bytes) -> str:
    """The account that asked, out of a request's body; none where somebody spoilt the body."""
    try:
        return _asked.decode(body).account
    except SPOILT:
        return ""


def entitlement_of(body: bytes) -> str:
    """What is asked for by the policy's name for it, out of a request's body; as `account_of`."""
    try:
        return _asked.decode(body).terms.entitlement
    except SPOILT:
        return ""


def retained_of(body: bytes) -> str:
    """Where a request stands that is over, out of its body as 0.1.0 wrote it; as `account_of`."""
    try:
        found = _asked.decode(body)
    except SPOILT:
        return ""
    return _place(found.terms.entitlement, found.updated, found.id) if found.updated else ""


def entry_row(entry: Entry) -> EntryRow:
    return EntryRow(chain=entry.request, seq=entry.seq, hash=entry.hash, body=_encode(entry))


def loading(policy: StoredPolicy) -> dict[str, str]:
    """What the entry `LOADED` says of a policy; its time is when the policy was loaded."""
    return {"digest": policy.digest, "source": policy.source}


def holding(record: Request) -> bool:
    """Say whether a request that was decided is not over: a grant not confirmed removed, an action not used.

    Or an emergency that is not reviewed.
    """
    return allows(record) or unreviewed(record) or any(not grant.removed for grant in record.grants)


def holds(record: Request) -> tuple[str, ...]:
    """The resources on which a binding of this request may stand, in the order of their names.

    An emergency that is not reviewed stands among its like as if that were a resource of its own.
    """
    found = {target.resource for target, grant in given(record) if not grant.removed}
    return tuple(sorted(found | ({UNREVIEWED} if unreviewed(record) else set())))


def read_request(body: bytes) -> Request:
    """Decode a request. Raises `UnreadableRecord` when it is none."""
    try:
        return _request.decode(body)
    except SPOILT as error:
        raise UnreadableRecord(f"a stored request cannot be read ({error}): restore a backup") from None


def read_all(stored: Iterable[tuple[str, str, bytes]]) -> OnResource:
    """Decode requests, each with its id and requester as they stand beside it. What cannot be read is logged."""
    found: list[Request] = []
    damaged: list[Damaged] = []
    for request_id, requester, body in stored:
        try:
            found.append(read_request(body))
        except StoreError as error:
            _log.error("%s is left out: %s", request_id, error)
            damaged.append(Damaged(request=request_id, requester=requester))
    return OnResource(requests=found, damaged=damaged)


def stretch(places: Sequence[Position], stored: Iterable[tuple[str, str, bytes]], *, limit: int) -> Stretch:
    """Decode a stretch of the history, whose requests stand at these places. Behind a full one may be more."""
    read = read_all(stored)
    spoilt = {each.request for each in read.damaged}
    return Stretch(
        requests=read.requests,
        damaged=[place for place in places if place.request in spoilt],
        last=places[-1] if len(places) == limit else None,
    )


def read_entry(body: bytes) -> Entry:
    """Decode an audit entry. Raises `StoreError` when it is none."""
    try:
        return _entry.decode(body)
    except SPOILT as error:
        raise StoreError(f"a stored audit entry cannot be read ({error}): restore a backup") from None


def micros(moment: datetime) -> int:
    """Count microseconds since 1970 in UTC, which sort as the moments do."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """Turn `micros` back."""
    return _EPOCH + count * _MICROSECOND
