"""One pass over the work that is due: a lease each, then the worker of that kind of subject."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple, Protocol, runtime_checkable

from approvals.ids import request_subject
from approvals.limits import Filings
from approvals.ports.store import Lease, Reads, Work
from approvals.reconcile.brake import Brake
from approvals.reconcile.endings import Endings
from approvals.reconcile.fairness import Requesters, round_robin
from approvals.refusals.errors import Conflict, NotFound, Unavailable

LEASE = timedelta(seconds=30)
"""How long one subject is worked on. Every outside call's deadline lies inside it."""

_NEAR, _FAR = 50, 500
_LATER = timedelta(seconds=30)
_ENDING = timedelta(seconds=5)
_MOST_PENDING = 10_000
_log = logging.getLogger(__name__)


class DueStore(Work, Reads, Filings, Protocol):
    """The part of a store that a pass needs."""


class Left(NamedTuple):
    """How a worker leaves its subject: when to look again (None: when woken), and what to record as it is given
    back (None: what is recorded)."""

    due: datetime | None
    body: bytes | None = None


class Worker(Protocol):
    def __call__(self, lease: Lease) -> datetime | Left | None:
        """Do what is missing for the lease's subject; say when to look again (None: when woken).

        What it leaves to be recorded is lost by a crash before that: it must be such that is found out anew.
        """


@runtime_checkable
class Ending(Protocol):
    """A worker that takes access away."""

    def ends(self, subject: str, now: datetime) -> datetime | None:
        """When the subject has access to take away: now at the earliest, or None. It reads the store."""


@runtime_checkable
class Standing(Protocol):
    """A worker that has work at all times."""

    def standing(self) -> str:
        """Its one subject, which is due at the start, and from then on again and again."""


Watch = Callable[[str], Callable[[str], None]]
"""Is told that work on a subject begins; what it returns is told how that came out.

`done`, `waits` for something outside, `missing` (there is no record), `failed` in a way that nobody expected, or
`stuck`: due at once again and again though nothing comes of it.
"""


def _unwatched(_subject: str) -> Callable[[str], None]:
    return lambda _outcome: None


