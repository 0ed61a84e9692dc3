"""Telling news: every room or person whom it concerns gets one message.

Who dies between sending one and noting it sends that one once more: nobody is to miss it.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from approvals.ports.messages import Recipient, ToPerson, ToRoom
from approvals.ports.store import Lease, Work
from approvals.reconcile.sending import SEND, Mark, attempt, is_late
from approvals.reconcile.ways import MessageRouter
from approvals.telling import news
from approvals.telling.news import Forced
from countersign_client import shapes

Source = Callable[[str], Forced | None]
"""Finds what is kept under a name; None where nothing is."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was sent of the news of one moment, by whom it went to."""

    v: int = 1
    at: datetime | None = None
    sent: Mapping[str, Mark] = {}

    def to(self, recipient: Recipient) -> Mark:
        return self.sent.get(str(recipient), Mark())

    def having(self, recipient: Recipient, sent: Mark) -> "Told":
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
            if is_late(lease, now=self._clock()):
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

    def _brought(self, found: Forced, to: Recipient, mark: Mark) -> Mark:
        if mark.settled or mark.waits(self._clock()):
            return mark

        def send() -> Mark:
            return Mark(posted=self._router.tell(found, to, timeout=SEND))

        return attempt(
            mark,
            send,
            failed=f"{to} was not told that a policy was forced",
            clock=self._clock,
            level=logging.ERROR,
        )

    def _next(self, found: Forced, told: Told) -> datetime | None:
        sent = [told.to(each) for each in self._recipients(found, told)]
        undone = [each for each in sent if not each.settled]
        return min((each.next or self._clock() for each in undone), default=None)


def _decoded(body: bytes) -> Told:
    return shapes.decode(body, Told) if body else Told()
