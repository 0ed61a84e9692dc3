"""The writes of one pass: what is written when, under which deadline, and who is to blame when Google refuses."""

import logging
from collections.abc import Iterable

import msgspec

from approvals.access.bindings import keys
from approvals.access.claims import Claim
from approvals.ledgers import trials
from approvals.ledgers.pieces import Piece
from approvals.ledgers.trials import Batch
from approvals.ports.targets import Forbidden, Impossible, PolicyChanged, Unsure
from approvals.reconcile.backoff import backoff
from approvals.reconcile.book import Book
from approvals.reconcile.frozen import FrozenWrites
from approvals.reconcile.holdings import Holdings, of
from approvals.reconcile.looks import Look
from approvals.reconcile.means import LAG, READ, WRITE, BindingMeans, about
from approvals.refusals.reasons import Reason, reason

_log = logging.getLogger(__name__)


class Writing:
    """Writes what differs. `generation` is the store's: what was approved under another one is never written."""

    def __init__(
        self, means: BindingMeans, book: Book, holdings: Holdings, *, frozen: FrozenWrites, generation: str
    ) -> None:
        self._granter = means.granter
        self._clock = means.clock
        self._pause = means.pause
        self._book = book
        self._holdings = holdings
        self._frozen = frozen
        self._generation = generation

    def next_batch(self, look: Look) -> Batch | None:
        """What to write now; None when there is nothing that can be written now."""
        waiting = self._book.ledger.waiting(now=look.now)
        some = [piece for piece in look.certain if piece.tried.isdisjoint(waiting)]
        batch = trials.next_batch(self._book.ledger.trial, some)
        if batch is None:
            self._book.change(msgspec.structs.replace(self._book.ledger, trial=None, tries=0))
        return batch

    def fitting(self, look: Look, batch: Batch) -> Batch | None:
        """As much of a batch as fits into the lease; None where nothing does.

        What gives must leave enough for a removal that is due, or will be while the lease lasts. Where it does
        not, only what takes away is written, a shorter window in the place of a longer one included.
        """
        due = not all(piece.gives for piece in look.certain) or look.soonest_end <= self._book.until
        if not (batch.gives and due) or self._clock() + WRITE + READ + WRITE <= self._book.until:
            return batch
        takes = tuple(piece for piece in batch.pieces if not piece.gives)
        return msgspec.structs.replace(batch, pieces=takes) if takes else None

    def write(self, look: Look, batch: Batch) -> bool:
        """Write a batch; say whether that went on. Raises what Google says where it refuses the resource."""
        if self._lost(look, batch):
            return True
        now = self._clock()
        deadline = now + WRITE
        add = {each.mark: each.end for piece in batch.pieces for each in piece.add}
        remove = {mark: look.ends[mark] for piece in batch.pieces for mark in piece.remove}
        # One that arrives at the last moment is shown later still, and nobody may come to keep that it arrived.
        self._book.save(self._book.ledger.attempting(add, remove, now=now, shown=deadline + LAG))
        now = self._clock()
        if now >= deadline or any(now >= end for end in add.values()):
            self._book.save(self._book.ledger.without_effect())
            return False
        # A clock that was set back in between makes nothing last longer.
        return self._send(look, batch, timeout=min(deadline - now, WRITE).total_seconds())

    def _send(self, look: Look, batch: Batch, *, timeout: float) -> bool:
        add = [each for piece in batch.pieces for each in piece.add]
        put = [each.binding for each in add]
        taken = [each for piece in batch.pieces for mark in piece.remove for each in look.present[mark]]
        if not self._frozen.allow(add=put, remove=taken):
            # Nothing is sent, so an attempt before it may still arrive.
            self._book.save(self._book.ledger.without_effect())
            return False
        asked = about(request for each in add for request in each.requests) or "removal"
        try:
            self._granter.write(look.snapshot, remove=taken, add=put, timeout=timeout, reason=asked)
        except (PolicyChanged, Unsure) as error:
            return self._unanswered(error)
        except (Forbidden, Impossible) as error:
            return self._refused(look, batch, error)
        self._accepted(batch, changed=bool(put or taken))
        return True

    def _accepted(self, batch: Batch, *, changed: bool) -> None:
        # Written again as it was, a policy may keep its etag: an attempt before it may still arrive.
        ledger = self._book.ledger
        ledger = ledger.accepted(shown=self._clock() + LAG) if changed else ledger.without_effect()
        # It is read back next. Until that is kept it is as if the process had died on this line.
        self._book.note(msgspec.structs.replace(ledger, trial=trials.accepted(batch)))

    def _unanswered(self, error: PolicyChanged | Unsure) -> bool:
        """Wait for what may be under way: this write, or one before it."""
        if isinstance(error, PolicyChanged):
            # It may be an attempt before this one that is being applied right now.
            self._book.save(self._book.ledger.without_effect())
        else:
            _log.warning("%s: %s", self._holdings.resource, error)
        return self._wait()

    def _lost(self, look: Look, batch: Batch) -> bool:
        """Fail what was being made when the store was backed up: after a restore it is only looked for."""
        older = [claim for claim in look.held if claim.generation != self._generation]
        made = {request for piece in batch.pieces for request in piece.requests}
        return self._holdings.fail(of(made, older), cause=reason("grant.restored"))

    def _refused(self, look: Look, batch: Batch, error: Forbidden | Impossible) -> bool:
        """Find out what of a write Google does not take. It changed nothing; one before it may still arrive."""
        trial, blamed = trials.refused(batch)
        self._book.save(msgspec.structs.replace(self._book.ledger.without_effect(), trial=trial))
        if blamed is None:
            if trial is None:
                raise error
            return True
        _log.warning("%s: %s", self._holdings.resource, error)
        widest = _widest(of(blamed.requests, look.held))
        if not widest:
            self._put_off(look, blamed, error)
            return True
        if not self._takes_others(look):
            return False
        taken = batch.trial.taken if batch.trial else ()
        self._holdings.fail(widest, cause=_cause(blamed, widest, error, taken=taken))
        return True

    def _put_off(self, look: Look, piece: Piece, error: Forbidden | Impossible) -> None:
        """Leave for later what is left of requests that are not being made any more."""
        self._book.save(self._book.ledger.put_off(piece.tried, now=self._clock(), wait=backoff))
        self._holdings.trouble([each for each in look.held if not piece.keys.isdisjoint(keys(each))], error)

    def _takes_others(self, look: Look) -> bool:
        """Say whether Google takes a write that changes nothing, as it did before: until then nobody is to blame.

        Such a write has no effect whenever it arrives, so no attempt is recorded. Raises what Google says where it
        refuses that as well: the permission was lost in the middle, and all is to be tried anew.
        """
        if self._clock() + WRITE > self._book.until:
            return False
        try:
            self._granter.write(
                look.snapshot, remove=(), add=(), timeout=WRITE.total_seconds(), reason="what was refused"
            )
        except (PolicyChanged, Unsure) as error:
            _log.warning("%s: %s", self._holdings.resource, error)
            return self._wait()
        except (Forbidden, Impossible):
            self._book.keep(trial=None)
            raise
        return True

    def _wait(self) -> bool:
        self._pause(backoff(1, base=0.2).total_seconds())
        return False


def _widest(among: Iterable[Claim]) -> list[Claim]:
    """What is being made for the request that asks most, the newest of such.

    The others, which share a role with it, are tried once more without it.
    """
    asked: dict[str, list[Claim]] = {}
    for claim in among:
        if claim.state == "activating":
            asked.setdefault(claim.request, []).append(claim)
    return max(reversed(asked.values()), key=lambda each: sum(len(claim.roles) for claim in each), default=[])


def _cause(
    piece: Piece, failing: Iterable[Claim], error: Forbidden | Impossible, *, taken: Iterable[str]
) -> Reason:
    """Why nothing could be made. Google takes other changes, so the permission to change the policy is there.

    A role of which Google has `taken` changes meanwhile is not to blame, where there is another one.
    """
    if isinstance(error, Impossible):
        return error.reason
    asked = {role for claim in failing for role in claim.roles} & {each.binding.role for each in piece.add}
    return reason("grant.barred", roles=tuple(sorted(asked.difference(taken) or asked)))
