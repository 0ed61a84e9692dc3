"""What the bodies of calls hold, member by member. What has no default must be there."""

import msgspec


class File(msgspec.Struct, frozen=True, kw_only=True):
    """`duration` as people type it; without one it is the entitlement's usual one. `start` (RFC 3339) is when it
    is to begin; without one that is with its approval.

    `replaces` is the caller's own older request for the same, which goes as this one comes. `break_glass` says a
    second time that it is an emergency, where access is for those; it is never implied.
    """

    entitlement: str
    duration: str = ""
    start: str = ""
    justification: str = ""
    replaces: str = ""
    break_glass: bool = False


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """`duration` is how much longer; without one it is the usual time, or what is left of the most in all."""

    duration: str = ""
    justification: str = ""


class TakeBack(msgspec.Struct, frozen=True, kw_only=True):
    """What the person has been shown, so that nobody decides on another request than that."""

    revision: int
    digest: str


class Approve(TakeBack, frozen=True, kw_only=True):
    """`several`: for as many calls of a tool as are offered, in the place of the one."""

    comment: str = ""
    several: bool = False


class Deny(TakeBack, frozen=True, kw_only=True):
    reason: str


class Offer(TakeBack, frozen=True, kw_only=True):
    """For how long, and the numbers (from 0) of the targets that stay; what is not there stays as it was asked."""

    duration: str = ""
    keep: tuple[int, ...] | None = None
    comment: str = ""


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` is for who loses access by somebody else's hand."""

    reason: str = ""


class AfterReview(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller found of somebody's emergency, and why."""

    justified: bool
    reason: str


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be frozen or thawed: `of` everything, an entitlement or a person, by id or address; and why."""

    of: str
    name: str = ""
    reason: str = ""


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the caller is away, in RFC 3339 or as people type it, and the address of who stands in."""

    until: str = ""
    delegate: str = ""


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """An empty object."""
