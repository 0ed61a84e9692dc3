"""Looking what was done with access, once it is over: twice, since logs lag, and in nobody's way."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.deeds import Deeds, Place, Stay, Trouble, beginning, counted, next_look, recorded, stays
from approvals.ids import deeds_request, request_subject
from approvals.ports.logs import AuditLogs
from approvals.ports.store import Lease, Reads, Work
from approvals.reconcile.backoff import again_in
from approvals.reconcile.switched_off import LATER
from approvals.refusals.errors import NotFound, Unavailable
from approvals.requests import Request

TIMEOUT = 10.0
"""Seconds that one resource may take, and half of that for the roles there."""

_TRIES = 12
"""Within half an hour: then it is told that nobody answered."""

_SHARES = {_TRIES - 3: 4, _TRIES - 2: 16, _TRIES - 1: 64}
"""After so many tries of which nothing was heard, the part of the access that is looked through.

A long window with much that is logged in it may be more than Google goes through in the time.
"""

_GIVEN_UP = timedelta(days=1)
"""So long after its time a look is still made, where looking is switched on again."""

_REST = timedelta(seconds=16)
_log = logging.getLogger(__name__)


class DeedsStore(Reads, Work, Protocol):
    """The part of a store that looking back needs."""


class DeedsWorker:
    """Works on `deeds:ID`. Without `logs` it looks at nothing, and erases what was found before."""

    def __init__(self, *, store: DeedsStore, logs: AuditLogs | None, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock

    def __call__(self, lease: Lease) -> datetime | None:
        """Look when it is time, and say when it is next. Raises what the store does."""
        request, kept = self._store.request(deeds_request(lease.subject)), recorded(lease.body)
        if request.erased is not None:
            if lease.body:
                self._store.save(lease, b"")
            return None
        due = next_look(request, kept)
        if due is None or self._clock() < due:
            if kept.looks:
                # Whoever died just after a look had nobody told of it.
                self._store.wake(request_subject(request.id), due=self._clock())
            return due
        if self._logs is None:
            return self._clock() + LATER if self._clock() < due + _GIVEN_UP else None
        if kept.again is not None and self._clock() < kept.again:
            return kept.again  # what wakes this meanwhile is no answer
        return self._kept(self._looked(self._logs, request, kept, lease), request, lease)

    def _kept(self, after: Deeds, request: Request, lease: Lease) -> datetime | None:
        self._store.save(lease, msgspec.json.encode(after))
        if after.again is not None:
            return after.again
        self._store.wake(request_subject(request.id), due=self._clock())
        return next_look(request, after)

    def _looked(self, logs: AuditLogs, request: Request, kept: Deeds, lease: Lease) -> Deeds:
        """Go on with a look: it is over, or goes on at once, or when whoever did not answer is asked again."""
        found, silent = {each.resource: each for each in kept.found}, None
        for stay in _in_turn([each for each in stays(request) if each.resource not in found], kept.tries):
            if self._clock() > lease.until - _REST:
                break
            try:
                part = _part(stay, kept)
                found[stay.resource] = self._place(logs, request.requester, part, whole=part == stay)
            except Unavailable as error:
                silent = error
                _log.warning("%s: what was done with it is not known yet: %s", request.id, error)
        if silent is not None:
            again = self._clock() + again_in(kept.tries + 1, silent)
            return _in_vain(request, kept, found, again=again, slow=not silent.retry_after)
        if all(each.resource in found for each in stays(request)):
            return Deeds(looks=kept.looks + 1, places=tuple(found[each.resource] for each in stays(request)))
        return msgspec.structs.replace(kept, found=tuple(found.values()), again=self._clock())

    def _place(self, logs: AuditLogs, person: str, stay: Stay, *, whole: bool) -> Place:
        try:
            found = logs.of(person, stay, timeout=TIMEOUT)
        except NotFound as error:
            _log.warning("%s", error)
            trouble: Trouble = "forbidden" if isinstance(error.__cause__, PermissionError) else "missing"
            return Place(resource=stay.resource, trouble=trouble)
        each = TIMEOUT / 2 / max(len(stay.roles), 1)
        roles = [(role, logs.included(role, timeout=each)) for role in stay.roles]
        first = 0 if whole else int((stay.end - stay.start).total_seconds())
        return counted(
            stay, found.entries, roles, cut=found.cut, first=first, below=found.below, beyond=found.beyond
        )


def _part(stay: Stay, kept: Deeds) -> Stay:
    """What of it to look through: in the last tries less and less, unless an earlier look has told of it."""
    share = _SHARES.get(kept.slow, 1)
    return stay if share == 1 or kept.has(stay.resource) else beginning(stay, share=share)


def _in_turn(waiting: Sequence[Stay], tries: int) -> Sequence[Stay]:
    """Each is first at some try: one that takes all the time and says nothing keeps no other from being asked."""
    first = tries % len(waiting) if waiting else 0
    return (*waiting[first:], *waiting[:first])


def _in_vain(request: Request, kept: Deeds, found: dict[str, Place], *, again: datetime, slow: bool) -> Deeds:
    """One more try, or after many of them the end of this look: what was found before stays."""
    if kept.tries + 1 < _TRIES:
        counts = {"tries": kept.tries + 1, "slow": kept.slow + slow}
        return msgspec.structs.replace(kept, **counts, found=tuple(found.values()), again=again)
    known = {each.resource: each for each in kept.places} | found
    silent = (
        known.get(each.resource, Place(resource=each.resource, trouble="unanswered")) for each in stays(request)
    )
    return Deeds(looks=kept.looks + 1, places=tuple(silent))
