"""What the work on one resource's bindings has done outside, as it is recorded beside the requests."""

import zlib
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from approvals.access.bindings import Key, Mark, Wanted
from approvals.ledgers.trials import Trial
from countersign_client import shapes


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A binding that we wrote or were about to write, and the end of its window.

    `requests` are those whose grants it carried when it was read back; none while no read has shown it. Since
    `missed` reads lack it. It was refused `tries` times and is left alone until `next`.
    """

    mark: Mark
    end: datetime
    requests: tuple[str, ...] = ()
    missed: datetime | None = None
    tries: int = 0
    next: datetime | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A write that puts in `added` and takes out `replaced`, as far as no read has judged it yet.

    Until `deadline` it may still arrive, or a read may not show it yet; with none it cannot arrive any more. One
    that was `accepted` has arrived.
    """

    added: tuple[Mark, ...] = ()
    replaced: tuple[Mark, ...] = ()
    deadline: datetime | None = None
    accepted: bool = False

    def may_arrive(self, at: datetime) -> bool:
        """A read at that moment or later may be the first that shows it."""
        return self.deadline is not None and at < self.deadline

    def is_shown(self, present: Container[Mark]) -> bool:
        """It is known to have arrived, and a read shows it."""
        return self.accepted and all(mark in present for mark in self.added)


