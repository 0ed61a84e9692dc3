"""All audit chains together: whether each record holds against its chain, and each chain against its anchor.

An anchor is what the installation's own chain says of a request's: how many entries it has, and the hash of the
last one. Reconcile writes them in batches. So a request that is gone, or whose chain was cut together with its
record, is missed by a chain that goes on.

A call that was taken from a window is held against the request that opened that. The chain of that counts each of
them, and each that it counts is there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from approvals.auditing import takings
from approvals.chaining import SERVICE
from approvals.chains import Audit, Chains, Held, Tail, Taken
from approvals.ids import is_request_id
from approvals.ports.store import Installation
from approvals.refusals.errors import CountersignError
from approvals.times import rfc3339
from countersign_client import shapes
from countersign_client.chain import START, ChainError, Entry
from countersign_client.checkpoints import Checkpoint

ACTION = "requests.anchored"
BATCH = 200
"""Anchors in one entry at most."""


class Audited(Audit, Chains, Protocol):
    """The part of a store that audits need."""

    def installation(self) -> Installation: ...


def anchor(store: Audited, *, now: datetime) -> int:
    """Anchor a batch of what is not anchored yet; return how many there were."""
    tails = store.unanchored(limit=BATCH)
    if tails:
        here = store.installation()
        detail = {
            "instance": here.instance,
            "generation": here.generation,
            "heads": [list(tail) for tail in tails],
        }
        store.append(at=now, actor=SERVICE, action=ACTION, detail=detail)
        # Only noted afterwards: a crash in between anchors once more, and loses none.
        store.anchored(tails)
    return len(tails)


class Looked(Protocol):
    """The part of a store that is looked through."""

    def chains(self) -> Iterable[str]: ...

    def entries(self, chain: str) -> Sequence[Entry]: ...

    def held(self, chain: str) -> Held: ...


class Fault(NamedTuple):
    """What does not hold, and whose chain it is (empty: the installation's)."""

    chain: str
    text: str


class Count(NamedTuple):
    """What a window's own chain says of one of its calls: its number there, and which request it is."""

    opener: str
    number: int
    call: str


class Inspection:
    """A look at every chain of a store. It may be in use meanwhile."""

    def __init__(self, store: Looked, *, checkpoint: Checkpoint | None = None) -> None:
        """`checkpoint` is one of this store that was kept elsewhere."""
        self._store = store
        self._checkpoint = checkpoint
        self._anchors: dict[str, Tail] | None = None
        self._openers: dict[str, Held] = {}
        self._uncounted: dict[str, list[tuple[str, Taken]]] = {}
        self._counted: set[Count] = set()
        self._taken: set[Count] = set()
        self.chains = 0
        self.entries = 0
        self.young = 0

    def faults(self) -> Iterator[Fault]:
        """Go through all chains and tell what does not hold; the counts are whole at the end."""
        seen = set()
        for chain in self._store.chains():
            self.chains += 1
            seen.add(chain)
            yield from self._faults(chain)
        yield from self._of_uncounted()
        gone = (self._anchors or {}).keys() - seen
        for each in sorted(gone):
            yield Fault(each, "the request is missing: the installation's chain knew it")
        for count in sorted(self._counted - self._taken):
            if count.call not in gone:
                yield from (Fault(count.call, text) for text in self._against_count(count))

    def _faults(self, chain: str) -> Iterator[Fault]:
        try:
            held = self._store.held(chain)
            if not chain and not held.faults:
                self._read_anchors()
        except (CountersignError, ChainError) as error:
            yield Fault(chain, str(error))
            return
        self.entries += len(held.hashes)
        yield from (Fault(chain, text) for text in held.faults)
        if not chain:
            yield from (Fault(chain, text) for text in self._against_checkpoint(held))
        elif self._anchors is not None and not held.faults:
            yield from (Fault(chain, text) for text in self._against_anchor(chain, held, self._anchors))
        if held.opening is not None:
            self._counted |= {Count(chain, each, call) for each, (call, _) in held.opening.counted.items()}
        if held.taken is not None:
            self._taken.add(Count(held.taken.opener, held.taken.number, chain))
            yield from (Fault(chain, text) for text in self._against_opener(chain, held.taken))

    def _against_anchor(self, chain: str, held: Held, known: Mapping[str, Tail]) -> Iterator[str]:
        last = Tail(chain, len(held.hashes), held.hashes[-1])
        if held.anchored and known.get(chain) != last:
            known = self._read_anchors()  # it may have been anchored since they were read
        anchor = known.get(chain)
        if anchor is not None and held.hashes[anchor.seq - 1 : anchor.seq] != (anchor.head,):
            yield f"its chain was cut or written anew: the installation's chain knew {anchor.seq} entries of it"
        elif anchor != last and held.anchored:
            yield "the store says that it is anchored, and the installation's chain does not"
        elif anchor != last:
            self.young += 1

    def _against_opener(self, chain: str, taken: Taken) -> Iterator[str]:
        """A call that nobody was asked for is one of those that its window's own chain counts."""
        before = self._openers.get(taken.opener)
        if before is None:
            found = self._openers[taken.opener] = self._opener(taken.opener)
            yield from takings.faults(chain, taken, found)
        elif any(takings.faults(chain, taken, before)):
            # It may have counted this one since it was read. It is read once more for all of them.
            self._uncounted.setdefault(taken.opener, []).append((chain, taken))

    def _of_uncounted(self) -> Iterator[Fault]:
        for name, calls in self._uncounted.items():
            opener = self._opener(name)
            for chain, taken in calls:
                yield from (Fault(chain, text) for text in takings.faults(chain, taken, opener))

    def _against_count(self, count: Count) -> Iterator[str]:
        """A call that a window counts is there and says so itself. It may have come since others were read."""
        held = self._opener(count.call)
        window = f"the window of {count.opener} counts it as its call {count.number}"
        if not held.hashes:
            yield f"the request is missing: {window}"
        elif not held.faults and _is_no(held.taken, count):
            yield f"{window}, and it says nothing of that"

    def _opener(self, name: str) -> Held:
        """What there is of a request that another one names, without what is not needed of it."""
        if not is_request_id(name):
            return Held(hashes=(), faults=("there is no such request",))
        try:
            held = self._store.held(name)
        except (CountersignError, ChainError) as error:
            return Held(hashes=(START,), faults=(str(error),))
        return msgspec.structs.replace(held, hashes=held.hashes[-1:])

    def _against_checkpoint(self, held: Held) -> Iterator[str]:
        known = self._checkpoint
        if known is not None and (START, *held.hashes)[known.seq : known.seq + 1] != (known.head,):
            yield (
                f"its chain was cut or written anew since the checkpoint of {rfc3339(known.made)},"
                f" which knew {known.seq} entries and {known.requests} requests"
            )

    def _read_anchors(self) -> Mapping[str, Tail]:
        self._anchors = anchors(self._store.entries(""))
        return self._anchors


def _is_no(taken: Taken | None, count: Count) -> bool:
    return taken is None or (taken.opener, taken.number) != (count.opener, count.number)


def anchors(entries: Sequence[Entry]) -> dict[str, Tail]:
    """The last anchor of each request, by the installation's chain. Raises `ChainError` where one is none."""
    found: dict[str, Tail] = {}
    for entry in entries:
        if entry.action == ACTION:
            try:
                tails = shapes.convert(entry.detail.get("heads"), tuple[Tail, ...])
            except msgspec.ValidationError as error:
                raise ChainError(f"entry {entry.seq} of the installation holds no anchors") from error
            found |= {tail.request: tail for tail in tails}
    return found
