"""Calling people to a drill: each is called once, and their call shows when they have answered or it is over.

Who dies between calling somebody and noting it calls them once more: nobody is to be missed for want of a call.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals import drilling, drills
from approvals.drills import Drill
from approvals.ports.store import Guards, Lease, Work
from approvals.reconcile.sending import SEND, Mark, attempt, is_late
from approvals.reconcile.ways import MessageRouter
from countersign_client import shapes


class Call(Mark, frozen=True, kw_only=True):
    """What was sent to one person. `drawn`: it shows what came of it."""

    drawn: bool = False


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of one drill, by person."""

    v: int = 1
    people: Mapping[str, Call] = {}

    def of(self, person: str) -> Call:
        return self.people.get(person, Call())

    def having(self, person: str, call: Call) -> "Calls":
        return msgspec.structs.replace(self, people={**self.people, person: call})


class DrillWorkStore(Guards, Work, Protocol):
    """The part of a store that calling needs."""


def calls(store: Work, drill: Drill) -> Calls:
    """What was sent so far, as whoever looks at a drill reads it."""
    return _decoded(store.recorded(drills.subject(drill)))


class DrillWorker:
    """Calls people by the first channel that can."""

    def __init__(self, *, store: DrillWorkStore, router: MessageRouter, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._router = router
        self._clock = clock

    def __call__(self, lease: Lease) -> datetime | None:
        """Make the calls that are due, and say when the next one is. Raises what the store does."""
        drill = drilling.read(self._store)
        if drill is None or drills.subject(drill) != lease.subject:
            return None
        sent = _decoded(lease.body)
        for person in drill.people:
            if is_late(lease, now=self._clock()):
                return self._clock()
            call = self._brought(drill, person, sent.of(person))
            if call != sent.of(person):
                sent = sent.having(person, call)
                lease = self._store.save(lease, msgspec.json.encode(sent))
        return self._next(drill, sent)

    def _brought(self, drill: Drill, person: str, call: Call) -> Call:
        """The call after what is due of it was tried."""
        now = self._clock()
        if call.waits(now) or not _owed(drill, person, call, now):
            return call

        def send() -> Call:
            if call.posted is None:
                return Call(posted=self._router.call(drill, person, timeout=SEND))
            self._router.recall(call.posted, drill, person, timeout=SEND)
            return msgspec.structs.replace(call, drawn=True)

        return attempt(call, send, failed=f"{drill.id}: {person} was not called", clock=self._clock)

    def _next(self, drill: Drill, sent: Calls) -> datetime | None:
        """When something is due again: a call that failed, or the end. Nothing is tried for ever after that."""
        now = self._clock()
        if now >= drill.until + timedelta(hours=1):
            return None
        calls = [(person, sent.of(person)) for person in drill.people]
        # What has come due while others were called is seen to at once.
        again = [call.next or now for person, call in calls if _owed(drill, person, call, now)]
        stands = any(call.posted and not call.drawn and not call.trouble for _, call in calls)
        return min([*again, *([drill.until] if stands and now < drill.until else [])], default=None)


def _owed(drill: Drill, person: str, call: Call, now: datetime) -> bool:
    """Something is still to be done: one that stands is drawn anew once it is closed, and none is sent then."""
    closed = drill.answer(person) is not None or now >= drill.until
    return not call.trouble and not call.drawn and closed == (call.posted is not None)


def _decoded(body: bytes) -> Calls:
    return shapes.decode(body, Calls) if body else Calls()
