"""A store copied into an empty one of any kind: the same requests, reviews, audit chains and work."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

import msgspec

from approvals.backends.stores.contents import Contents, Head, Item, Made, MarkRow, Target, WorkRow
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.held import whole
from approvals.backends.stores.records import (
    EntryRow,
    RequestRow,
    entry_row,
    micros,
    read_request,
    request_row,
)
from approvals.subjects import subjects
from approvals.times import rfc3339
from countersign_client.chain import START, ChainError, Entry


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """How much was copied and verified."""

    requests: int
    entries: int


def copy(source: Contents, target: Target, *, actor: str, now: datetime) -> Copied:
    """Copy everything, verify it, and make the target a store at the very end.

    Nothing may write to the source meanwhile. The copy has a generation of its own, so that every token issued
    before dies. Leases are cleared; every pending request and every grant that may stand is due at once. Raises
    `StoreError` when either store cannot be used, or the target does not hold what the source holds.
    """
    generation = secrets.token_hex(8)

    def moved() -> Iterator[Item]:
        return _moved(source.items(), actor=actor, now=now, generation=generation)

    target.fill(item for item in moved() if not isinstance(item, Made))
    copied = _verify(target)
    _compare(moved(), target)
    made = next(item for item in source.items() if isinstance(item, Made))
    target.finish(made, generation=generation)
    return copied


def _moved(items: Iterable[Item], *, actor: str, now: datetime, generation: str) -> Iterator[Item]:
    """The source's items as the target holds them: work woken, and one more entry in the installation's chain."""
    woken: dict[str, None] = {}
    detail = {"generation": generation}
    for item in items:
        match item:
            case RequestRow():
                woken |= dict.fromkeys(_subjects(item))
                yield item
            case WorkRow():
                at_once = item.subject in woken
                woken.pop(item.subject, None)
                yield item._replace(due=_sooner(item.due, micros(now))) if at_once else item
            case MarkRow():
                if item.until > micros(now):
                    yield item
            case Head():
                yield from (WorkRow(subject, micros(now), b"") for subject in woken)
                entry = Entry(
                    request="",
                    seq=item.seq + 1,
                    at=rfc3339(now),
                    actor=actor,
                    action="copied",
                    detail=detail,
                    prev=item.hash,
                )
                yield entry_row(entry)
                yield Head(entry.seq, entry.hash)
            case _:
                yield item


def _subjects(row: RequestRow) -> Iterator[str]:
    if row.open:
        yield from subjects(read_request(row.body))


def _sooner(due: int | None, now: int) -> int:
    return now if due is None else min(due, now)


def _compare(expected: Iterable[Item], target: Contents) -> None:
    """Raises `StoreError` when the target holds other items than were meant for it."""
    wanted, found = _sums(expected), _sums(target.items())
    # A target that is not finished has no installation yet.
    wrong = sorted(kind for kind in wanted.keys() - {"Made"} if wanted[kind] != found.get(kind))
    if wrong:
        raise StoreError(
            f"{target.place} does not hold the same {', '.join(wrong)} as the source:"
            " stop the service that writes to the source, and copy again"
        )


def _sums(items: Iterable[Item]) -> dict[str, tuple[int, int]]:
    """For each kind how many items there are and the sum of their hashes, which no order changes."""
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for item in items:
        kind = type(item).__name__
        counts[kind] += 1
        sums[kind] += int.from_bytes(hashlib.sha256(msgspec.json.encode(item)).digest())
    return {kind: (counts[kind], sums[kind]) for kind in counts}


def _verify(target: Contents) -> Copied:
    """Raises `StoreError` when a chain does not hold, or a record says otherwise than what stands beside it."""
    ends = dict(_ends(target))
    requests, count = len(ends) - 1, 0
    rows = (item for item in target.items() if isinstance(item, EntryRow))
    for chain, entries in groupby(rows, key=lambda row: row.chain):
        seq, head = ends.pop(chain, (0, START))
        try:
            whole(chain, list(entries), seq=seq, head=head)
        except ChainError as error:
            raise StoreError(f"{target.place}: {error}") from error
        count += seq
    if ends:
        raise StoreError(f"{target.place}: {', '.join(sorted(ends)[:5])} have no audit entries")
    return Copied(requests=requests, entries=count)


def _ends(target: Contents) -> Iterator[tuple[str, tuple[int, str]]]:
    """For each chain the number and the hash of its last entry, as the record says."""
    for item in target.items():
        match item:
            case RequestRow():
                # All but the body: one of an older release reads alike and is written otherwise.
                if request_row(read_request(item.body))[:-1] != item[:-1]:
                    raise StoreError(f"{target.place}: the record of {item.id} says otherwise than beside it")
                yield item.id, (item.seq, item.head)
            case Head():
                yield "", (item.seq, item.hash)
