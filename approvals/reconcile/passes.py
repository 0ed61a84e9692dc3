"""One pass over the bindings of one resource, under one lease."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.bindings import keys, ours, own_marks, wanted
from approvals.claims import Claim
from approvals.ports.store import Installation, Lease, Reads, Requests, Work
from approvals.ports.targets import Forbidden, Granter, GranterError, Impossible, PolicyChanged, Unsure
from approvals.reconcile import trials
from approvals.reconcile.backoff import backoff
from approvals.reconcile.holdings import Holdings, of
from approvals.reconcile.ledger import Ledger, decoded, encoded
from approvals.reconcile.pieces import Piece, pieces
from approvals.reconcile.trials import Turn
from approvals.reconcile.views import View

READ = timedelta(seconds=5)
WRITE = timedelta(seconds=10)
"""How long a read and a write of an IAM policy may take."""

GATHER = 0.1
"""Seconds that new access waits for more of the same resource: ten writes a second are all of Google's quota."""

LOOK = timedelta(seconds=60)
"""How often an active binding is looked for, so that a removal outside is noticed."""

DOUBT = timedelta(seconds=10)
"""How long after a read that lacked a binding the next read must lack it too (IAM is eventually consistent)."""

DAY = timedelta(days=1)
_FRUITLESS = 6
_NAMED = 5
_RESTORED = "the store was restored from a backup meanwhile"
_log = logging.getLogger(__name__)


class PassStore(Requests, Reads, Work, Protocol):
    """The part of a store that a pass needs."""


class Means(Protocol):
    """What a pass works with: a worker's parts."""

    store: PassStore
    granter: Granter
    installation: Callable[[], Installation]
    clock: Callable[[], datetime]
    pause: Callable[[float], None]


