"""Taking out of IAM policies and groups what was provably ours and is over, as `countersign drift --remove` does.

It is the work of whoever holds the lease on the resource's bindings: meanwhile the service neither finds such a
binding there and takes it for one that a new approval calls for, nor writes another.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from approvals.ids import binding_subject
from approvals.ports.store import Lease
from approvals.ports.targets import Binding, Granter, GranterError, Snapshot, Unsure
from approvals.refusals.errors import CountersignError

HELD = timedelta(seconds=30)
"""How long the bindings of a resource are held for it."""

_WRITE = 5.0

REMOVING, REFUSED = "drift.removing", "drift.refused"
"""In the installation's chain: before a binding is taken out, and after a write that Google did not take."""


class TakingStore(Protocol):
    """The part of a store that taking out needs."""

    def lease(self, subject: str, *, owner: str, now: datetime, until: datetime) -> Lease | None: ...
    def release(self, lease: Lease, *, due: datetime | None) -> None: ...
    def append(self, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]) -> object: ...


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go from one resource: each piece by a write of its own, its bindings with the requests' ids."""

    snapshot: Snapshot
    pieces: Sequence[Sequence[tuple[Binding, str]]]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken from one resource, with the requests' ids, and by what the rest was not, if it was not."""

    taken: tuple[tuple[Binding, str], ...] = ()
    error: CountersignError | None = None


class TakingOut(msgspec.Struct, frozen=True, kw_only=True):
    """Takes out what is over. `owner` names who holds the lease, `by` who is named in the audit."""

    store: TakingStore
    granter: Granter
    clock: Callable[[], datetime]
    owner: str
    by: str

    def at(self, place: str, look: Callable[[datetime], Over]) -> Taken:
        """Look once more, and take out what is over; nothing while the service works on the same resource."""
        begun = self.clock()
        lease = self.store.lease(binding_subject(place), owner=self.owner, now=begun, until=begun + HELD)
        if lease is None:
            return Taken()
        try:
            return self._all(look(begun), until=lease.until)
        except CountersignError as error:
            return Taken(error=error)
        finally:
            # What was approved meanwhile waits for it; and whatever was due before is looked at again.
            self.store.release(lease, due=self.clock())

    def _all(self, over: Over, *, until: datetime) -> Taken:
        """Take out piece by piece, each while nobody else works on it for as long as the write may take."""
        taken: list[tuple[Binding, str]] = []
        for piece in over.pieces:
            if self.clock() + timedelta(seconds=_WRITE) >= until:
                break
            try:
                self._take(over.snapshot, piece)
            except CountersignError as error:
                return Taken(taken=tuple(taken), error=error)
            taken += piece
        return Taken(taken=tuple(taken))

    def _take(self, snapshot: Snapshot, piece: Sequence[tuple[Binding, str]]) -> None:
        """Take bindings out. Each is in the audit before: what Google's answer hides was meant to go."""
        for binding, request in piece:
            self._tell(REMOVING, _of_binding(binding, request, snapshot.resource))
        over = [binding for binding, _ in piece]
        try:
            self.granter.write(snapshot, remove=over, add=(), timeout=_WRITE, reason="countersign drift")
        except GranterError as error:
            sure = not isinstance(error, Unsure)
            self._tell(REFUSED, {"resource": snapshot.resource, "bindings": len(over), "sure": sure})
            raise

    def _tell(self, action: str, detail: Mapping[str, Any]) -> None:
        self.store.append(at=self.clock(), actor=self.by, action=action, detail=detail)


def _of_binding(binding: Binding, request: str, resource: str) -> Mapping[str, str]:
    """What the audit keeps of a binding: with its condition it can be put back by hand."""
    return {
        "resource": resource,
        "role": binding.role,
        "member": binding.member,
        "condition": binding.expression,
        "request": request,
    }
