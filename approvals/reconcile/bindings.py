"""One person's bindings on one resource: the only caller of granters.

A binding that was read back is never put back: when it is gone, somebody removed it, and the grant is revoked.
No write happens after a window's end. A removal counts only when a read made after the last attempt's deadline
shows the binding absent, and every binding is looked for once more when its window is over.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.bindings import Mark, Wanted, ours, own_marks, wanted
from approvals.freezing import Freeze
from approvals.grants import LIVE
from approvals.ports.store import Installation, Lease, Reads, Requests, Work
from approvals.ports.targets import (
    Binding,
    Forbidden,
    Granter,
    GranterError,
    Impossible,
    PolicyChanged,
    Snapshot,
    Unsure,
)
from approvals.reasons import Reason, reason
from approvals.reconcile.backoff import backoff
from approvals.reconcile.frozen import FrozenWrites
from approvals.reconcile.holdings import Holdings
from approvals.reconcile.ledger import Held, Ledger
from approvals.requests import Request

READ = 5.0
WRITE = 10.0
"""Seconds that a read and a write of an IAM policy may take."""

LOOK = timedelta(seconds=60)
"""How often an active binding is looked for, so that a removal outside is noticed."""

DOUBT = timedelta(seconds=10)
"""How long after a read that lacked a binding the next read must lack it too (IAM is eventually consistent)."""

DAY = timedelta(days=1)
_ATTEMPTS = 6
_log = logging.getLogger(__name__)


class BindingStore(Requests, Reads, Work, Protocol):
    """The part of a store that this worker needs."""


class BindingWorker:
    """Reconciles `binding:RESOURCE|PERSON`. `pause` waits so many seconds before another attempt."""

    def __init__(
        self,
        *,
        store: BindingStore,
        granter: Granter,
        installation: Callable[[], Installation],
        freeze: Freeze,
        clock: Callable[[], datetime],
        pause: Callable[[float], None],
    ) -> None:
        self.store = store
        self.granter = granter
        self.installation = installation
        self.freeze = freeze
        self.clock = clock
        self.pause = pause

    def __call__(self, lease: Lease) -> datetime | None:
        """Read, compare, write and read back until nothing differs; return when to look again."""
        ledger = msgspec.json.decode(lease.body, type=Ledger) if lease.body else Ledger()
        return _Pass(self, lease, ledger).run()

    def ends(self, subject: str, now: datetime) -> datetime | None:
        """When the first of the subject's access has to be taken away: now, where it is over already."""
        grants = [request.grant for request in Holdings(self.store, subject=subject, clock=self.clock).read()]
        moments = (grant.window.end if grant.state in LIVE else now for grant in grants if grant is not None)
        return min(moments, default=None)


