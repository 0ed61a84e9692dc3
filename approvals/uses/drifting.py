"""Drift: looking at what stands in Google Cloud beside what was approved here, and taking away what is over."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait
from datetime import datetime
from typing import Protocol

import msgspec

from approvals.cases import Cases
from approvals.claims import claims
from approvals.drift import KINDS, UNUSED, Found, Look, Records, Used, drifted, removable
from approvals.errors import CountersignError, NotFound, Unreadable
from approvals.iam_offers import project_of
from approvals.identities import Identity
from approvals.ids import binding_subject
from approvals.ledgers.ledger import decoded
from approvals.policy.model import Policy
from approvals.ports.catalog import Catalog
from approvals.ports.store import Installation, OnResource, Sought, Span, Stretch
from approvals.ports.targets import Granter
from approvals.requests import Request, lives
from approvals.scoped import Ground
from approvals.targets import roles_of_iam
from approvals.uses.administrators import administers, require_among
from approvals.uses.searching import Unread, searched, surveyed
from approvals.uses.taking_out import TakingOut

READ = 5.0
"""Seconds for reading one policy."""

PATIENCE = 6.0
"""Seconds that a page waits for all of them, which are read side by side."""

MOST = 5_000
"""Requests that a page goes through to see what is used, at most."""

LISTED = 20_000
"""Bindings that a page hears of from a search, at most."""

_STEP = 500


class DriftStore(Protocol):
    """The part of a store that looking for drift needs."""

    def on(self, resource: str) -> OnResource: ...
    def recorded(self, subject: str) -> bytes: ...
    def request(self, request_id: str) -> Request: ...
    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, kind by kind. `covered` counts the resources of the policy file and those where access by
    what IAM offers lives or seems to; `removed` is what was taken away. `scope` is where all else was searched, in
    `searched` projects, folders and organizations with bindings; empty where the policy names no source.

    `unused` is false where nobody can tell what was not used: the store is younger than that, or not all of its
    requests were gone through.
    """

    found: tuple[Found, ...]
    covered: int
    unread: tuple[Unread, ...] = ()
    removed: tuple[Found, ...] = ()
    unused: bool = True
    scope: str = ""
    searched: int = 0


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


class Drifting:
    """Shows administrators what drifted. Nothing is changed here. `means`: None where Google is not asked."""

    def __init__(self, *, cases: Cases, means: Means | None) -> None:
        self._cases = cases
        self._means = means

    def drift(self, identity: Identity, *, now: datetime) -> Drift:
        """Raises `NotFound` for everybody else, and `Unavailable` where who administers cannot be known now."""
        require_among(administers(self._cases, identity, now=now), "administrators")
        if self._means is None:
            raise NotFound("no Google Cloud is looked at here")
        return drift(self._cases.policy(), self._means, now=now)


def drift(policy: Policy, means: Means, *, now: datetime, taking_out: TakingOut | None = None) -> Drift:
    """Look at every resource that a policy covers, and search its source. What cannot be read hides nothing else.

    `taking_out`: take away what was provably ours and is over, and nothing else.
    """
    roles = _roles(policy)
    ground, silent = surveyed(policy, means.catalog, offered=roles, timeout=means.wait)
    above = ground.above if ground is not None else {}
    used, living = _history(means, now, above)
    scope = searched(policy, means, ground, used=used, now=now)
    places = {
        place: roles.get(place, frozenset()) | _offered(ground, place)
        for place in (*roles, *sorted(living | scope.ours))
    }
    looking = Looking(means=means, used=used, now=now, taking_out=taking_out)
    found, removed, unread = _all(looking, places)
    found += [each for each in scope.found if each.resource not in places]
    found.sort(key=lambda each: (KINDS.index(each.kind), each.resource, each.role, each.member))
    return Drift(
        found=tuple(found),
        covered=len(places),
        unread=(*silent, *scope.unread, *unread),
        removed=tuple(removed),
        unused=used.whole,
        scope=policy.source.scope if policy.source is not None else "",
        searched=scope.places,
    )


