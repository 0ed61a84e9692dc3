"""Delegates are told, once, that they stand in and that they no longer do, and what waits is looked at then.

What is so now is compared with what this work has seen, so that nothing is missed: not what another process began
or ended, nor what happened just before one died. Who dies between sending and noting it tells somebody twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.absences import SUBJECT
from approvals.ids import request_subject
from approvals.judging.cases import Cases
from approvals.people.standins import Absence
from approvals.ports.messages import ToPerson
from approvals.ports.store import Lease, Reads, Work
from approvals.reconcile.sending import SEND, Mark, attempt, is_late
from approvals.reconcile.ways import MessageRouter
from approvals.telling.news import StandsIn, StandsInNoMore
from countersign_client import shapes

PERIOD = timedelta(seconds=60)
"""How often it is looked at what nothing woke, such as another policy."""

LOOKED = 1_000
"""Requests that are looked at when somebody leaves or is back: the oldest that wait. Others are in time."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An absence as it was seen last."""

    delegate: str
    until: datetime


class Owed(Mark, frozen=True, kw_only=True):
    """A message that is still to be sent."""

    to: str
    news: StandsIn | StandsInNoMore


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen, by who is away, and what is owed, the oldest first."""

    v: int = 1
    seen: Mapping[str, Seen] = {}
    owed: tuple[Owed, ...] = ()


class AbsencesStore(Reads, Work, Protocol):
    """The part of a store that this work needs."""


class StandingInWorker:
    """Looks at who is away."""

    def __init__(
        self, *, store: AbsencesStore, cases: Cases, router: MessageRouter, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._cases = cases
        self._router = router
        self._clock = clock

    def standing(self) -> str:
        """The subject that is never done."""
        return SUBJECT

    def __call__(self, lease: Lease) -> datetime | None:
        """Note what has changed, have what waits looked at, and tell whom it concerns."""
        now = self._clock()
        lasting = {each.person: each for each in self._cases.standins(now=now).absences}
        before = _decoded(lease.body)
        book = _moved(before, lasting, now)
        if book.seen != before.seen:
            self._look_again(now)
        if book != before:
            # What is owed is noted before anything is sent, and after what waits was woken: neither gets lost.
            lease = self._store.save(lease, msgspec.json.encode(book))
        for owed in book.owed:
            if is_late(lease, now=self._clock()):
                return self._clock()
            after = self._told(owed)
            if after != (owed,):
                others = tuple(each for each in book.owed if each != owed)
                book = msgspec.structs.replace(book, owed=(*others, *after))
                lease = self._store.save(lease, msgspec.json.encode(book))
        return self._next(book)

    def _told(self, owed: Owed) -> tuple[Owed, ...]:
        """Tell it, and return what is owed of it after that: nothing once it was sent, or never can be."""
        now = self._clock()
        if owed.news.until <= now:
            return ()
        if owed.waits(now):
            return (owed,)

        def send() -> Owed:
            posted = self._router.tell(owed.news, ToPerson(owed.to), timeout=SEND)
            return msgspec.structs.replace(owed, posted=posted)

        after = attempt(owed, send, failed=f"{owed.to} was not told for whom they stand in", clock=self._clock)
        return () if after.settled else (after,)

    def _next(self, book: Book) -> datetime:
        now = self._clock()
        again = [each.next for each in book.owed if each.next is not None]
        ends = [each.until for each in book.seen.values()]
        return max(now, min([*again, *ends, now + PERIOD]))

    def _look_again(self, now: datetime) -> None:
        for request in self._store.pending(limit=LOOKED):
            self._store.wake(request_subject(request.id), due=now)


def _moved(book: Book, lasting: Mapping[str, Absence], now: datetime) -> Book:
    """The book after what has begun, was changed or is over."""
    seen = {person: Seen(delegate=each.delegate, until=each.until) for person, each in lasting.items()}
    owed = book.owed
    for person, was in book.seen.items():
        at_its_time = was.until <= now
        is_other = person not in seen or seen[person].delegate != was.delegate
        if is_other and not at_its_time:
            owed = _owing(owed, Owed(to=was.delegate, news=StandsInNoMore(person=person, until=was.until, at=now)))
    for person, each in seen.items():
        if book.seen.get(person) != each:
            owed = _owing(
                owed,
                Owed(to=each.delegate, news=StandsIn(person=person, until=each.until, at=lasting[person].since)),
            )
    return Book(seen=seen, owed=owed)


def _owing(owed: tuple[Owed, ...], more: Owed) -> tuple[Owed, ...]:
    """With one more, in the place of what the same reader was to be told of the same person and was not yet."""
    about = (more.to, more.news.person)
    return (*(each for each in owed if (each.to, each.news.person) != about), more)


def _decoded(body: bytes) -> Book:
    return shapes.decode(body, Book) if body else Book()
