"""What one look at a resource showed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property

import msgspec

from approvals.access.bindings import Key, Mark, Wanted, keys
from approvals.access.claims import Claim
from approvals.ledgers.pieces import Piece, untouched
from approvals.ports.targets import Binding, Snapshot

_NEVER = datetime.max.replace(tzinfo=UTC)


class Look(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The policy, the claims as they stood after it, and what differs.

    `started` is a time before the policy was read, and by `now` it was decided what is over. `ends` are the ends
    of the windows of all that may be ours. Of the keys in `doubt` the read lacks what somebody else may have taken
    out.
    """

    snapshot: Snapshot
    started: datetime
    now: datetime
    held: tuple[Claim, ...]
    ends: Mapping[Mark, datetime]
    want: Mapping[Mark, Wanted]
    present: Mapping[Mark, tuple[Binding, ...]]
    pieces: tuple[Piece, ...]
    doubt: frozenset[Key]

    @property
    def outstanding(self) -> frozenset[Key]:
        """The keys of which something is not as it should be."""
        return self.doubt.union(*(piece.keys for piece in self.pieces))

    @cached_property
    def _carried(self) -> frozenset[tuple[str, Key]]:
        return frozenset((request, mark.key) for mark, each in self.want.items() for request in each.requests)

    def carries(self, claim: Claim) -> bool:
        """All that a claim asks is among what is wanted now."""
        return all((claim.request, key) in self._carried for key in keys(claim))

    @property
    def certain(self) -> tuple[Piece, ...]:
        """The pieces that nothing of what is in doubt belongs to."""
        return untouched(self.pieces, self.doubt)

    @property
    def soonest_end(self) -> datetime:
        """When the next access has to be taken away."""
        return min((claim.window.end for claim in self.held if claim.gives_access(now=self.now)), default=_NEVER)
