"""Telling other programs of what happens: by the chains, at least once each, and never in the way of anything.

One event that is refused holds up no other: it is found by halving, set aside, and tried again each hour. Where
more than a few of a chain are refused it is the topic that is wrong, and the chain waits.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.chains import Audit
from approvals.ids import event_chain, event_subject
from approvals.ports.announcers import Events
from approvals.ports.store import Lease, Reads, Work
from approvals.reconcile.backoff import again_in, backoff
from approvals.refusals.errors import NotSent, NotTaken, Unavailable
from approvals.requests import Request
from approvals.telling.events import event
from countersign_client import shapes
from countersign_client.chain import Entry

TIMEOUT = 5.0
"""Seconds that telling may take."""

BATCH = 100
"""Entries that are told at once at most."""

FRESH = timedelta(days=1)
"""Of what was longer ago when telling was switched on nothing is told."""

ASIDE = 20
"""Entries of one chain that are set aside at most."""

AGAIN = timedelta(hours=1)
"""After which what was set aside is tried once more."""

_EACH = timedelta(minutes=1)
"""How often the installation's chain is looked at: no commit wakes anything for it."""

_SOON = timedelta(seconds=1)
_REST = timedelta(seconds=2 * TIMEOUT)
_LONGEST = 300
_log = logging.getLogger(__name__)


class EventStore(Reads, Work, Audit, Protocol):
    """The part of a store that telling needs."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How far one chain is told, and how often it was tried in vain since.

    `since` is kept with the installation's: what was before it is passed over, in every chain. `most` entries are
    told at once next. `aside` are the numbers of those that were refused, which are tried once more at `again`.
    """

    v: int = 1
    seq: int = 0
    tries: int = 0
    since: datetime | None = None
    most: int = BATCH
    aside: tuple[int, ...] = ()
    again: datetime | None = None


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
        telling = _Telling(self._store, self._events, chain, since=since)
        return self._told(telling, lease, before, until=lease.until - _REST)

    def _told(self, telling: "_Telling", lease: Lease, before: Told, *, until: datetime) -> datetime | None:
        """Tell as much as there is time for, and keep after each batch how far it is told."""
        after, more = before, True
        while more and self._clock() < until:
            after, more = self._tell(telling, before)
            lease, before = self._kept(lease, before, after), after
        if after.again is not None and after.again <= self._clock():
            after = self._once_more(telling, after, until=until)
            self._kept(lease, before, after)
        return self._clock() if more else self._next(telling, after)

    def _kept(self, lease: Lease, before: Told, after: Told) -> Lease:
        return lease if after == before else self._store.save(lease, msgspec.json.encode(after))

    def _next(self, telling: "_Telling", after: Told) -> datetime | None:
        due = self._clock() + (telling.wait or backoff(after.tries)) if after.tries else None
        if due is None and not telling.woken:
            due = self._clock() + _EACH
        return min((each for each in (due, after.again) if each is not None), default=None)

    def _tell(self, telling: "_Telling", before: Told) -> tuple[Told, bool]:
        """What is told then, and whether there may be more."""
        entries = telling.after(before.seq, limit=before.most)
        if not entries:
            return msgspec.structs.replace(before, tries=0, most=BATCH), False
        try:
            telling(entries)
        except Unavailable as error:
            _log.log(_loudly(error), "events of %s wait: %s", telling.name, _said(error))
            telling.wait = again_in(before.tries + 1, error)
            return msgspec.structs.replace(before, tries=before.tries + 1), False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one of them, the others are told
            return self._refused(telling, before, entries, error)
        more = len(entries) == before.most
        return msgspec.structs.replace(before, seq=entries[-1].seq, tries=0, most=BATCH), more

    def _refused(
        self, telling: "_Telling", before: Told, entries: Sequence[Entry], error: Exception
    ) -> tuple[Told, bool]:
        """Tell fewer at once, until it is one alone that is refused: that one is set aside."""
        if len(entries) > 1:
            return msgspec.structs.replace(before, most=len(entries) // 2, tries=0), True
        seq = entries[0].seq
        if len(before.aside) >= ASIDE:
            _log.error(
                "%d events of %s are refused, and those after them wait: %s", ASIDE, telling.name, _said(error)
            )
            return msgspec.structs.replace(before, tries=before.tries + 1), False
        _log.error(
            "event %d of %s is refused and set aside, those after it are told: %s", seq, telling.name, _said(error)
        )
        aside, again = (*before.aside, seq), before.again or self._clock() + AGAIN
        return Told(since=before.since, seq=seq, aside=aside, again=again), True

    def _once_more(self, telling: "_Telling", before: Told, *, until: datetime) -> Told:
        """Try what was set aside, each by itself. What there was no time for goes first the next time."""
        waiting, refused = list(before.aside), list[int]()
        while waiting and self._clock() < until:
            try:
                telling(telling.after(waiting[0] - 1, limit=1))
            except Unavailable as error:
                _log.log(_loudly(error), "events of %s that were set aside wait: %s", telling.name, _said(error))
                break
            except Exception as error:  # noqa: BLE001 - it stays where it is, whatever is wrong with it
                _log.error("event %d of %s is refused again: %s", waiting[0], telling.name, _said(error))
                refused.append(waiting[0])
            waiting.pop(0)
        aside = (*waiting, *refused)
        return msgspec.structs.replace(before, aside=aside, again=self._clock() + AGAIN if aside else None)


class _Telling:
    """Tells entries of one chain. What was before `since` is passed over. `wait`: how long nobody takes any."""

    def __init__(self, store: EventStore, events: Events, chain: str, *, since: datetime) -> None:
        self._store, self._events, self._chain, self._since = store, events, chain, since
        self._request: Request | None = None
        self.wait: timedelta | None = None
        self.name, self.woken = chain or "the installation", bool(chain)

    def after(self, seq: int, *, limit: int) -> Sequence[Entry]:
        """The entries after this one, with the request that they are of. Raises what the store does."""
        found = self._store.entries_after(self._chain, seq=seq, limit=limit)
        if found and self._chain and self._request is None:
            self._request = self._store.request(self._chain)
        return found

    def __call__(self, entries: Sequence[Entry]) -> None:
        """Raises `Unavailable` where nobody took them, anything else where something is wrong with one of them."""
        fresh = [each for each in entries if datetime.fromisoformat(each.at) >= self._since]
        found = [made for each in fresh if (made := event(each, self._request)) is not None]
        if found:
            self._events.publish(found, timeout=TIMEOUT)


def _loudly(error: Unavailable) -> int:
    """A topic that rests was not tried: whoever has tried it has said so."""
    return logging.DEBUG if isinstance(error, NotSent) else logging.WARNING


def _said(error: Exception) -> str:
    known = isinstance(error, Unavailable | NotTaken)
    return f"{'' if known else f'{type(error).__name__}: '}{error}"[:_LONGEST]
