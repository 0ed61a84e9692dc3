"""Searching the scope of a policy's source for what drifted there, as far as Asset Inventory tells, in time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from approvals.drift import Found, Used
from approvals.errors import CountersignError, NotFound, Unavailable
from approvals.policy.model import Policy
from approvals.ports.catalog import Catalog
from approvals.ports.store import Installation
from approvals.scoped import Ground, Searched, beside, ground


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A resource whose policy could not be read, and why, as Google or this service says it."""

    resource: str
    error: CountersignError | None


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
        return None, _unread(policy, "nobody asks Asset Inventory here")
    try:
        listing = catalog.listing(source.scope, query=source.query, timeout=timeout)
    except (NotFound, Unavailable) as error:
        return None, (Unread(resource=source.scope, error=error),)
    cut = _unread(policy, "there are more projects than are searched") if listing.cut else ()
    return ground(listing, scope=source.scope, offered=offered), cut


def searched(policy: Policy, means: Means, ground: Ground | None, *, used: Used, now: datetime) -> Scope:
    """What stands in the scope; what came before an answer that did not come is told."""
    if policy.source is None or ground is None or means.catalog is None:
        return Scope()
    so_far = _SoFar(means.installation().instance)
    unread: tuple[Unread, ...] = ()
    try:
        for attached in means.catalog.standing(policy.source.scope, timeout=means.wait):
            if so_far.read > means.listed:
                unread = _unread(policy, f"of all bindings that stand there, {so_far.read} were looked at")
                break
            so_far.take(Searched.of(attached, ground), ground, used=used, now=now)
    except (NotFound, Unavailable) as error:
        unread = (Unread(resource=policy.source.scope, error=error),)
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


def _unread(policy: Policy, why: str) -> tuple[Unread, ...]:
    return (Unread(resource=policy.source.scope, error=Unavailable(why)),) if policy.source is not None else ()
