"""Whether what is stored of a request, or of the installation, agrees with its audit chain: alike on any store."""

from collections.abc import Iterator, Sequence

import msgspec

from approvals import absences
from approvals.absences import ABSENCES
from approvals.auditing import replay, windowed
from approvals.backends.stores.contents import GuardRow, Head
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import (
    LOADED,
    EntryRow,
    RequestRow,
    entry_row,
    read_entry,
    read_request,
    request_row,
)
from approvals.chains import Held
from approvals.changes import ReviewKey, review_keys
from approvals.epochs import EPOCH
from approvals.freezes import freezing, parting
from approvals.guards import Guarded
from approvals.parts import PARTS
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from approvals.requests import Request
from approvals.times import rfc3339
from countersign_client import chain as chains
from countersign_client.chain import ChainError, Entry


class StoredRequest(msgspec.Struct, frozen=True):
    """All that a store holds of one request, read at one moment; None for what does not stand beside it there."""

    row: RequestRow | None
    entries: Sequence[EntryRow]
    reviews: Sequence[ReviewKey]
    anchored: bool
    account: str | None = None
    open: bool | None = None


class StoredInstallation(msgspec.Struct, frozen=True):
    """What a store holds of the installation, read at one moment. `good` names the last good policy."""

    instance: str
    generation: str
    head: Head | None
    entries: Sequence[EntryRow]
    good: str | None
    policy: StoredPolicy | None
    guards: Sequence[GuardRow]


def of_request(request_id: str, stored: StoredRequest) -> Held:
    """Hold a request against its chain."""
    hashes, anchored = _hashes(stored.entries), stored.anchored
    try:
        record, entries = _read(request_id, stored)
    except (ChainError, StoreError) as error:
        return Held(hashes=hashes, faults=(str(error),), anchored=anchored)
    if faults := tuple(_of_record(record, entries, stored)):
        return Held(hashes=hashes, faults=faults, anchored=anchored)
    taken, opening = windowed.taken(record), windowed.opening(record, entries)
    return Held(hashes=hashes, faults=(), anchored=anchored, taken=taken, opening=opening)


def of_installation(stored: StoredInstallation) -> Held:
    """Hold what concerns the installation as a whole against its chain."""
    return Held(hashes=_hashes(stored.entries), faults=tuple(_of_installation(stored)))


def _read(request_id: str, stored: StoredRequest) -> tuple[Request, Sequence[Entry]]:
    """Its record, and the entries of its chain. Raises `ChainError` or `StoreError` with what is wrong."""
    row = stored.row
    if row is None:
        raise StoreError("its record is missing")
    entries = whole(request_id, stored.entries, seq=row.seq, head=row.head)
    record = read_request(row.body)
    if record.id != request_id or row[:-1] != request_row(record)[:-1]:
        raise StoreError(f"the record of {request_id} says otherwise than what stands beside it")
    return record, entries


def _of_record(record: Request, entries: Sequence[Entry], stored: StoredRequest) -> Iterator[str]:
    yield from replay.faults(record, entries)
    if sorted(map(_key, stored.reviews)) != sorted(map(_key, review_keys(record))):
        yield "other reviews stand beside its record than in it"
    is_open = stored.row is not None and stored.row.open
    if stored.account not in (None, record.account) or stored.open not in (None, is_open):
        yield "it is not found by its account, or as open, as its record says"


def _of_installation(stored: StoredInstallation) -> Iterator[str]:
    if stored.head is None:
        yield "its chain has no head"
        return
    try:
        entries = whole("", stored.entries, seq=stored.head.seq, head=stored.head.hash)
    except (ChainError, StoreError) as error:
        yield str(error)
        return
    yield from _of_names(stored, entries)
    yield from _of_guards(stored.guards, entries)
    if stored.good is not None:
        yield from _of_policy(stored.good, stored.policy, entries)


def _of_names(stored: StoredInstallation, entries: Sequence[Entry]) -> Iterator[str]:
    """Anchors, restores and copies tell who the installation is, and which generation of it."""
    for name in ("instance", "generation"):
        told = [entry.detail[name] for entry in entries if name in entry.detail]
        if told and told[-1] != getattr(stored, name):
            yield f"it has another {name} than its chain tells"


def _of_guards(guards: Sequence[GuardRow], entries: Sequence[Entry]) -> Iterator[str]:
    """Every move of a guard is told, and the last one says where it stands."""
    told = {entry.detail["guard"]: entry.detail.get("value") for entry in entries if "guard" in entry.detail}
    stand = {guard.name: guard.value for guard in guards}
    for name in sorted(told.keys() | stand.keys()):
        if told.get(name) != stand.get(name):
            yield f"the guard {name} stands elsewhere than its chain tells"
    for guard in guards:
        if guard.name == EPOCH:
            yield from freezing.faults(Guarded(value=guard.value, body=guard.body), entries)
        elif guard.name == PARTS:
            yield from parting.faults(Guarded(value=guard.value, body=guard.body), entries)
        elif guard.name == ABSENCES:
            yield from absences.faults(Guarded(value=guard.value, body=guard.body), entries)


def _of_policy(good: str, policy: StoredPolicy | None, entries: Sequence[Entry]) -> Iterator[str]:
    if policy is None or policy.digest != good:
        yield "the last good policy is missing"
    elif digest_of(policy.text) != policy.digest:
        yield "the last good policy is not the text that its digest covers"
    elif (policy.digest, policy.source, rfc3339(policy.loaded_at)) not in _loaded(entries):
        yield "its chain does not tell that the last good policy was loaded"


def _loaded(entries: Sequence[Entry]) -> set[tuple[str, str, str]]:
    loaded = (entry for entry in entries if entry.action == LOADED)
    return {(entry.detail.get("digest", ""), entry.detail.get("source", ""), entry.at) for entry in loaded}


def whole(chain: str, rows: Sequence[EntryRow], *, seq: int, head: str) -> Sequence[Entry]:
    """Decode the entries of a chain that holds. Raises `ChainError` or `StoreError`."""
    entries = [read_entry(row.body) for row in rows]
    if chains.verify(entries, request=chain, head=head) != seq:
        raise ChainError(f"the record of {chain or 'the installation'} has not as many entries as it says")
    for entry, row in zip(entries, rows, strict=True):
        if entry_row(entry)[:-1] != row[:-1]:
            raise ChainError(f"entry {entry.seq} of {chain or 'the installation'} says otherwise than beside it")
    return entries


def _key(review: ReviewKey) -> tuple[str, int, str, int, str]:
    return review.request, review.revision, review.person, review.number, review.jti


def _hashes(rows: Sequence[EntryRow]) -> tuple[str, ...]:
    return tuple(row.hash for row in rows)
