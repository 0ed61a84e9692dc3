"""Which part of a write that Google refused is to blame.

Google says no to a whole policy. So the pieces are tried apart: first what only takes away, alone; then the
others, in halves. Nobody is blamed before a write that adds nothing was accepted: until then it may be the
resource itself.
"""

from collections.abc import Iterable, Sequence

import msgspec

from approvals.bindings import Key
from approvals.ledgers.pieces import Piece

Part = tuple[Key, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parts that are still to be tried, by the names of their pieces, a write each.

    `proved`: since it began, a write that adds nothing was accepted.
    """

    parts: tuple[Part, ...] = ()
    proved: bool = False


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What to write now: some pieces, and none for a write that changes nothing, which only proves."""

    pieces: tuple[Piece, ...]
    trial: Trial | None = None

    @property
    def adds(self) -> bool:
        return any(piece.add for piece in self.pieces)

    @property
    def removes(self) -> bool:
        return any(piece.remove for piece in self.pieces)


def next_batch(trial: Trial | None, some: Sequence[Piece]) -> Batch | None:
    """What to write next of these pieces; None when there is nothing to write.

    What has come up since the trial began is tried with it: what only takes away before all else.
    """
    if not some:
        return None
    if trial is None:
        return Batch(pieces=tuple(some))
    facing = _facing(trial, some)
    first = _named(facing.parts[0], some)
    proves = any(piece.add for piece in first) and not facing.proved
    return Batch(pieces=() if proves else first, trial=facing)


def accepted(done: Batch) -> Trial | None:
    """The trial after Google took a batch."""
    if done.trial is None:
        return None
    parts = done.trial.parts[1:] if done.pieces else done.trial.parts
    proved = done.trial.proved or not done.adds
    return Trial(parts=parts, proved=proved) if parts else None


def refused(done: Batch) -> tuple[Trial | None, Piece | None]:
    """The trial after Google refused a batch, and the piece that is to blame where that is known.

    Without a trial and without a piece it is the resource that cannot be written.
    """
    if not done.pieces:
        return None, None
    if done.trial is None:
        return _begun(done.pieces)
    rest = done.trial.parts[1:]
    if len(done.pieces) == 1:
        left = Trial(parts=rest, proved=done.trial.proved) if rest else None
        return left, done.pieces[0]
    return Trial(parts=(*_halves(done.pieces), *rest), proved=done.trial.proved), None


def _begun(some: Sequence[Piece]) -> tuple[Trial | None, Piece | None]:
    takes, gives = _takes(some), [piece for piece in some if piece.add]
    if not gives:
        return (Trial(parts=_halves(takes)), None) if len(takes) > 1 else (None, takes[0])
    first = (_names(takes),) if takes else ()
    return Trial(parts=(*first, *_halves(gives))), None


def _facing(trial: Trial, some: Sequence[Piece]) -> Trial:
    """The trial over the pieces that there are now."""
    there = {piece.name for piece in some}
    parts = [tuple(name for name in part if name in there) for part in trial.parts]
    listed = {name for part in parts for name in part}
    fresh = [piece for piece in some if piece.name not in listed]
    takes, gives = _takes(fresh), [piece for piece in fresh if piece.add]
    ordered = (_names(takes), *parts, _names(gives))
    return msgspec.structs.replace(trial, parts=tuple(part for part in ordered if part))


def _takes(some: Iterable[Piece]) -> list[Piece]:
    """What only takes away."""
    return [piece for piece in some if not piece.add]


def _halves(some: Iterable[Piece]) -> tuple[Part, ...]:
    """Two parts, or one of a single piece. Those with the same roles stand together: often a role is to blame."""
    names = _names(some)
    middle = len(names) // 2
    return tuple(part for part in (names[:middle], names[middle:]) if part)


def _names(some: Iterable[Piece]) -> Part:
    return tuple(sorted(piece.name for piece in some))


def _named(part: Part, some: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in some if piece.name in part)