class Pass:
    """Looks, compares and writes until nothing differs, or the lease is nearly over."""

    def __init__(self, means: Means, lease: Lease) -> None:
        self._store = means.store
        self._granter = means.granter
        installed = means.installation()
        self._instance = installed.instance
        self._generation = installed.generation
        self._clock = means.clock
        self._pause = means.pause
        self._lease = lease
        self._ledger = decoded(lease.body)
        self._holdings = Holdings(means.store, subject=lease.subject, clock=means.clock)
        self._fruitless = 0

    def run(self) -> datetime | None:
        """Do it, and return when to look again."""
        held = self._holdings.read()
        if not held and not self._ledger.known:
            return None
        if any(claim.state == "activating" for claim in held):
            self._pause(GATHER)
        try:
            due = self._rounds(held)
        except GranterError as error:
            return self._stopped(error)
        self._lapse()
        return due

    def _rounds(self, held: Sequence[Claim]) -> datetime | None:
        while self._fruitless < _FRUITLESS:
            if self._clock() + READ + WRITE > self._lease.until:
                return self._clock()
            view = self._look(held)
            held = view.held
            if not self._settle(view):
                self._fruitless += 1
            elif (turn := self._turn(view)) is None:
                return self._next(view)
            elif not self._lost(view, turn) and not self._write(view, turn):
                return self._clock()
        self._keep(tries=self._ledger.tries + 1)
        return self._soon()

    # --- looking

    def _look(self, held: Sequence[Claim]) -> View:
        """Read the policy, and then the records: what was ended in between is seen, and what the policy has changed
        since makes a write fail on its etag.
        """
        started = self._clock()
        snapshot = self._granter.read(
            self._holdings.resource, timeout=READ.total_seconds(), reason=_reason(claim.request for claim in held)
        )
        now, held = self._clock(), self._holdings.read()
        ends = {known.mark: known.end for known in self._ledger.known} | own_marks(held)
        present = ours(snapshot, known=ends.keys())
        self._save(self._ledger.seen(present, now=now))
        held = self._revoke(held, now)
        want = wanted(held, instance=self._instance, now=now)
        return View(
            snapshot=snapshot,
            started=started,
            now=now,
            held=tuple(held),
            ends=ends | {mark: each.end for mark, each in want.items()},
            want=want,
            present=present,
            pieces=pieces(held, want, present),
            doubt=frozenset(known.mark.key for known in self._ledger.missed()),
        )

    def _revoke(self, held: Sequence[Claim], now: datetime) -> Sequence[Claim]:
        """Revoke the live grants whose binding two reads lacked; return what is held after that.

        Forgotten only when every grant is revoked: what is not known to be missing would be written again.
        """
        gone = [known for known in self._ledger.missed() if known.missed and now >= known.missed + DOUBT]
        struck = {request for known in gone for request in known.requests}
        live = [claim for claim in of(struck, held) if claim.live]
        left = {claim.request for claim in live if not self._holdings.removed_outside(claim)}
        if gone:
            self._save(self._ledger.without({known.mark for known in gone if not left.intersection(known.requests)}))
        return self._holdings.read() if live else held

    # --- recording

    def _settle(self, view: View) -> bool:
        """Record what the read showed. False when a record changed meanwhile, or access has to be taken away now.

        What was read back stands in the ledger before any record says so: after a crash or a restore in between
        it is held and not written again.
        """
        outstanding = view.outstanding
        self._save(
            self._ledger.settled(view.want, view.present, unsettled=outstanding, read_at=view.started)
        )
        arriving = self._ledger.arriving(view.started)
        whole = True
        for claim in view.held:
            about = set(keys(claim))
            step = None if about & outstanding else self._step(claim, view, late=bool(about & arriving))
            if step is not None:
                whole = step(claim) and whole
                if self._clock() >= view.soonest_end:
                    return False
        return whole

    def _step(self, claim: Claim, view: View, *, late: bool) -> Callable[[Claim], bool] | None:
        if claim.gives_access(now=view.now):
            return self._holdings.activated if claim.state == "activating" else None
        return None if claim.removed or late else self._holdings.removed

    def _lapse(self) -> Sequence[Claim]:
        """Close what is over and could not be taken away yet; return what is held after that."""
        now, held = self._clock(), self._holdings.read()
        over = [claim for claim in held if claim.live and not claim.gives_access(now=now)]
        for claim in over:
            self._holdings.lapsed(claim)
        return self._holdings.read() if over else held

    # --- writing

    def _turn(self, view: View) -> Turn | None:
        """What to write now; None when there is nothing that can be written now."""
        waiting = self._ledger.waiting(now=view.now)
        some = [piece for piece in view.certain if not piece.marks & waiting.keys()]
        turn = trials.turn(self._ledger.trial, some)
        if turn is None and (self._ledger.trial or self._ledger.tries):
            self._keep(trial=None, tries=0)
        return turn

    def _lost(self, view: View, turn: Turn) -> bool:
        """Fail what was being made when the store was backed up: after a restore it is only looked for."""
        older = [claim for claim in view.held if claim.generation != self._generation]
        made = {request for piece in turn.pieces for request in piece.requests}
        return self._holdings.fail(of(made, older), cause=_RESTORED)

    def _write(self, view: View, turn: Turn) -> bool:
        """Write a turn. False when too little of the lease is left for it: a removal must fit in after it."""
        if turn.adds and not self._has_room(view, turn):
            turn = msgspec.structs.replace(turn, pieces=tuple(piece for piece in turn.pieces if not piece.add))
            if not turn.pieces:
                return False
        add = [each for piece in turn.pieces for each in piece.add]
        remove = [mark for piece in turn.pieces for mark in piece.remove]
        now = self._clock()
        deadline = now + WRITE
        put, taken = {each.mark: each.end for each in add}, {mark: view.ends[mark] for mark in remove}
        self._save(self._ledger.attempting(put, taken, now=now, deadline=deadline))
        now = self._clock()
        if now >= deadline or any(now >= each.end for each in add):
            self._save(self._ledger.answered(accepted=False))
            self._fruitless += 1
            return True
        try:
            self._granter.write(
                view.snapshot,
                remove=[binding for mark in remove for binding in view.present[mark]],
                add=[each.binding for each in add],
                timeout=(deadline - now).total_seconds(),
                reason=_reason(request for each in add for request in each.requests) or "removal",
            )
        except PolicyChanged:
            # It may be an attempt before this one that is being applied right now.
            self._save(self._ledger.answered(accepted=False))
            self._wait()
        except Unsure as error:
            _log.warning("%s: %s", self._holdings.resource, error)
            self._wait()
        except (Forbidden, Impossible) as error:
            # It changed nothing, so an attempt before it may still arrive.
            self._save(self._ledger.answered(accepted=False))
            self._refused(view, turn, error)
        else:
            self._save(self._ledger.answered(accepted=True))
            self._keep(trial=trials.accepted(turn))
        return True

    def _has_room(self, view: View, turn: Turn) -> bool:
        """What adds leaves enough of the lease for a removal that is due, or will be while the lease lasts."""
        removes = any(piece.remove for piece in turn.pieces) or view.soonest_end <= self._lease.until
        return not removes or self._clock() + WRITE + READ + WRITE <= self._lease.until

    def _refused(self, view: View, turn: Turn, error: Forbidden | Impossible) -> None:
        """Google does not take a write: find out what of it. Raises the error where it is the resource itself."""
        trial, blamed = trials.refused(turn)
        self._keep(trial=trial)
        if blamed is not None:
            self._blame(view, blamed, error)
        elif trial is None:
            raise error

    def _blame(self, view: View, piece: Piece, error: Forbidden | Impossible) -> None:
        """Fail the grants that Google will not take. Where there is none it is what is left of others: later."""
        _log.warning("%s: %s", self._holdings.resource, error)
        if self._holdings.fail(of(piece.requests, view.held), cause=_cause(piece, error)):
            return
        self._save(self._ledger.put_off(piece.marks, now=self._clock()))
        self._holdings.trouble([claim for claim in view.held if piece.keys.intersection(keys(claim))], error)

    # --- when to look again

    def _stopped(self, error: GranterError) -> datetime:
        """Google refuses or does not answer: tell people what stands in the way, and come back later."""
        self._keep(tries=self._ledger.tries + 1, trial=None)
        held = self._lapse()
        if isinstance(error, Forbidden | Impossible) or self._ledger.tries > 1:
            self._holdings.trouble(held, error)
        _log.warning("%s: %s", self._holdings.resource, error)
        return self._soon()

    def _soon(self) -> datetime:
        """After a while that grows, but not later than the next access has to be taken away."""
        now, held = self._clock(), self._holdings.read()
        ends = [known.end for known in self._ledger.known] + [claim.window.end for claim in held]
        if now >= max(ends, default=now) + DAY:
            return now + DAY
        return min([now + backoff(self._ledger.tries), *(end for end in ends if end > now)])

    def _next(self, view: View) -> datetime | None:
        # What is over already was looked at just now; a write that may still arrive has its deadline below.
        moments = [known.end for known in self._ledger.known if known.end > view.now]
        moments += [known.missed + DOUBT for known in self._ledger.known if known.missed]
        moments += self._ledger.waiting(now=view.now).values()
        moments += [
            attempt.deadline
            for attempt in self._ledger.attempts
            if attempt.deadline is not None and attempt.may_arrive(view.started)
        ]
        if any(known.requests for known in self._ledger.known):
            moments.append(self._clock() + LOOK)
        return min(moments, default=None)

    def _wait(self) -> None:
        self._fruitless += 1
        self._pause(backoff(1, base=0.2).total_seconds())

    def _keep(self, **fields: object) -> None:
        self._save(msgspec.structs.replace(self._ledger, **fields))

    def _save(self, ledger: Ledger) -> None:
        if ledger != self._ledger:
            self._lease = self._store.save(self._lease, encoded(ledger))
            self._ledger = ledger


def _cause(piece: Piece, error: Forbidden | Impossible) -> str:
    if isinstance(error, Impossible):
        return str(error)
    roles = ", ".join(sorted({each.binding.role for each in piece.add}))
    return (
        f"Google lets this service write the policy, but not with {roles}: see whether the condition on the"
        " service's own role lists it"
    )


def _reason(requests: Iterable[str]) -> str:
    """Some of the requests that a call is for, for Google's audit log."""
    return ", ".join(list(dict.fromkeys(requests))[:_NAMED])
