"""A call of a tool that is asked for again: it finds the request that stands for it, and nobody is asked twice.

A mark leads from a digest of the call to its newest request, and is forgotten before any texts can be erased that
somebody could try against that digest. One request at most follows another: that is the key by which it is filed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.answers import MarksStore
from approvals.changes import Change, Mark
from approvals.ids import application_ref, is_request_id
from approvals.ports.store import Reads
from approvals.refusals.errors import NotFound, Unreadable
from approvals.requests import Request, is_over, undecided, usable
from approvals.uses.errands import Errand
from approvals.uses.windows import Windows
from countersign_client.canonical import digest


class RepeatsStore(Reads, MarksStore, Protocol):
    """The part of a store that repeats need."""


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a call. `stands` is the request that stands for it; else a new one is filed.

    `key` is what that is filed by where it follows another; empty where it is the first.
    """

    name: str
    stands: Request | None = None
    key: str = ""

    def noted(self, change: Change) -> Change:
        """The change that files it, so that a repeat finds it."""
        request = change.request
        until = request.terms.expires + max(request.terms.duration, _waits(request))
        mark = Mark(name=self.name, until=until, body=request.id.encode())
        gone = (self.name,) if self.key else ()
        return msgspec.structs.replace(change, marks=(*change.marks, mark), unmarks=(*change.unmarks, *gone))


class Repeats:
    """Finds what stands for a call. `generation` is the store's."""

    def __init__(self, *, store: RepeatsStore, generation: Callable[[], str], windows: Windows) -> None:
        self._windows = windows
        self._store = store
        self._generation = generation

    def of(self, errand: Errand, person: str, *, application: str, now: datetime) -> Repeat:
        """What is known of this call for this person. Raises `Unavailable`."""
        name = f"call:{application}:{_digest(errand, person)}"
        mark = self._store.mark(name)
        if mark is None:
            return Repeat(name=name)
        newest = mark.decode(errors="replace")
        earlier = self._request(newest)
        if earlier is not None and self._stands(earlier, now=now):
            return Repeat(name=name, stands=earlier)
        return Repeat(name=name, key=f"{application_ref(application)}:after:{newest}")

    def _request(self, name: str) -> Request | None:
        if not is_request_id(name):
            return None
        try:
            return self._store.request(name)
        except (NotFound, Unreadable):
            return None

    def _stands(self, request: Request, *, now: datetime) -> bool:
        """It waits, or is approved and can be used, or was denied a moment ago."""
        if undecided(request):
            return not is_over(request, now=now)
        if usable(request) and request.terms.within is not None and not self._windows.stands(request, now=now):
            return False
        if usable(request):
            return request.generation == self._generation() and request.use_by is not None and now < request.use_by
        denied = request.decision
        return denied is not None and denied.outcome == "denied" and now < denied.at + _waits(request)


def _waits(request: Request) -> timedelta:
    """How long it may wait for its decision, and how long a denial stands."""
    return request.terms.expires - request.filed


def _digest(errand: Errand, person: str) -> str:
    told = [[each.name, each.value] for each in sorted(errand.parameters, key=lambda each: each.name)]
    return digest({"action": errand.action, "person": person, "call": told})
