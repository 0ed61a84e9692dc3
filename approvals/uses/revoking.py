"""Taking everything from one person: an operator's act at the machine, where nobody is asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from approvals import transitions
from approvals.again import again
from approvals.ports.store import Reads, Requests
from approvals.principals import IdentityRules, principal
from approvals.requests import Request, lives, undecided, usable
from approvals.reviews import Typed

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
    found = [request for address in _addresses(rules, person) for request in store.open_of(address)]
    return [_revoked(store, each.id, by=by, why=why, now=now) for each in found if _has_something(each)]


def left(store: Reads, rules: IdentityRules, person: str) -> Sequence[str]:
    """The ids of what `revoke` leaves as it is, for the record cannot be read. Raises `Refused` like that."""
    return [each.request for address in _addresses(rules, person) for each in store.damaged_of(address)]


def _addresses(rules: IdentityRules, person: str) -> Iterable[str]:
    return dict.fromkeys((*rules.addresses(rules.primary(person)), principal(person)))


def _has_something(request: Request) -> bool:
    """It waits, gives access or can be used; what only waits for its removal is left to that."""
    return undecided(request) or lives(request) or usable(request)


def _revoked(store: RevokingStore, request_id: str, *, by: str, why: Typed | None, now: datetime) -> Request:
    def revoked() -> Request:
        request = store.request(request_id)
        if not _has_something(request):
            return request
        change = transitions.revoke(request, by=by, why=why, now=now)
        store.commit(change)
        return change.request

    return again(revoked, attempts=_ATTEMPTS, changing=f"request {request_id}")
