"""One pass over the bindings of one resource, under one lease."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from approvals.access.bindings import keys, ours, own_marks, wanted
from approvals.access.claims import Claim
from approvals.ledgers.pieces import pieces
from approvals.ports.store import Lease
from approvals.ports.targets import Forbidden, GranterError, Impossible
from approvals.reconcile.backoff import backoff
from approvals.reconcile.book import Book
from approvals.reconcile.frozen import FrozenWrites
from approvals.reconcile.holdings import Holdings
from approvals.reconcile.looks import Look
from approvals.reconcile.means import LAG, READ, WRITE, BindingMeans, about
from approvals.reconcile.writing import Writing
from approvals.refusals.errors import Conflict, Unavailable

GATHER = 0.1
"""Seconds that new access waits for more on the same resource: ten writes a second are all of Google's quota."""

LOOK = timedelta(seconds=60)
"""How often an active binding is looked for, so that a removal outside is noticed, and a record that cannot be
read, so that it is noticed when somebody mends it."""

CLOSING = timedelta(seconds=2)
"""How long a write that takes access away waits for records: of what is over, and after it failed of others."""

DAY = timedelta(days=1)
_FRUITLESS = 6
_log = logging.getLogger(__name__)


class Pass:
    """Looks, compares and writes until nothing differs, or the lease is nearly over."""

    def __init__(self, means: BindingMeans, lease: Lease) -> None:
        installed = means.installation()
        self._instance = installed.instance
        self._granter = means.granter
        self._clock = means.clock
        self._pause = means.pause
        self._book = Book(means.store, lease)
        self._unsettled: Look | None = None
        self._frozen = FrozenWrites(means.freeze, store=means.store, clock=means.clock)
        self._holdings = Holdings(means.store, subject=lease.subject, clock=means.clock)
        self._writing = Writing(
            means, self._book, self._holdings, frozen=self._frozen, generation=installed.generation
        )

    def run(self) -> datetime | None:
        """Do it, and return when to look again."""
        held = self._read()
        if not held and not self._book.ledger.known:
            return self._clock() + LOOK if self._holdings.unjudged else None
        if any(claim.state == "activating" for claim in held):
            self._pause(GATHER)
        try:
            due = self._rounds(held)
        except GranterError as error:
            self._settle_rest()
            return self._stopped(error)
        except Exception:
            self._keep_at_least()
            raise
        self._settle_rest()
        self._book.flush()
        self._lapse(until=self._book.until)
        return due

    def _keep_at_least(self) -> None:
        """Whatever else failed: what Google took is known. Where it cannot be, that hides no error."""
        try:
            self._book.flush()
        except (Conflict, Unavailable) as error:
            _log.warning("%s: what Google took is not kept: %s", self._holdings.resource, error)

    def _rounds(self, held: Sequence[Claim]) -> datetime | None:
        fruitless = 0
        while fruitless < _FRUITLESS:
            if self._clock() + READ + WRITE > self._book.until:
                return self._clock()
            self._unsettled = look = self._look(held)
            held = look.held
            batch = self._writing.next_batch(look)
            # What takes access away does not wait for the records of others, of which there may be many.
            if (batch is None or not batch.removes) and not self._settle(look, until=look.soonest_end):
                fruitless += 1
                continue
            if batch is None:
                return self._next(look)
            batch = self._writing.fitting(look, batch)
            if batch is None:
                return self._clock()
            if batch.removes:
                # A clock that is set back after the write must find it over still.
                self._lapse(until=self._clock() + CLOSING)
            went_on = self._writing.write(look, batch)
            # A trial comes to its end; what is written again and again is undone by somebody else.
            fruitless += not went_on or batch.trial is None
        self._book.keep(tries=self._book.ledger.tries + 1)
        return self._soon()

    # --- looking

    def _read(self) -> Sequence[Claim]:
        """The records. Whose record cannot be read keeps what the ledger says, until somebody mends it."""
        held = self._holdings.read()
        self._book.set_aside(self._holdings.unjudged)
        return held

    def _look(self, held: Sequence[Claim]) -> Look:
        """Read the policy, and then the records.

        What was ended in between is seen, and what the policy has changed since makes a write fail on its etag.
        """
        started = self._clock()
        snapshot = self._granter.read(
            self._holdings.resource,
            timeout=READ.total_seconds(),
            reason=about(claim.request for claim in reversed(held)) or "look",
        )
        now, held = self._clock(), self._read()
        ends = {known.mark: known.end for known in self._book.ledger.known} | own_marks(held)
        present = ours(snapshot, known=ends.keys())
        self._book.change(self._book.ledger.seen(present, now=now))
        held = self._revoke(held, started)
        want = self._frozen.left(wanted(held, instance=self._instance, now=now), present, held)
        return Look(
            snapshot=snapshot,
            started=started,
            now=now,
            held=tuple(held),
            ends=ends | {mark: each.end for mark, each in want.items()},
            want=want,
            present=present,
            pieces=pieces(held, want, present),
            doubt=frozenset(known.mark.key for known in self._book.ledger.missed()),
        )

    def _revoke(self, held: Sequence[Claim], started: datetime) -> Sequence[Claim]:
        """Revoke the live grants whose binding two reads lacked; return what is held after that.

        The second began at `started`: however slow its answer was, the two must lie apart. Forgotten only when
        every grant is revoked: what is not known to be missing would be written again.
        """
        gone = [known for known in self._book.ledger.missed() if known.missed and started >= known.missed + LAG]
        struck = {(request, known.mark.key) for known in gone for request in known.requests}
        live = [c for c in held if c.live and any((c.request, key) in struck for key in keys(c))]
        left = {claim.request for claim in live if not self._holdings.removed_outside(claim)}
        forgotten = {known.mark for known in gone if left.isdisjoint(known.requests)}
        self._book.change(self._book.ledger.without(forgotten))
        return self._read() if live else held

    # --- recording

    def _settle_rest(self) -> None:
        """Record at last what a look showed whose write took access away, or failed to: others have waited."""
        if self._unsettled is not None:
            self._settle(self._unsettled, until=min(self._unsettled.soonest_end, self._clock() + CLOSING))

    def _settle(self, look: Look, *, until: datetime) -> bool:
        """Record what the read showed, as far as there is time. False when a record changed meanwhile, or is left.

        What was read back stands in the ledger before any record says so: after a crash or a restore in between
        it is held and not written again.
        """
        self._unsettled = None
        outstanding = look.outstanding
        self._book.note(
            self._book.ledger.settled(look.want, look.present, unsettled=outstanding, read_at=look.started)
        )
        arriving = self._book.ledger.arriving(look.started)
        whole = True
        for claim in look.held:
            is_open = not outstanding.isdisjoint(keys(claim))
            step = None if is_open else self._step(claim, look, late=not arriving.isdisjoint(keys(claim)))
            if step is not None:
                self._book.flush()
                whole = step(claim) and whole
                if self._clock() >= until:
                    return False
        return whole

    def _step(self, claim: Claim, look: Look, *, late: bool) -> Callable[[Claim], bool] | None:
        if claim.gives_access(now=look.now):
            # What is frozen is not wanted now, and not there.
            made = claim.state == "activating" and look.carries(claim)
            return self._holdings.activated if made else None
        return None if claim.removed or late else self._holdings.removed

    def _lapse(self, *, until: datetime) -> Sequence[Claim]:
        """Close what is over, as far as there is time; return what is held after that."""
        now, held = self._clock(), self._holdings.known()
        over = [claim for claim in held if claim.live and not claim.gives_access(now=now)]
        for claim in over:
            if self._clock() >= until:
                break
            self._holdings.lapsed(claim)
        return self._holdings.known() if over else held

    # --- when to look again

    def _stopped(self, error: GranterError) -> datetime:
        """Google refuses or does not answer: tell people what stands in the way, and come back later."""
        self._book.keep(tries=self._book.ledger.tries + 1)
        held = self._lapse(until=self._book.until)
        if isinstance(error, Forbidden | Impossible) or self._book.ledger.tries > 1:
            self._holdings.trouble(held, error)
        _log.warning("%s: %s", self._holdings.resource, error)
        return self._soon()

    def _soon(self) -> datetime:
        """After a while that grows, but not later than the next access has to be taken away."""
        now = self._clock()
        ends = [known.end for known in self._book.ledger.known]
        ends += [claim.window.end for claim in self._holdings.known()]
        if now >= max(ends, default=now) + DAY:
            return now + DAY
        return min([now + backoff(self._book.ledger.tries), *(end for end in ends if end > now)])

    def _next(self, look: Look) -> datetime | None:
        # What is over already was looked at just now.
        ledger = self._book.ledger
        moments = [known.end for known in ledger.known if known.end > look.now]
        moments += [known.missed + LAG for known in ledger.known if known.missed]
        moments += ledger.waiting(now=look.now).values()
        moments += [*ledger.deadlines(look.started), *self._frozen.again]
        if self._holdings.unjudged or any(known.requests for known in ledger.known):
            moments.append(self._clock() + LOOK)
        return min(moments, default=None)
