"""How often everything was frozen and thawed: the number that a freeze changes, and what was said of it."""

from datetime import datetime

import msgspec

from approvals.guards import Guard
from approvals.reviews import Typed

EPOCH = "epoch"
"""The guard's name."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Who froze or thawed last, when and why: for people; nothing is decided by it.

    Where a freeze got another reason while it lasted, `began` is since when it lasts.
    """

    v: int = 1
    by: str = ""
    at: datetime | None = None
    why: Typed | None = None
    began: datetime | None = None


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """How often everything was frozen and thawed, and what was said the last time."""

    number: int = 0
    last: Move = Move()

    @property
    def frozen(self) -> bool:
        return self.number % 2 == 1

    @property
    def began(self) -> datetime | None:
        """Since when it is as it is; None where that cannot be read."""
        return self.last.began or self.last.at

    @property
    def stamp(self) -> str:
        """What tells this freeze from another one."""
        return str(self.number)

    @property
    def guard(self) -> Guard:
        return Guard(name=EPOCH, value=self.number)

    @property
    def why(self) -> str:
        """The reason that was given last, as it was typed."""
        return self.last.why.text if self.last.why is not None else ""
