"""Taking out of IAM policies what was provably ours and is over, as `countersign drift --remove` does.

It is the work of whoever holds the lease on the resource's bindings: meanwhile the service neither finds such a
binding there and takes it for one that a new approval calls for, nor writes another.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from approvals.drift import Look, named_by, removable
from approvals.ids import binding_subject
from approvals.ports.store import Lease
from approvals.ports.targets import Binding, Granter, GranterError, Unsure

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


class TakingOut(msgspec.Struct, frozen=True, kw_only=True):
    """Takes out what is over. `owner` names who holds the lease, `by` who is named in the audit."""

    store: TakingStore
    granter: Granter
    clock: Callable[[], datetime]
    owner: str
    by: str

    def at(self, place: str, look: Callable[[datetime], Look]) -> Sequence[Binding]:
        """Look once more, and take out what is over; nothing while the service works on the same resource.

        Raises a `GranterError`.
        """
        begun = self.clock()
        lease = self.store.lease(binding_subject(place), owner=self.owner, now=begun, until=begun + HELD)
        if lease is None:
            return ()
        try:
            seen = look(begun)
            over = removable(seen)
            # Nobody else works on it for as long as the write may take, or it is not sent.
            if over and self.clock() + timedelta(seconds=_WRITE) < lease.until:
                self._take(seen, over)
                return over
            return ()
        finally:
            # What was approved meanwhile waits for it; and whatever was due before is looked at again.
            self.store.release(lease, due=self.clock())

    def _take(self, look: Look, over: Sequence[Binding]) -> None:
        """Take bindings out. Each is in the audit before: what Google's answer hides was meant to go."""
        for each in over:
            self._tell(REMOVING, _of_binding(each, look.snapshot.resource))
        try:
            self.granter.write(look.snapshot, remove=over, add=(), timeout=_WRITE, reason="countersign drift")
        except GranterError as error:
            sure = not isinstance(error, Unsure)
            self._tell(REFUSED, {"resource": look.snapshot.resource, "bindings": len(over), "sure": sure})
            raise

    def _tell(self, action: str, detail: Mapping[str, Any]) -> None:
        self.store.append(at=self.clock(), actor=self.by, action=action, detail=detail)


def _of_binding(binding: Binding, resource: str) -> Mapping[str, str]:
    """What the audit keeps of a binding: with its condition it can be put back by hand."""
    return {
        "resource": resource,
        "role": binding.role,
        "member": binding.member,
        "condition": binding.expression,
        "request": named_by(binding),
    }
