"""Taking everything of one person or one entitlement: an operator's act at the machine, where nobody is asked."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from approvals import transitions
from approvals.again import again
from approvals.people.principals import IdentityRules, principal
from approvals.ports.store import Reads, Requests, Sought, Stretch
from approvals.requests import Request, allows, lives, undecided
from approvals.reviews import Typed
from approvals.uses.walking import stretches

_ATTEMPTS = 10


class RevokingStore(Requests, Reads, Protocol):
    """The part of a store that revoking needs."""


def revoke(
    store: RevokingStore, rules: IdentityRules, person: str, *, by: str, why: Typed | None, now: datetime
) -> Sequence[Request]:
    """End all access of one person under every address, and withdraw what waits; return what was changed.

    Whoever runs on this store removes the bindings. Raises `Refused` when `person` is no address, `Conflict`
    when a request changes too fast.
    """
    found = [request for address in addresses_of(rules, person) for request in store.open_of(address)]
    return [_revoked(store, each.id, by=by, why=why, now=now) for each in found if _has_something(each)]


def left(store: Reads, rules: IdentityRules, person: str) -> Sequence[str]:
    """The ids of what `revoke` leaves as it is, for the record cannot be read. Raises `Refused` like that."""
    return [each.request for address in addresses_of(rules, person) for each in store.damaged_of(address)]


def revoke_entitlement(
    store: RevokingStore, entitlement: str, *, by: str, why: Typed | None, now: datetime
) -> Sequence[Request]:
    """The same of everybody, for one entitlement or action by its id. Raises `Conflict` like `revoke`."""
    found = [each.id for part in _stretches(store, entitlement) for each in part.requests if _has_something(each)]
    return [_revoked(store, each, by=by, why=why, now=now) for each in found]


class Remaining(NamedTuple):
    """What is left by ids: filed while the rest was revoked, and what cannot be read, whatever state it is in."""

    filed: Sequence[str]
    damaged: Sequence[str]


def remaining(store: Reads, entitlement: str) -> Remaining:
    """What still waits or gives access by an entitlement, or may, for its record cannot be read."""
    parts = list(_stretches(store, entitlement))
    return Remaining(
        filed=[each.id for part in parts for each in part.requests if _has_something(each)],
        damaged=[each.request for part in parts for each in part.damaged],
    )


def _stretches(store: Reads, entitlement: str) -> Iterator[Stretch]:
    return stretches(store, [Sought(entitlements=(entitlement,))])


def addresses_of(rules: IdentityRules, person: str) -> Collection[str]:
    """Every address of one person. Raises `Refused` when it is none."""
    return dict.fromkeys((*rules.addresses(rules.primary(person)), principal(person)))


def _has_something(request: Request) -> bool:
    """It waits, gives access or can be used; what only waits for its removal is left to that."""
    return undecided(request) or lives(request) or allows(request)


def _revoked(store: RevokingStore, request_id: str, *, by: str, why: Typed | None, now: datetime) -> Request:
    def revoked() -> Request:
        request = store.request(request_id)
        if not _has_something(request):
            return request
        change = transitions.revoke(request, by=by, why=why, now=now)
        store.commit(change)
        return change.request

    return again(revoked, attempts=_ATTEMPTS, changing=f"request {request_id}")
