"""Drift: looking at what stands in Google Cloud beside what was approved here, and taking away what is over."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec

from approvals.offers.iam_offers import project_of
from approvals.policy.model import Policy
from approvals.ports.catalog import Catalog
from approvals.ports.store import Installation, Sought, Span, Stretch
from approvals.ports.targets import Granter
from approvals.refusals.errors import CountersignError
from approvals.requests import Request, lives
from approvals.standing.drift import KINDS, UNUSED, Found, Used
from approvals.standing.scoped import Ground
from approvals.targets import joined_group, roles_of_iam
from approvals.uses.comparing import Compared, ComparedStore, Comparing, Group
from approvals.uses.searching import Unread, searched, surveyed
from approvals.uses.taking_out import TakingOut

PATIENCE = 6.0
"""Seconds that a page waits for all of them, which are read side by side."""

MOST = 5_000
"""Requests that a page goes through to see what is used, at most."""

LISTED = 20_000
"""Bindings that a page hears of from a search, at most."""

_STEP = 500


class DriftStore(ComparedStore, Protocol):
    """The part of a store that looking for drift needs."""

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, kind by kind. `covered` counts the resources of the policy file and those where access by
    what IAM offers lives or seems to; `removed` is what was taken away. `scope` is where all else was searched, in
    `searched` projects, folders and organizations with bindings; empty where the policy names no source.

    `groups` counts the groups that were to be looked at. `kept` are resources where something that is over could
    not be taken out, and why.

    `unused` is false where nobody can tell what was not used: the store is younger than that, or not all of its
    requests were gone through.
    """

    found: tuple[Found, ...]
    covered: int
    unread: tuple[Unread, ...] = ()
    removed: tuple[Found, ...] = ()
    kept: tuple[Unread, ...] = ()
    unused: bool = True
    scope: str = ""
    searched: int = 0
    groups: int = 0


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What looking takes. `wait` is in seconds, for all resources together, and for the search before them.

    `catalog` is searched where the policy names IAM as a source; None: nobody can. `most` bounds the requests that
    are gone through, `listed` the bindings that a search may bring.
    """

    store: DriftStore
    installation: Callable[[], Installation]
    granter: Granter
    executor: Executor
    catalog: Catalog | None = None
    wait: float = PATIENCE
    most: int = MOST
    listed: int = LISTED


def drift(policy: Policy, means: Means, *, now: datetime, taking_out: TakingOut | None = None) -> Drift:
    """Look at every resource and group that a policy covers, and search its source. What cannot be read hides
    nothing else.

    `taking_out`: take away what was provably ours and is over, and nothing else.
    """
    roles = _roles(policy)
    ground, silent = surveyed(policy, means.catalog, offered=roles, timeout=means.wait)
    past = _history(means, now, ground.above if ground is not None else {})
    scope = searched(policy, means, ground, used=past.used, now=now)
    places = {
        place: roles.get(place, frozenset()) | _offered(ground, place)
        for place in (*roles, *sorted(past.living | scope.ours))
    }
    groups = _groups(policy, past.groups)
    comparing = Comparing(
        store=means.store,
        granter=means.granter,
        instance=means.installation().instance,
        used=past.used,
        now=now,
        taking_out=taking_out,
    )
    looks = {place: partial(comparing.policy, place, places[place]) for place in places}
    looks |= {place: partial(comparing.group, place, groups[place]) for place in groups}
    compared, unread = _all(looks, means, whole=taking_out is not None)
    found = [each for here in compared.values() for each in here.found]
    found += [each for each in scope.found if each.resource not in places]
    found.sort(key=lambda each: (KINDS.index(each.kind), each.resource, each.role, each.member))
    return Drift(
        found=tuple(found),
        covered=len(places),
        groups=len(groups),
        unread=(*silent, *scope.unread, *unread),
        removed=tuple(each for here in compared.values() for each in here.removed),
        kept=tuple(Unread(resource=name, error=here.error) for name, here in compared.items() if here.error),
        unused=past.used.whole,
        scope=policy.source.scope if policy.source is not None else "",
        searched=scope.places,
    )


def _all(
    looks: Mapping[str, Callable[[], Compared]], means: Means, *, whole: bool
) -> tuple[Mapping[str, Compared], list[Unread]]:
    """What came of each, and what could not be read. `whole`: what was begun is waited for."""
    running = {place: means.executor.submit(look) for place, look in looks.items()}
    wait(running.values(), timeout=means.wait)
    begun = [future for future in running.values() if not future.cancel()]
    # What was begun may be taking something away: it is waited for, so that all of it is told.
    done, _ = wait(begun, timeout=None if whole else 0)
    compared: dict[str, Compared] = {}
    unread: list[Unread] = []
    for place, future in running.items():
        if future not in done:
            unread.append(Unread(resource=place, error=None))
            continue
        try:
            compared[place] = future.result()
        except CountersignError as error:
            unread.append(Unread(resource=place, error=error))
    return compared, unread


def _roles(policy: Policy) -> Mapping[str, frozenset[str]]:
    """The roles that the policy offers, by resource."""
    found: dict[str, set[str]] = {}
    for each in policy.entitlements.values():
        for target in roles_of_iam(each.targets):
            found.setdefault(target.resource, set()).update(target.roles)
    return {place: frozenset(roles) for place, roles in found.items()}


def _offered(ground: Ground | None, place: str) -> frozenset[str]:
    return ground.roles.get(place, frozenset()) if ground is not None else frozenset()


def _groups(policy: Policy, past: Mapping[str, Sequence[str]]) -> Mapping[str, Group]:
    """The groups that the policy lets people into, and those where they are by what it was."""
    longest: dict[str, timedelta] = {place: timedelta(0) for place in past}
    for each in policy.entitlements.values():
        if (joined := joined_group(each.targets)) is not None:
            most = policy.longest(each)
            if each.extend is not None:
                most = max(most, each.extend.max_total)
            longest[joined.resource] = max(most, longest.get(joined.resource, most))
    return {place: Group(past=past.get(place, ()), longest=most) for place, most in longest.items()}


class _Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests of the last `UNUSED` tell: what was used, where access lives by what IAM offered, and by
    group the requests for it whose time is not over, newest first.
    """

    used: Used
    living: frozenset[str]
    groups: Mapping[str, Sequence[str]]


