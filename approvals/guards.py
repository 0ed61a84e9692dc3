"""What a change holds on to beside the version of its own record."""

import msgspec

from approvals.refusals.errors import Conflict


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What must still hold when a change commits: that the store keeps this value under this name.

    A value only ever grows, by one each time, so that what came back to how it was is noticed as well. A name
    under which nothing was ever kept has the value zero.
    """

    name: str
    value: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Another request as it was read: that the store keeps this version of it."""

    request: str
    version: int


class Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """A guard's value now, and what was kept with it: for those who want to know what it means."""

    value: int = 0
    body: bytes = b""


class GuardFailed(Conflict):
    """What a change holds on to held no more when it was to commit. Nothing was kept: read and decide again."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the guard {name} does not hold any more")
        self.name = name
