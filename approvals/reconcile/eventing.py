"""Telling other programs of what happens: by the chains, at least once each, and never in the way of anything."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.chains import Audit
from approvals.errors import Unavailable
from approvals.events import event
from approvals.ids import event_chain, event_subject
from approvals.ports.announcers import Events
from approvals.ports.store import Lease, Reads, Work
from approvals.reconcile.backoff import backoff
from countersign_client import shapes

TIMEOUT = 5.0
"""Seconds that telling may take."""

BATCH = 100
"""Entries that are told at once at most."""

FRESH = timedelta(days=1)
"""Of what was longer ago when telling was switched on nothing is told."""

_EACH = timedelta(minutes=1)
"""How often the installation's chain is looked at: no commit wakes anything for it."""

_SOON = timedelta(seconds=1)
_LONGEST = 300
_log = logging.getLogger(__name__)


class EventStore(Reads, Work, Audit, Protocol):
    """The part of a store that telling needs."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How far one chain is told, and how often it was tried in vain since.

    `since` is kept with the installation's: what was before it is passed over, in every chain.
    """

    v: int = 1
    seq: int = 0
    tries: int = 0
    since: datetime | None = None


def told(body: bytes) -> Told:
    """What was recorded of a chain. Raises `msgspec.MsgspecError`."""
    return shapes.decode(body, Told) if body else Told()


class EventWorker:
    """Works on `event:ID`, and on `event:` for the installation, which it looks at each minute."""

    def __init__(self, *, store: EventStore, events: Events, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._events = events
        self._clock = clock

    def standing(self) -> str:
        return event_subject("")

    def __call__(self, lease: Lease) -> datetime | None:
        """Tell a batch of what is not told yet, and say when to look again. Raises what the store does."""
        chain, before = event_chain(lease.subject), told(lease.body)
        if not chain and before.since is None:
            before = msgspec.structs.replace(before, since=self._clock() - FRESH)
            lease = self._store.save(lease, msgspec.json.encode(before))
        since = before.since or told(self._store.recorded(event_subject(""))).since
        if since is None:
            return self._clock() + _SOON
        after, more = self._tell(chain, before, since=since)
        if after != before:
            self._store.save(lease, msgspec.json.encode(after))
        if after.tries:
            return self._clock() + backoff(after.tries)
        if more:
            return self._clock()
        return None if chain else self._clock() + _EACH

    def _tell(self, chain: str, before: Told, *, since: datetime) -> tuple[Told, bool]:
        """What is told then, and whether there may be more."""
        entries = self._store.entries_after(chain, seq=before.seq, limit=BATCH)
        if not entries:
            return msgspec.structs.replace(before, tries=0), False
        request = self._store.request(chain) if chain else None
        fresh = [each for each in entries if datetime.fromisoformat(each.at) >= since]
        found = [made for each in fresh if (made := event(each, request)) is not None]
        try:
            if found:
                self._events.publish(found, timeout=TIMEOUT)
        except Exception as error:  # noqa: BLE001 - whatever stands in the way, it is told later
            said = f"{'' if isinstance(error, Unavailable) else f'{type(error).__name__}: '}{error}"[:_LONGEST]
            _log.warning("%d events of %s wait: %s", len(found), chain or "the installation", said)
            return msgspec.structs.replace(before, tries=before.tries + 1), False
        return msgspec.structs.replace(before, seq=entries[-1].seq, tries=0), len(entries) == BATCH