class Ledger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was done outside for everybody on one resource. `trial` seeks what of a refused write is to blame.

    `tries` counts how often in a row the resource itself could not be worked on.
    """

    v: int = 2
    known: tuple[Known, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    trial: Trial | None = None
    tries: int = 0

    def attempting(
        self, add: Mapping[Mark, datetime], remove: Mapping[Mark, datetime], *, now: datetime, shown: datetime
    ) -> "Ledger":
        """Record the intent of a write before it is sent: bindings, and the ends of their windows.

        From `shown` on every read shows what it put in, if it put in anything.
        """
        old = {known.mark for known in self.known}
        fresh = tuple(Known(mark=mark, end=end) for mark, end in {**remove, **add}.items() if mark not in old)
        attempt = Attempt(added=tuple(add), replaced=tuple(remove), deadline=shown)
        return msgspec.structs.replace(
            self, known=(*self.known, *fresh), attempts=(*_joined(self.attempts, now), attempt)
        )

    def accepted(self, *, shown: datetime) -> "Ledger":
        """The last attempt was accepted, and from `shown` on every read shows what it put in.

        It has used up the etag: none before it can arrive any more.
        """
        *before, last = self.attempts
        done = msgspec.structs.replace(last, deadline=shown, accepted=True) if last.added else _over(last)
        return msgspec.structs.replace(self, attempts=(*map(_over, before), done))

    def without_effect(self) -> "Ledger":
        """The last attempt had no effect and cannot arrive any more: unsent, refused, or without a change."""
        *before, last = self.attempts
        return msgspec.structs.replace(self, attempts=(*before, _over(last)))

    def arriving(self, at: datetime) -> frozenset[Key]:
        """The keys of which a write that may arrive at that time or later puts something in."""
        return frozenset(mark.key for each in self.attempts if each.may_arrive(at) for mark in each.added)

    def seen(self, present: Container[Mark], *, now: datetime) -> "Ledger":
        """Record since when the reads lack what somebody else must have taken out."""
        missing = self._missing(present)
        known = tuple(
            msgspec.structs.replace(each, missed=(each.missed or now) if each.mark in missing else None)
            if each.missed or each.mark in missing
            else each
            for each in self.known
        )
        return self if known == self.known else msgspec.structs.replace(self, known=known)

    def deadlines(self, at: datetime) -> list[datetime]:
        """Until when writes may arrive that may do so at that time or later."""
        return [each.deadline for each in self.attempts if each.deadline is not None and at < each.deadline]

    def missed(self) -> tuple[Known, ...]:
        """What the last read lacked, although nothing of ours took it out."""
        return tuple(each for each in self.known if each.missed is not None)

    def without(self, gone: Collection[Mark]) -> "Ledger":
        """Forget what somebody else took out, and whose grants are revoked."""
        known = tuple(
            msgspec.structs.replace(each, requests=(), missed=None) if each.mark in gone else each
            for each in self.known
        )
        return msgspec.structs.replace(self, known=known)

    def put_off(self, marks: Container[Mark], *, now: datetime, wait: Callable[[int], timedelta]) -> "Ledger":
        """Leave bindings alone that could not be written, for as long as `wait` says after so many tries."""
        known = tuple(_later(each, now, wait) if each.mark in marks else each for each in self.known)
        return msgspec.structs.replace(self, known=known)

    def waiting(self, *, now: datetime) -> dict[Mark, datetime]:
        """What is left alone now, and until when."""
        return {each.mark: each.next for each in self.known if each.next is not None and now < each.next}

    def settled(
        self,
        want: Mapping[Mark, Wanted],
        present: Container[Mark],
        *,
        unsettled: Container[Key],
        read_at: datetime,
    ) -> "Ledger":
        """Record a read that showed all that is wanted of every key but the `unsettled` ones.

        While a write may still arrive that takes something out, that is not held against anybody. What is gone is
        remembered until its window is over, also where Google refuses something of the same key again and again.
        """
        open_ = [each for each in self.attempts if each.may_arrive(read_at) and not each.is_shown(present)]
        unsure = {mark for attempt in open_ for mark in attempt.replaced}
        coming = unsure.union(*(attempt.added for attempt in open_))
        known = {each.mark: each for each in self.known}
        known |= {mark: Known(mark=mark, end=want[mark].end) for mark in want if mark not in known}
        after = tuple(
            each if mark.key in unsettled else _settled(each, want.get(mark), unsure=mark in unsure)
            for mark, each in known.items()
        )
        # What is in doubt is looked for once more, and its holder's record waits for that.
        due = {each.mark for each in after if each.missed or read_at < each.end} | coming
        kept = tuple(each for each in after if each.mark in due or each.mark in present)
        unjudged = {each.mark for each in kept if each.mark.key in unsettled}
        over = (_of(_over(each), unjudged) for each in self.attempts if each not in open_)
        attempts = tuple(each for each in (*over, *open_) if each.added or each.replaced)
        return msgspec.structs.replace(self, known=kept, attempts=attempts)

    def _missing(self, present: Container[Mark]) -> frozenset[Mark]:
        """What a policy lacks because somebody else took it out.

        A write puts in and takes out at once: what one was to replace, and that is missing while nothing is there
        of what writes put in for the same key, was not taken out by them.
        """
        added: dict[Key, list[Mark]] = {}
        for mark in {mark for attempt in self.attempts for mark in attempt.added}:
            added.setdefault(mark.key, []).append(mark)
        replaced = {mark for attempt in self.attempts for mark in attempt.replaced}

        def by_us(mark: Mark) -> bool:
            ours = added.get(mark.key, ())
            return mark in replaced and (not ours or any(each in present for each in ours))

        return frozenset(
            each.mark for each in self.known if each.requests and each.mark not in present and not by_us(each.mark)
        )


def encoded(ledger: Ledger) -> bytes:
    """As it is stored: bindings of many people are much alike, and a document of a store holds one mebibyte."""
    return zlib.compress(msgspec.json.encode(ledger), level=1)


def decoded(body: bytes) -> Ledger:
    """What is stored; nothing is an empty ledger."""
    return shapes.decode(zlib.decompress(body), Ledger) if body else Ledger()


def _joined(attempts: Iterable[Attempt], now: datetime) -> tuple[Attempt, ...]:
    """The same with those that cannot arrive any more as one, so that a long trouble leaves no long list."""
    attempts = tuple(attempts)
    over = [attempt for attempt in attempts if not attempt.may_arrive(now)]
    one = Attempt(
        added=tuple(dict.fromkeys(mark for attempt in over for mark in attempt.added)),
        replaced=tuple(dict.fromkeys(mark for attempt in over for mark in attempt.replaced)),
    )
    open_ = [attempt for attempt in attempts if attempt.may_arrive(now)]
    return (one, *open_) if over else tuple(open_)


def _over(attempt: Attempt) -> Attempt:
    """An attempt that cannot arrive any more."""
    return msgspec.structs.replace(attempt, deadline=None, accepted=False)


def _of(attempt: Attempt, marks: Container[Mark]) -> Attempt:
    """What of an attempt is about these bindings."""
    return msgspec.structs.replace(
        attempt,
        added=tuple(mark for mark in attempt.added if mark in marks),
        replaced=tuple(mark for mark in attempt.replaced if mark in marks),
    )


def _settled(known: Known, wanted: Wanted | None, *, unsure: bool) -> Known:
    if unsure:
        return known
    return Known(mark=known.mark, end=known.end, requests=wanted.requests if wanted is not None else ())


def _later(known: Known, now: datetime, wait: Callable[[int], timedelta]) -> Known:
    tries = known.tries + 1
    return msgspec.structs.replace(known, tries=tries, next=now + wait(tries))
