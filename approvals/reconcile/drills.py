"""Calling people to a drill: each is called once, and their call shows when they have answered or it is over."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals import drilling, drills
from approvals.drills import Drill
from approvals.errors import Unavailable
from approvals.ports.messages import ChannelError, Posted
from approvals.ports.store import Guards, Lease, Work
from approvals.reconcile.backoff import backoff
from approvals.reconcile.ways import MessageRouter
from countersign_client import shapes

_CALL = 5.0
"""Seconds for each message."""

_REST = timedelta(seconds=10)
"""So long before its lease is over a pass begins no further call."""

_log = logging.getLogger(__name__)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent to one person. `trouble` says why it never will be. `drawn`: it shows what came of it."""

    posted: Posted | None = None
    trouble: str = ""
    drawn: bool = False
    tries: int = 0
    next: datetime | None = None


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
            if self._clock() > lease.until - _REST:
                return self._clock()
            call = self._brought(drill, person, sent.of(person))
            if call != sent.of(person):
                sent = sent.having(person, call)
                lease = self._store.save(lease, msgspec.json.encode(sent))
        return self._next(drill, sent)

    def _brought(self, drill: Drill, person: str, call: Call) -> Call:
        """The call after what is due of it was tried."""
        now = self._clock()
        waits = call.next is not None and call.next > now
        closed = drill.answer(person) is not None or now >= drill.until
        if waits or call.trouble or call.drawn or (call.posted is None and closed):
            return call
        if call.posted is not None and not closed:
            return call
        try:
            if call.posted is None:
                return Call(posted=self._router.call(drill, person, timeout=_CALL))
            self._router.recall(call.posted, drill, person, timeout=_CALL)
            return msgspec.structs.replace(call, drawn=True)
        except ChannelError as error:
            _log.warning("%s: %s cannot be called: %s", drill.id, person, error)
            return msgspec.structs.replace(call, trouble=str(error))
        except Unavailable as error:
            tries = call.tries + 1
            wait = max(backoff(tries), timedelta(seconds=error.retry_after))
            _log.info("%s: %s was not called yet: %s", drill.id, person, error)
            return msgspec.structs.replace(call, tries=tries, next=self._clock() + wait)

    def _next(self, drill: Drill, sent: Calls) -> datetime | None:
        """When something is due again: a call that failed, or the end. Nothing is tried for ever after that."""
        now = self._clock()
        if now >= drill.until + timedelta(hours=1):
            return None
        undone = [
            call
            for person in drill.people
            if not (call := sent.of(person)).trouble and not call.drawn and (call.posted or now < drill.until)
        ]
        later = [call.next for call in undone if call.next is not None and call.next > now]
        end = [drill.until] if undone and now < drill.until else []
        return min([*later, *end], default=None)


def _decoded(body: bytes) -> Calls:
    return shapes.decode(body, Calls) if body else Calls()
