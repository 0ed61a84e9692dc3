"""Telling news: every room or person whom it concerns gets one message, and nobody gets a second one."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from approvals import news
from approvals.errors import Unavailable
from approvals.news import Forced
from approvals.ports.messages import ChannelError, Posted, Recipient, ToPerson, ToRoom
from approvals.ports.store import Lease, Work
from approvals.reconcile.backoff import backoff
from approvals.reconcile.ways import MessageRouter
from countersign_client import shapes

_POST = 5.0
"""Seconds for each message."""

_REST = timedelta(seconds=10)
"""So long before its lease is over a pass begins no further message."""

_log = logging.getLogger(__name__)

Source = Callable[[str], Forced | None]
"""Finds what is kept under a name; None where nothing is."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent to one room or person. `trouble` says why nothing ever will be."""

    posted: Posted | None = None
    trouble: str = ""
    tries: int = 0
    next: datetime | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was sent of the news of one moment, by whom it went to."""

    v: int = 1
    at: datetime | None = None
    sent: Mapping[str, Sent] = {}

    def to(self, recipient: Recipient) -> Sent:
        return self.sent.get(str(recipient), Sent())

    def having(self, recipient: Recipient, sent: Sent) -> "Told":
        return msgspec.structs.replace(self, sent={**self.sent, str(recipient): sent})


class NewsWorker:
    """Tells what its sources have, each by the name that stands in a subject."""

    def __init__(
        self,
        *,
        store: Work,
        router: MessageRouter,
        sources: Mapping[str, Source],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._router = router
        self._sources = sources
        self._clock = clock

    def __call__(self, lease: Lease) -> datetime | None:
        """Send what is due, and say when more is. Raises what the store does."""
        source, name = news.named(lease.subject)
        find = self._sources.get(source)
        found = find(name) if find is not None else None
        if found is None:
            return None
        told = _decoded(lease.body)
        if told.at != found.at:
            told = Told(at=found.at)
        for recipient in self._recipients(found, told):
            if self._clock() > lease.until - _REST:
                return self._clock()
            sent = self._brought(found, recipient, told.to(recipient))
            if sent != told.to(recipient):
                told = told.having(recipient, sent)
                lease = self._store.save(lease, msgspec.json.encode(told))
        return self._next(found, told)

    def _recipients(self, found: Forced, told: Told) -> list[Recipient]:
        """The rooms; where there is none, or one takes no message, the people one by one as well."""
        rooms = [ToRoom(each) for each in found.rooms]
        if not rooms or any(told.to(room).trouble for room in rooms):
            return [*rooms, *(ToPerson(each) for each in found.people)]
        return [*rooms]

    def _brought(self, found: Forced, to: Recipient, sent: Sent) -> Sent:
        waits = sent.next is not None and sent.next > self._clock()
        if waits or sent.trouble or sent.posted is not None:
            return sent
        try:
            return Sent(posted=self._router.tell(found, to, timeout=_POST))
        except ChannelError as error:
            _log.error("%s cannot be told: %s", to, error)
            return Sent(trouble=str(error))
        except Unavailable as error:
            tries = sent.tries + 1
            wait = max(backoff(tries), timedelta(seconds=error.retry_after))
            _log.info("%s was not told yet: %s", to, error)
            return Sent(tries=tries, next=self._clock() + wait)

    def _next(self, found: Forced, told: Told) -> datetime | None:
        sent = [told.to(each) for each in self._recipients(found, told)]
        undone = [each for each in sent if each.posted is None and not each.trouble]
        return min((each.next or self._clock() for each in undone), default=None)


def _decoded(body: bytes) -> Told:
    return shapes.decode(body, Told) if body else Told()