class _Pass:
    def __init__(self, worker: BindingWorker, lease: Lease, ledger: Ledger) -> None:
        self._store = worker.store
        self._granter = worker.granter
        installed = worker.installation()
        self._instance = installed.instance
        self._generation = installed.generation
        self._frozen = FrozenWrites(worker.freeze, store=worker.store, clock=worker.clock)
        self._clock = worker.clock
        self._pause = worker.pause
        self._lease = lease
        self._ledger = ledger
        self._apart = False
        self._holdings = Holdings(worker.store, subject=lease.subject, clock=worker.clock)

    def run(self) -> datetime | None:
        for _ in range(_ATTEMPTS):
            if self._clock() + timedelta(seconds=READ + WRITE) > self._lease.until:
                break
            holdings = self._holdings.lapse(self._clock())
            if not holdings and not self._ledger.known:
                return None
            started = self._clock()
            try:
                snapshot = self._granter.read(self._holdings.resource, timeout=READ, reason=_reason(holdings))
                done = self._compare(snapshot, started)
            except GranterError as error:
                return self._stopped(error)
            if done:
                return self._next()
        return self._again()

    def _compare(self, snapshot: Snapshot, started: datetime) -> bool:
        """Do what differs, and say whether nothing does. `started` is a time before the snapshot was read."""
        # The records are read after the policy: what was ended in between is seen, and what the policy has
        # changed since makes the write fail on its etag.
        now = self._clock()
        holdings = self._holdings.lapse(now)
        present = ours(snapshot, person=self._holdings.person, known=self._known(holdings))
        gone = self._ledger.gone(present)
        if self._doubted(gone, now):
            return True
        if self._revoke(holdings, gone):
            return False
        grants = {request.id: request.grant for request in holdings if request.grant is not None}
        want = self._frozen.left(wanted(holdings, instance=self._instance, now=now), present, grants)
        add = [want[mark] for mark in want if mark not in present]
        remove = [mark for mark in present if mark not in want]
        if not add and not remove:
            return self._settle(holdings, want, present, started)
        if self._lost(holdings, add):
            return False
        if add and self._apart:
            # Something among all of it was refused for good: one request's roles at a time, to find out what.
            add = [each for each in add if set(each.requests) & set(add[0].requests)]
            remove = [mark for mark in remove if any(mark.role == each.mark.role for each in add)]
        self._write(snapshot, add=add, remove={mark: present[mark] for mark in remove})
        return False

    def _write(
        self, snapshot: Snapshot, *, add: Sequence[Wanted], remove: Mapping[Mark, Sequence[Binding]]
    ) -> None:
        earlier = self._ledger.deadline
        deadline = self._clock() + timedelta(seconds=WRITE)
        self._save(self._ledger.attempting(add, remove, deadline=deadline))
        put = [each.binding for each in add]
        taken = [binding for bindings in remove.values() for binding in bindings]
        now = self._clock()
        if now >= deadline or any(now >= each.end for each in add):
            return
        if not self._frozen.allow(add=put, remove=taken):
            # Nothing is sent, so an attempt before it may still arrive.
            self._keep(deadline=earlier)
            return
        try:
            self._granter.write(
                snapshot,
                remove=taken,
                add=put,
                timeout=(deadline - now).total_seconds(),
                reason=next(iter(_carried(add)), "removal"),
            )
        except PolicyChanged:
            self._wait()
            # It may be an attempt before this one that is being applied right now.
            self._keep(deadline=earlier)
            return
        except Unsure as error:
            _log.warning("%s: %s", self._holdings.resource, error)
            self._wait()
            return
        except Impossible as error:
            if not add:
                raise
            if not self._refused(add, error.reason):
                raise
            # It changed nothing, so an attempt before it may still arrive.
            self._keep(deadline=earlier)
            return
        # The etag is used up: no attempt before this one can arrive any more.
        self._keep(deadline=None)

    def _settle(
        self,
        holdings: Iterable[Request],
        want: Mapping[Mark, Wanted],
        present: Mapping[Mark, object],
        started: datetime,
    ) -> bool:
        """Record what the read showed. False when a record changed meanwhile: then all is looked at again.

        What was read back stands in the ledger before any record says so: after a crash or a restore in between
        it is held and not written again.
        """
        landed = self._ledger.deadline is None or started >= self._ledger.deadline
        self._save(self._ledger.settled(want, present, read_at=started, landed=landed))
        carried = _carried(want.values())
        for request in holdings:
            if request.grant is None:
                continue
            if request.id in carried and request.grant.state == "activating":
                settled = self._holdings.commit(transitions.activated, request)
            elif request.grant.state not in LIVE and not request.grant.removed and landed:
                settled = self._holdings.commit(transitions.removed, request)
            else:
                continue
            if not settled:
                return False
        return True

    def _revoke(self, holdings: Iterable[Request], gone: Sequence[Held]) -> bool:
        """Revoke the live grants whose binding somebody removed; say whether there were any."""
        struck = {request_id for held in gone for request_id in held.requests}
        live = [r for r in holdings if r.id in struck and r.grant is not None and r.grant.state in LIVE]
        revoked = [self._holdings.commit(transitions.removed_outside, request) for request in live]
        # Forgotten only when every grant is revoked: what is not held would be written again.
        if live and all(revoked):
            self._save(self._ledger.without(gone))
        return bool(live)

    def _refused(self, add: Sequence[Wanted], cause: Reason) -> bool:
        """Fail the grant that Google will never take; where several were in the write, try them apart first.

        False when there is no grant to fail: then it is what is left of others that cannot be written.
        """
        if not all(set(each.requests) & set(add[0].requests) for each in add):
            self._apart = True
            return True
        return self._holdings.fail(self._holdings.read(), _carried(add), cause=cause)

    def _lost(self, holdings: Iterable[Request], add: Iterable[Wanted]) -> bool:
        """Fail what was being made when the store was backed up: after a restore it is only looked for."""
        older = [r for r in holdings if r.grant is not None and r.grant.generation != self._generation]
        return self._holdings.fail(older, _carried(add), cause=reason("grant.restored"))

    def _doubted(self, gone: Sequence[Held], now: datetime) -> bool:
        """Reads of IAM may lag: what is missing counts as removed when the reads after it lack it as well."""
        missed = (self._ledger.missed or now) if gone else None
        if missed != self._ledger.missed:
            self._keep(missed=missed)
        return missed is not None and now < missed + DOUBT

    def _stopped(self, error: GranterError) -> datetime:
        """Google refuses or does not answer: tell people what stands in the way, and come back later."""
        self._keep(tries=self._ledger.tries + 1)
        holdings = self._holdings.read()
        if isinstance(error, Forbidden | Impossible) or self._ledger.tries > 1:
            self._holdings.trouble(holdings, error)
        _log.warning("%s: %s", self._holdings.resource, error)
        now = self._clock()
        last = max(self._known(holdings).values(), default=now)
        return now + (DAY if now >= last + DAY else backoff(self._ledger.tries))

    def _keep(self, **fields: object) -> None:
        self._save(msgspec.structs.replace(self._ledger, **fields))

    def _save(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lease = self._store.save(self._lease, msgspec.json.encode(self._ledger))

    def _known(self, holdings: Iterable[Request]) -> dict[Mark, datetime]:
        return {k.mark: k.end for k in self._ledger.known} | own_marks(holdings)

    def _wait(self) -> None:
        self._pause(backoff(1, base=0.2).total_seconds())

    def _next(self) -> datetime | None:
        if self._ledger.missed is not None:
            return self._ledger.missed + DOUBT
        # What is over already was looked at just now; a write that may still arrive has its deadline below.
        now = self._clock()
        moments = [known.end for known in self._ledger.known if known.end > now]
        if self._ledger.deadline is not None:
            moments.append(self._ledger.deadline)
        if self._ledger.confirmed:
            moments.append(now + LOOK)
        return min([*moments, *self._frozen.again], default=None)

    def _again(self) -> datetime:
        self._keep(tries=self._ledger.tries + 1)
        return self._clock() + backoff(self._ledger.tries)


def _carried(bindings: Iterable[Wanted]) -> set[str]:
    """The ids of the requests that these bindings are for."""
    return {request_id for each in bindings for request_id in each.requests}


def _reason(holdings: Sequence[Request]) -> str:
    return holdings[-1].id if holdings else "look"
