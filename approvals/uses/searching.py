"""Searching the scope of a policy's source for what drifted there, as far as Asset Inventory tells, in time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from approvals.policy.model import Policy
from approvals.ports.catalog import Catalog
from approvals.ports.store import Installation
from approvals.refusals.errors import CountersignError, NotFound, Unavailable
from approvals.standing.drift import Found, Used
from approvals.standing.scoped import Ground, Searched, beside, ground


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A resource whose policy could not be read, and why, as Google or this service says it; or else how so.

    `late`: not in time. Of a scope: `nobody` asks for it here, there are more `projects` than are searched, or
    `bindings` than are gone through, which were `count`.
    """

    resource: str
    error: CountersignError | None
    how: Literal["late", "nobody", "projects", "bindings"] = "late"
    count: int = 0


class Means(Protocol):
    """What searching takes. `wait` is in seconds."""

    @property
    def catalog(self) -> Catalog | None: ...
    @property
    def wait(self) -> float: ...
    @property
    def listed(self) -> int: ...
    def installation(self) -> Installation: ...


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found. `ours` are places where something says that it is of this installation."""

    found: tuple[Found, ...] = ()
    ours: frozenset[str] = frozenset()
    places: int = 0
    unread: tuple[Unread, ...] = ()


def surveyed(
    policy: Policy, catalog: Catalog | None, *, offered: Mapping[str, frozenset[str]], timeout: float
) -> tuple[Ground | None, tuple[Unread, ...]]:
    """How the scope of the policy's source lies, or why that cannot be known. Nothing without a source.

    `offered` are the roles that the policy's file offers, by resource; `timeout` is in seconds.
    """
    source = policy.source
    if source is None:
        return None, ()
    if catalog is None:
        return None, (Unread(resource=source.scope, error=None, how="nobody"),)
    try:
        listing = catalog.listing(source.scope, query=source.query, timeout=timeout)
    except (NotFound, Unavailable) as error:
        return None, (Unread(resource=source.scope, error=error),)
    cut = Unread(resource=source.scope, error=None, how="projects")
    return ground(listing, scope=source.scope, offered=offered), (cut,) if listing.cut else ()


def searched(policy: Policy, means: Means, ground: Ground | None, *, used: Used, now: datetime) -> Scope:
    """What stands in the scope; what came before an answer that did not come is told."""
    if policy.source is None or ground is None or means.catalog is None:
        return Scope()
    place = policy.source.scope
    so_far = _SoFar(means.installation().instance)
    unread: tuple[Unread, ...] = ()
    try:
        for attached in means.catalog.standing(place, timeout=means.wait):
            if so_far.read > means.listed:
                unread = (Unread(resource=place, error=None, how="bindings", count=so_far.read),)
                break
            so_far.take(Searched.of(attached, ground), ground, used=used, now=now)
    except (NotFound, Unavailable) as error:
        unread = (Unread(resource=place, error=error),)
    return Scope(found=tuple(so_far.found), ours=frozenset(so_far.ours), places=so_far.places, unread=unread)


class _SoFar:
    """What was searched until now. `read` counts bindings, member by member."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self.found: list[Found] = []
        self.ours: set[str] = set()
        self.places = self.read = 0

    def take(self, here: Searched, ground: Ground, *, used: Used, now: datetime) -> None:
        self.places += 1
        self.read += len(here.bindings)
        if here.names(self._instance):
            self.ours.add(here.resource)
        self.found += beside(here, ground, used=used, now=now)
