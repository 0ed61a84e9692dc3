"""What was done with access, as Cloud Audit Logs tell it: counted, and held against what its roles hold.

An entry says that a person called a method, and not by which right. Not everything is logged.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from approvals.grants import Grant
from approvals.requests import Request
from approvals.targets import IamRoles
from countersign_client import shapes

LOOKS = (timedelta(minutes=5), timedelta(hours=1))
"""So long after access is over it is looked for: logs lag, so a second time."""

MOST_METHODS, MOST_PERMISSIONS, LONGEST = 15, 40, 120
"""What is kept of methods and used permissions, the most frequent first, and characters of a name."""

Trouble = Literal["", "forbidden", "missing", "unanswered"]


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One call that an entry tells of; the permissions that were checked for it and granted."""

    method: str
    denied: bool = False
    permissions: tuple[str, ...] = ()


class Method(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    calls: int
    denied: int = 0


class RoleUse(msgspec.Struct, frozen=True, kw_only=True):
    """How many permissions a role holds, and how many of them show in entries; `named` are some. 0: unknown."""

    role: str
    total: int = 0
    used: int = 0
    named: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What was found on one resource. `cut`: there were more entries than are read.

    `first`: so many seconds from the beginning of the access were looked through alone; 0: all of it was.
    `below`: of a folder or organization, how many projects below it were read; `beyond`: there are more of those.
    """

    resource: str
    calls: int = 0
    denied: int = 0
    methods: tuple[Method, ...] = ()
    more: int = 0
    cut: bool = False
    first: int = 0
    below: int = 0
    beyond: bool = False
    roles: tuple[RoleUse, ...] = ()
    trouble: Trouble = ""


class Deeds(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one request's access. `looks`: how often it was looked for; `tries`: in vain since.
    `slow` of those ended without a word of when to come again.

    Of a look that is not over `found` is what it found so far, and until `again` nobody who failed is asked.
    """

    v: int = 1
    looks: int = 0
    tries: int = 0
    slow: int = 0
    places: tuple[Place, ...] = ()
    found: tuple[Place, ...] = ()
    again: datetime | None = None

    @property
    def last(self) -> bool:
        """It is not looked for again."""
        return self.looks >= len(LOOKS)

    def has(self, resource: str) -> bool:
        """An earlier look has told of it."""
        return any(each.resource == resource and not each.trouble for each in self.places)


def recorded(body: bytes) -> Deeds:
    """What a store's record holds. Raises `msgspec.MsgspecError`."""
    return shapes.decode(body, Deeds) if body else Deeds()


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """Access to one resource that is over: its roles, from when until when."""

    resource: str
    roles: tuple[str, ...]
    start: datetime
    end: datetime


def beginning(stay: Stay, *, share: int) -> Stay:
    """The first so many-th part of it, in whole seconds."""
    seconds = max(int((stay.end - stay.start).total_seconds() / share), 1)
    return msgspec.structs.replace(stay, end=min(stay.start + timedelta(seconds=seconds), stay.end))


def stays(request: Request) -> tuple[Stay, ...]:
    """What access a request gave, once all of it is over; nothing while some lives, or where it gave none.

    A resource is one stay, however many of a bundle's targets are on it. An action, an approval alone and what
    failed or was cancelled before it began gave none.
    """
    pairs = list(zip(request.terms.targets, request.grants, strict=False))
    if not pairs or not all(grant.removed or grant.state == "failed" for _, grant in pairs):
        return ()
    found: dict[str, Stay] = {}
    for target, grant in pairs:
        if isinstance(target, IamRoles) and (end := _ended(grant)) is not None:
            stay = Stay(resource=target.resource, roles=target.roles, start=grant.window.start, end=end)
            found[target.resource] = _joined(found.get(target.resource, stay), stay)
    return tuple(found.values())


def _joined(one: Stay, other: Stay) -> Stay:
    roles = tuple(dict.fromkeys((*one.roles, *other.roles)))
    start, end = min(one.start, other.start), max(one.end, other.end)
    return Stay(resource=one.resource, roles=roles, start=start, end=end)


def _ended(grant: Grant) -> datetime | None:
    """When access was over that was there."""
    if grant.state == "failed":
        return None
    end = grant.window.end if grant.closed_at is None else min(grant.closed_at, grant.window.end)
    return end if end > grant.window.start else None


def next_look(request: Request, kept: Deeds) -> datetime | None:
    """When to look; None where nothing is to be looked for any more."""
    found = stays(request)
    if not found or kept.last or request.erased is not None:
        return None
    return max(each.end for each in found) + LOOKS[kept.looks]


def counted(
    stay: Stay,
    entries: Sequence[Logged],
    roles: Iterable[tuple[str, Sequence[str]]],
    *,
    cut: bool,
    first: int = 0,
    below: int = 0,
    beyond: bool = False,
) -> Place:
    """Count what was found. `roles` are those of the access, with what each of them holds."""
    calls, denials = Counter(each.method for each in entries), Counter(e.method for e in entries if e.denied)
    frequent = calls.most_common(MOST_METHODS)
    used = Counter(permission for each in entries for permission in each.permissions)
    return Place(
        resource=stay.resource,
        calls=len(entries),
        denied=denials.total(),
        methods=tuple(Method(name=name[:LONGEST], calls=n, denied=denials[name]) for name, n in frequent),
        more=len(calls) - len(frequent),
        cut=cut,
        first=first,
        below=below,
        beyond=beyond,
        roles=tuple(_use(role, held, used) for role, held in roles),
    )


def _use(role: str, held: Sequence[str], used: Counter[str]) -> RoleUse:
    seen = [name for name, _ in used.most_common() if name in set(held)]
    return RoleUse(role=role, total=len(set(held)), used=len(seen), named=tuple(seen[:MOST_PERMISSIONS]))
