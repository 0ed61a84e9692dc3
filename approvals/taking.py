"""Taking what somebody has open, because of what became of their account or their session."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from approvals import transitions
from approvals.again import again
from approvals.grants import Gone
from approvals.ports.store import Reads, Requests
from approvals.requests import Request, allows, lives, undecided

_ATTEMPTS = 5


class TakingStore(Requests, Reads, Protocol):
    """The part of a store that it needs."""


def take(store: TakingStore, found: Iterable[Request], *, cause: Gone, now: datetime) -> Iterator[Request]:
    """Withdraw what waits of these, and take away what lives or can be used; each that was changed, once it is.

    Each is one commit, and one that has nothing open by then stays as it is. Raises `Conflict` where one changes
    too fast.
    """
    for name in dict.fromkeys(each.id for each in found):
        taken = _taken(store, name, cause=cause, now=now)
        if taken is not None:
            yield taken


def _taken(store: TakingStore, request_id: str, *, cause: Gone, now: datetime) -> Request | None:
    def once() -> Request | None:
        request = store.request(request_id)
        if not (undecided(request) or lives(request) or allows(request)):
            return None
        change = transitions.leave(request, cause=cause, now=now)
        store.commit(change)
        return change.request

    return again(once, attempts=_ATTEMPTS, changing=f"request {request_id}")
