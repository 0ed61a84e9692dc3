"""Drift: looking at what stands in Google Cloud beside what was approved here, and taking away what is over."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait
from datetime import datetime
from typing import Any, Protocol

import msgspec

from approvals.cases import Cases
from approvals.chaining import SERVICE
from approvals.claims import claims
from approvals.drift import KINDS, UNUSED, Found, Look, Records, Used, drifted, named_by, removable
from approvals.errors import CountersignError, NotFound, Unreadable
from approvals.identities import Identity
from approvals.ids import binding_subject
from approvals.ledgers.ledger import decoded
from approvals.policy.model import Policy
from approvals.ports.store import Installation, OnResource, Sought, Span, Stretch
from approvals.ports.targets import Binding, Granter, GranterError, Unsure
from approvals.requests import Request
from approvals.targets import roles_of_iam
from approvals.uses.administrators import administers, require_among

READ = 5.0
"""Seconds for reading one policy."""

PATIENCE = 6.0
"""Seconds that a page waits for all of them, which are read side by side."""

MOST = 5_000
"""Requests that a page goes through to see what is used, at most."""

REMOVING, REFUSED = "drift.removing", "drift.refused"
"""In the installation's chain: before a binding is taken out, and after a write that Google did not take."""

_STEP = 500


class DriftStore(Protocol):
    """The part of a store that looking for drift needs."""

    def on(self, resource: str) -> OnResource: ...
    def recorded(self, subject: str) -> bytes: ...
    def request(self, request_id: str) -> Request: ...
    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...
    def append(self, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]) -> object: ...


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A resource whose policy could not be read, and why, as Google or this service says it."""

    resource: str
    error: CountersignError | None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, kind by kind. `covered` are the resources of the policy; `removed` what was taken away.

    `unused` is false where nobody can tell what was not used: the store is younger than that, or not all of its
    requests were gone through.
    """

    found: tuple[Found, ...]
    covered: int
    unread: tuple[Unread, ...] = ()
    removed: tuple[Found, ...] = ()
    unused: bool = True


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What looking takes. `wait` is in seconds, for all resources together; `by` is who takes away."""

    store: DriftStore
    installation: Callable[[], Installation]
    granter: Granter
    executor: Executor
    wait: float = PATIENCE
    most: int = MOST
    by: str = SERVICE


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


def drift(policy: Policy, means: Means, *, now: datetime, remove: bool = False) -> Drift:
    """Look at every resource that a policy covers. One that cannot be read hides no other.

    `remove`: take away what was provably ours and is over, and nothing else.
    """
    roles = _roles(policy)
    looking = Looking(means=means, used=_used(means, now), now=now, remove=remove)
    running = {place: means.executor.submit(looking.at, place, roles[place]) for place in roles}
    wait(running.values(), timeout=means.wait)
    begun = [future for future in running.values() if not future.cancel()]
    # What was begun may be taking something away: it is waited for, so that all of it is told.
    done, _ = wait(begun, timeout=None if remove else 0)
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
    found.sort(key=lambda each: (KINDS.index(each.kind), each.resource, each.role, each.member))
    return Drift(
        found=tuple(found),
        covered=len(roles),
        unread=tuple(unread),
        removed=tuple(removed),
        unused=looking.used.whole,
    )


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything."""

    means: Means
    used: Used
    now: datetime
    remove: bool

    def at(self, place: str, roles: frozenset[str]) -> tuple[list[Found], list[Found]]:
        """What drifted in one policy, and what was taken out of it. Raises a `GranterError`."""
        look = self._look(place, roles)
        found, over = [*drifted(look)], removable(look) if self.remove else ()
        if not over:
            return found, []
        self._take(look, over)
        gone = {(each.role, each.member, each.expression) for each in over}
        left = [each for each in found if (each.role, each.member, each.condition) not in gone]
        return left, [each for each in found if each not in left]

    def _take(self, look: Look, over: Sequence[Binding]) -> None:
        """Take bindings out. Each is in the audit before: what Google's answer hides was meant to go."""
        for each in over:
            self._tell(REMOVING, _of_binding(each, look.snapshot.resource))
        try:
            self.means.granter.write(look.snapshot, remove=over, add=(), timeout=READ, reason="countersign drift")
        except GranterError as error:
            sure = not isinstance(error, Unsure)
            self._tell(REFUSED, {"resource": look.snapshot.resource, "bindings": len(over), "sure": sure})
            raise

    def _tell(self, action: str, detail: Mapping[str, Any]) -> None:
        self.means.store.append(at=self.now, actor=self.means.by, action=action, detail=detail)

    def _look(self, place: str, roles: frozenset[str]) -> Look:
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
        return Look(snapshot=snapshot, roles=roles, records=records, used=self.used, now=self.now)


def _of_binding(binding: Binding, resource: str) -> Mapping[str, str]:
    """What the audit keeps of a binding: with its condition it can be put back by hand."""
    return {
        "resource": resource,
        "role": binding.role,
        "member": binding.member,
        "condition": binding.expression,
        "request": named_by(binding),
    }


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


def _used(means: Means, now: datetime) -> Used:
    """Who got what in the last `UNUSED`; not whole where the store is younger, or holds more than is read."""
    since = now - UNUSED
    grants: set[tuple[str, str, str]] = set()
    span, left, whole = Span(since=since), means.most, means.installation().created <= since
    while whole:
        stretch = means.store.history([Sought(everything=True)], span=span, limit=min(left, _STEP))
        grants.update(each for request in stretch.requests for each in _granted(request))
        left -= len(stretch.requests) + len(stretch.damaged)
        whole = not stretch.damaged and (stretch.last is None or left > 0)
        if stretch.last is None:
            break
        span = Span(since=since, before=stretch.last)
    return Used(since=since, whole=whole, grants=frozenset(grants))


def _granted(request: Request) -> list[tuple[str, str, str]]:
    if not request.grants:
        return []
    return [
        (target.resource, role, request.requester)
        for target in roles_of_iam(request.terms.targets)
        for role in target.roles
    ]