class Reconciler:
    """Runs workers over due subjects. `clock` returns aware UTC, `owner` names this process uniquely."""

    def __init__(
        self,
        *,
        store: DueStore,
        workers: Mapping[str, Worker],
        clock: Callable[[], datetime],
        owner: str,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch or _unwatched
        self._store = store
        self._workers = workers
        self._clock = clock
        self._owner = owner
        self._people = Requesters(store)
        self._begun: set[str] = set()
        self._brake = Brake()
        self._endings = {
            kind: Endings(worker.ends) for kind, worker in workers.items() if isinstance(worker, Ending)
        }

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of subjects, each with work of its own."""
        return tuple(self._workers)

    def due(self, *, limit: int = 100, kind: str = "") -> Sequence[str]:
        """The subjects whose time has come, of one kind or of all."""
        return self._store.due(now=self._clock(), limit=limit, kind=kind)

    def waiting(self) -> Mapping[str, Sequence[str] | None]:
        """What is due, by kind: one question, where nearly always nothing is due of any.

        None: there is more than one question tells, and `next` asks for that kind by itself.
        """
        for kind in self._workers:
            self._begin(kind)
        found = self._store.due(now=self._clock(), limit=_NEAR)
        if len(found) == _NEAR:
            return dict.fromkeys(self.kinds)
        return {kind: tuple(each) for kind, each in groupby(sorted(found, key=_kind), key=_kind)}

    def next(
        self,
        *,
        kind: str,
        running: Collection[str],
        limit: int,
        each: int,
        waiting: Sequence[str] | None = None,
    ) -> Sequence[str]:
        """What to work on now, in turn by person: nobody has more than `each` with what is running.

        Looks at the subjects that are longest due; only when those are all of a few people it looks further.
        `waiting` are all that are due of the kind, where that is known already.
        """
        self._begin(kind)
        known = waiting
        for most in (_NEAR, _FAR):
            due = known if known is not None else self._store.due(now=self._clock(), limit=most, kind=kind)
            waiting = [subject for subject in due if subject not in running]
            if len(waiting) <= limit and len(waiting) + len(running) <= each:
                return waiting
            people = self._people.of([*waiting, *running])
            found = round_robin(waiting, running, person=people.__getitem__, most=each)[:limit]
            fresh = {people[subject] for subject in found} - {people[subject] for subject in running}
            if len(due) < most or len(fresh) >= limit:
                break
        return found

    def _begin(self, kind: str) -> None:
        """Make due, at the first pass, what nothing that happens wakes."""
        worker: object = self._workers.get(kind)
        if isinstance(worker, Standing) and kind not in self._begun:
            self._store.wake(worker.standing(), due=self._clock())
            self._begun.add(kind)

    def stands(self, subject: str) -> bool:
        """Its work is there at all times, whether anybody asks for anything or not."""
        worker: object = self._workers.get(_kind(subject))
        return isinstance(worker, Standing)

    def takes_away(self, kind: str) -> bool:
        """Work of this kind takes access away, which must wait for nothing else."""
        return kind in self._endings

    def ending(self, *, kind: str, running: Collection[str], limit: int) -> tuple[Sequence[str], bool]:
        """What has access to take away now, and whether there is more to look through."""
        now, far = self._clock(), _FAR
        while True:
            due = self._store.due(now=now, limit=far, kind=kind)
            waiting = [subject for subject in due if subject not in running]
            found, more = self._endings[kind].among(waiting, now=now)
            if found or more or len(due) < far:
                return found[:limit], more
            far *= 4

    def changed(self, subjects: Collection[str]) -> None:
        """Commits of this process changed what these subjects are about."""
        for endings in self._endings.values():
            endings.forget(subjects)

    def look_at_waiting(self) -> None:
        """Make every pending request due: another policy, or a freeze, says otherwise of it than its card."""
        now = self._clock()
        for request in self._store.pending(limit=_MOST_PENDING):
            self._store.wake(request_subject(request.id), due=now)

    @property
    def stuck(self) -> Collection[str]:
        """What is put off, because it is due at once again and again though nothing comes of it."""
        return self._brake.stuck

    def subject(self, subject: str) -> datetime | None:
        """Reconcile one subject and say when it is next due.

        Does nothing while somebody else is at it: whoever that is sees the wake when giving it back.
        """
        now = self._clock()
        lease = self._store.lease(subject, owner=self._owner, now=now, until=now + LEASE)
        if lease is None:
            return None
        left = self._work(lease, began=now)
        self.changed([subject])
        self._give_back(lease, left)
        return left.due

    def _give_back(self, lease: Lease, left: Left) -> None:
        """Give a subject back with what was noted of it. Raises what the store does."""
        try:
            self._store.release(lease, due=left.due, body=left.body)
        except Unavailable as error:
            # One that is given back already stays as it is. While this one is not, nobody works on it, and who was
            # told something would be told it once more.
            _log.warning("%s is given back once more: %s", lease.subject, error)
            self._store.release(lease, due=left.due, body=left.body)

    def _work(self, lease: Lease, *, began: datetime) -> Left:
        kind, over, outcome = _kind(lease.subject), self._watch(lease.subject), "failed"
        try:
            left = self._workers[kind](lease)
            due, body = left if isinstance(left, Left) else Left(left)
            again = self._again(lease, due, began=began)
        except (Conflict, Unavailable) as error:
            outcome = "waits"
            _log.warning("%s waits: %s", lease.subject, error)
        except NotFound:
            outcome = "missing"
            _log.warning("%s has no record", lease.subject)
            return Left(None)
        except Exception:  # noqa: BLE001
            # One broken subject must not stop the pass; it comes up again and is logged each time.
            _log.exception("%s failed", lease.subject)
        else:
            outcome = "done" if again == due else "stuck"
            return Left(again, body)
        finally:
            over(outcome)
        return Left(self._later(lease.subject))

    def _later(self, subject: str) -> datetime:
        """When to try again what failed: sooner where access there is to be taken away, or will be until then."""
        now = self._clock()
        try:
            ends = self._ends(subject, now)
        except Exception:  # noqa: BLE001
            # What it failed of may stand in the way of this as well, and is logged already.
            ends = None
        return now + _LATER if ends is None else min(max(ends, now + _ENDING), now + _LATER)

    def _ends(self, subject: str, now: datetime) -> datetime | None:
        endings = self._endings.get(_kind(subject))
        return endings.of(subject, now) if endings is not None else None

    def _again(self, lease: Lease, due: datetime | None, *, began: datetime) -> datetime | None:
        def ends(now: datetime) -> datetime | None:
            return self._ends(lease.subject, now)

        return self._brake.again(lease, due, began=began, now=self._clock(), ends=ends)


def _kind(subject: str) -> str:
    return subject.partition(":")[0]
