"""What a store does so that texts can be erased: it finds whose are still kept, and leaves nothing behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Retained(NamedTuple):
    """A request that is over and still has its texts: of which entitlement, and when its last moment was.

    `place` is where it stands among all: one entitlement after the other, and what was over first before the rest.
    """

    entitlement: str
    last: datetime
    request: str
    place: str

    @property
    def beyond(self) -> str:
        """A place behind all others of the same entitlement."""
        return f"{self.entitlement}!"


class Texts(Protocol):
    """The part of a store that knows which texts are left, and what of them is on the disk."""

    def retained(self, *, after: str, limit: int) -> Sequence[Retained]:
        """What is over and still has its texts, by place: behind this one, the first so many."""

    def scrub(self) -> bool:
        """Leave nothing on the disk of what was overwritten; say whether nothing is.

        Where others read at this moment something may be, and it is to be tried again.
        """