def _all(
    looking: "Looking", places: Mapping[str, frozenset[str]]
) -> tuple[list[Found], list[Found], list[Unread]]:
    """What was found, what was taken out, and what could not be read."""
    means = looking.means
    running = {place: means.executor.submit(looking.at, place, places[place]) for place in places}
    wait(running.values(), timeout=means.wait)
    begun = [future for future in running.values() if not future.cancel()]
    # What was begun may be taking something away: it is waited for, so that all of it is told.
    done, _ = wait(begun, timeout=None if looking.taking_out is not None else 0)
    found: list[Found] = []
    unread: list[Unread] = []
    removed: list[Found] = []
    for place, future in running.items():
        if future not in done:
            unread.append(Unread(resource=place, error=None))
            continue
        try:
            here, gone = future.result()
        except CountersignError as error:
            unread.append(Unread(resource=place, error=error))
        else:
            found += here
            removed += gone
    return found, removed, unread


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything."""

    means: Means
    used: Used
    now: datetime
    taking_out: TakingOut | None = None

    def at(self, place: str, roles: frozenset[str]) -> tuple[list[Found], list[Found]]:
        """What drifted in one policy, and what was taken out of it. Raises a `GranterError`."""
        look = self._look(place, roles, self.now)
        found = [*drifted(look)]
        if self.taking_out is None or not removable(look):
            return found, []
        over = self.taking_out.at(place, lambda now: self._look(place, roles, now))
        gone = {(each.role, each.member, each.expression) for each in over}
        left = [each for each in found if (each.role, each.member, each.condition) not in gone]
        return left, [each for each in found if each not in left]

    def _look(self, place: str, roles: frozenset[str], now: datetime) -> Look:
        """Read the policy, and then the records: what was ended in between is seen as ended."""
        snapshot = self.means.granter.read(place, timeout=READ, reason="countersign drift")
        held = self.means.store.on(place)
        ledger = decoded(self.means.store.recorded(binding_subject(place)))
        records = Records(
            instance=self.means.installation().instance,
            held=claims(held.requests, resource=place),
            ledger=frozenset(known.mark for known in ledger.known),
            request=lambda request: _request(self.means.store, request),
        )
        return Look(snapshot=snapshot, roles=roles, records=records, used=self.used, now=now)


def _request(store: DriftStore, request: str) -> Request | None:
    try:
        return store.request(request)
    except (NotFound, Unreadable):
        return None


def _roles(policy: Policy) -> Mapping[str, frozenset[str]]:
    """The roles that the policy offers, by resource."""
    found: dict[str, set[str]] = {}
    for each in policy.entitlements.values():
        for target in roles_of_iam(each.targets):
            found.setdefault(target.resource, set()).update(target.roles)
    return {place: frozenset(roles) for place, roles in found.items()}


def _offered(ground: Ground | None, place: str) -> frozenset[str]:
    return ground.roles.get(place, frozenset()) if ground is not None else frozenset()


def _history(means: Means, now: datetime, above: Mapping[str, Sequence[str]]) -> tuple[Used, frozenset[str]]:
    """Who got what in the last `UNUSED`, and where access lives by what IAM offered.

    Not whole where the store is younger, or holds more than is read.
    """
    since = now - UNUSED
    grants: set[tuple[str, str, str]] = set()
    living: set[str] = set()
    span, left, whole = Span(since=since), means.most, means.installation().created <= since
    while left > 0:
        stretch = means.store.history([Sought(everything=True)], span=span, limit=min(left, _STEP))
        for request in stretch.requests:
            granted = _granted(request)
            grants.update(granted)
            if lives(request) and project_of(request.terms.entitlement):
                living.update(place for place, _, _ in granted)
        left -= len(stretch.requests) + len(stretch.damaged)
        whole = whole and not stretch.damaged
        if stretch.last is None:
            break
        span = Span(since=since, before=stretch.last)
    else:
        whole = False
    return Used(since=since, whole=whole, grants=grants, above=above), frozenset(living)


def _granted(request: Request) -> list[tuple[str, str, str]]:
    if not request.grants:
        return []
    return [
        (target.resource, role, request.requester)
        for target in roles_of_iam(request.terms.targets)
        for role in target.roles
    ]
