"""The writes of one pass: what is written when, under which deadline, and who is to blame when Google refuses."""

import logging
from collections.abc import Iterable

import msgspec

from approvals.bindings import keys
from approvals.claims import Claim
from approvals.ledgers import trials
from approvals.ledgers.pieces import Piece
from approvals.ledgers.trials import Turn
from approvals.ports.targets import Forbidden, Impossible, PolicyChanged, Unsure
from approvals.reasons import Reason, reason
from approvals.reconcile.backoff import backoff
from approvals.reconcile.book import Book
from approvals.reconcile.frozen import FrozenWrites
from approvals.reconcile.holdings import Holdings, of
from approvals.reconcile.means import READ, WRITE, Means, about
from approvals.reconcile.views import View

_log = logging.getLogger(__name__)


class Writing:
    """Writes what differs. `generation` is the store's: what was approved under another one is never written."""

    def __init__(
        self, means: Means, book: Book, holdings: Holdings, *, frozen: FrozenWrites, generation: str
    ) -> None:
        self._granter = means.granter
        self._clock = means.clock
        self._pause = means.pause
        self._book = book
        self._holdings = holdings
        self._frozen = frozen
        self._generation = generation

    def turn(self, view: View) -> Turn | None:
        """What to write now; None when there is nothing that can be written now."""
        waiting = self._book.ledger.waiting(now=view.now)
        some = [piece for piece in view.certain if piece.marks.isdisjoint(waiting)]
        turn = trials.turn(self._book.ledger.trial, some)
        if turn is None:
            self._book.keep(trial=None, tries=0)
        return turn

    def fitting(self, view: View, turn: Turn) -> Turn | None:
        """As much of a turn as fits into the lease; None where nothing does.

        What gives must leave enough for a removal that is due, or will be while the lease lasts. Where it does
        not, only what takes away is written, a shorter window in the place of a longer one included.
        """
        due = not all(piece.gives for piece in view.certain) or view.soonest_end <= self._book.until
        if not (turn.gives and due) or self._clock() + WRITE + READ + WRITE <= self._book.until:
            return turn
        takes = tuple(piece for piece in turn.pieces if not piece.gives)
        return msgspec.structs.replace(turn, pieces=takes) if takes else None

    def write(self, view: View, turn: Turn) -> bool:
        """Write a turn; say whether that went on. Raises what Google says where it refuses the resource itself."""
        if self._lost(view, turn):
            return True
        now = self._clock()
        deadline = now + WRITE
        add = {each.mark: each.end for piece in turn.pieces for each in piece.add}
        remove = {mark: view.ends[mark] for piece in turn.pieces for mark in piece.remove}
        self._book.save(self._book.ledger.attempting(add, remove, now=now, deadline=deadline))
        now = self._clock()
        if now >= deadline or any(now >= end for end in add.values()):
            self._book.save(self._book.ledger.answered(accepted=False))
            return False
        # A clock that was set back in between makes nothing last longer.
        return self._send(view, turn, timeout=min(deadline - now, WRITE).total_seconds())

    def _send(self, view: View, turn: Turn, *, timeout: float) -> bool:
        add = [each for piece in turn.pieces for each in piece.add]
        put = [each.binding for each in add]
        taken = [each for piece in turn.pieces for mark in piece.remove for each in view.present[mark]]
        if not self._frozen.allow(add=put, remove=taken):
            # Nothing is sent, so an attempt before it may still arrive.
            self._book.save(self._book.ledger.answered(accepted=False))
            return False
        try:
            self._granter.write(
                view.snapshot,
                remove=taken,
                add=put,
                timeout=timeout,
                reason=about(request for each in add for request in each.requests) or "removal",
            )
        except PolicyChanged:
            # It may be an attempt before this one that is being applied right now.
            self._book.save(self._book.ledger.answered(accepted=False))
            return self._wait()
        except Unsure as error:
            _log.warning("%s: %s", self._holdings.resource, error)
            return self._wait()
        except (Forbidden, Impossible) as error:
            return self._refused(view, turn, error)
        # Written again as it was, a policy may keep its etag: an attempt before it may still arrive.
        ledger = self._book.ledger.answered(accepted=bool(put or taken))
        self._book.save(msgspec.structs.replace(ledger, trial=trials.accepted(turn)))
        return True

    def _lost(self, view: View, turn: Turn) -> bool:
        """Fail what was being made when the store was backed up: after a restore it is only looked for."""
        older = [claim for claim in view.held if claim.generation != self._generation]
        made = {request for piece in turn.pieces for request in piece.requests}
        return self._holdings.fail(of(made, older), cause=reason("grant.restored"))

    def _refused(self, view: View, turn: Turn, error: Forbidden | Impossible) -> bool:
        """Find out what of a write Google does not take. It changed nothing; one before it may still arrive."""
        trial, blamed = trials.refused(turn)
        self._book.save(msgspec.structs.replace(self._book.ledger.answered(accepted=False), trial=trial))
        if blamed is None:
            if trial is None:
                raise error
            return True
        _log.warning("%s: %s", self._holdings.resource, error)
        widest = _widest(of(blamed.requests, view.held))
        if not widest:
            self._put_off(view, blamed, error)
            return True
        if not self._takes_others(view):
            return False
        taken = turn.trial.taken if turn.trial else ()
        self._holdings.fail(widest, cause=_cause(blamed, widest, error, taken=taken))
        return True

    def _put_off(self, view: View, piece: Piece, error: Forbidden | Impossible) -> None:
        """Leave for later what is left of requests that are not being made any more."""
        self._book.save(self._book.ledger.put_off(piece.marks, now=self._clock(), wait=backoff))
        self._holdings.trouble([each for each in view.held if not piece.keys.isdisjoint(keys(each))], error)

    def _takes_others(self, view: View) -> bool:
        """Say whether Google takes a write that changes nothing, as it did before: until then nobody is to blame.

        Such a write has no effect whenever it arrives, so no attempt is recorded. Raises what Google says where it
        refuses that as well: the permission was lost in the middle, and all is to be tried anew.
        """
        if self._clock() + WRITE > self._book.until:
            return False
        try:
            self._granter.write(
                view.snapshot, remove=(), add=(), timeout=WRITE.total_seconds(), reason="what was refused"
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