def _history(means: Means, now: datetime, above: Mapping[str, Sequence[str]]) -> _Past:
    """Not whole where the store is younger, or holds more than is read."""
    since = now - UNUSED
    grants: set[tuple[str, str, str]] = set()
    living: set[str] = set()
    groups: dict[str, list[str]] = {}
    span, left, whole = Span(since=since), means.most, means.installation().created <= since
    while left > 0:
        stretch = means.store.history([Sought(everything=True)], span=span, limit=min(left, _STEP))
        for request in stretch.requests:
            granted = _granted(request)
            grants.update(granted)
            if lives(request) and project_of(request.terms.entitlement):
                living.update(place for place, _, _ in granted)
            if (place := _entered(request, now)) is not None:
                groups.setdefault(place, []).append(request.id)
        left -= len(stretch.requests) + len(stretch.damaged)
        whole = whole and not stretch.damaged
        if stretch.last is None:
            break
        span = Span(since=since, before=stretch.last)
    else:
        whole = False
    used = Used(since=since, whole=whole, grants=grants, above=above)
    return _Past(used=used, living=frozenset(living), groups=groups)


def _entered(request: Request, now: datetime) -> str | None:
    """The group that a request let somebody into, for a time that is not over."""
    joined = joined_group(request.terms.targets)
    if joined is None or not any(grant.window.end > now for grant in request.grants):
        return None
    return joined.resource


def _granted(request: Request) -> list[tuple[str, str, str]]:
    if not request.grants:
        return []
    return [
        (target.resource, role, request.requester)
        for target in roles_of_iam(request.terms.targets)
        for role in target.roles
    ]
