"""Which part of a write that Google refused is to blame.

Google says no to a whole policy. So the pieces are tried apart: first what only takes away, alone; then what gets
a shorter window; then the others, in halves. Nobody is blamed before a write that adds nothing was accepted: until
then it may be the resource itself.
"""

from collections.abc import Iterable, Sequence

import msgspec

from approvals.access.bindings import Key
from approvals.ledgers.pieces import Piece

Part = tuple[Key, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parts that are still to be tried, by the names of their pieces, a write each.

    `proved`: since it began, a write that adds nothing was accepted. `taken` are the roles of which Google has
    taken changes since.
    """

    parts: tuple[Part, ...] = ()
    proved: bool = False
    taken: tuple[str, ...] = ()


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What to write now: some pieces, and none for a write that changes nothing, which only proves."""

    pieces: tuple[Piece, ...]
    trial: Trial | None = None

    @property
    def adds(self) -> bool:
        return any(piece.add for piece in self.pieces)

    @property
    def gives(self) -> bool:
        return any(piece.gives for piece in self.pieces)

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
    taken = {mark.role for piece in done.pieces for mark in piece.marks}.union(done.trial.taken)
    return Trial(parts=parts, proved=proved, taken=tuple(sorted(taken))) if parts else None


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
        return (msgspec.structs.replace(done.trial, parts=rest) if rest else None), done.pieces[0]
    return msgspec.structs.replace(done.trial, parts=(*_halves(done.pieces), *rest)), None


def _begun(some: Sequence[Piece]) -> tuple[Trial | None, Piece | None]:
    takes, shorter, gives = (_of(some, rank) for rank in _RANKS)
    if len(takes) == len(some):
        return (Trial(parts=_halves(takes)), None) if len(takes) > 1 else (None, takes[0])
    first = (_names(takes),) if takes else ()
    return Trial(parts=(*first, *_halves(shorter), *_halves(gives))), None


def _facing(trial: Trial, some: Sequence[Piece]) -> Trial:
    """The trial over the pieces that there are now.

    What only takes away by now, since its grant ended, waits no longer among what gives.
    """
    parts = [_highest(_named(part, some)) for part in trial.parts]
    listed = {piece.name for part in parts for piece in part}
    fresh = [piece for piece in some if piece.name not in listed]
    takes, shorter, gives = (_of(fresh, rank) for rank in _RANKS)
    ordered = sorted(filter(None, (takes, shorter, *parts, gives)), key=lambda part: _rank(part[0]))
    return msgspec.structs.replace(trial, parts=tuple(_names(part) for part in ordered))


_RANKS = range(3)


def _rank(piece: Piece) -> int:
    """What only takes away comes first, and what gives somebody more comes last."""
    return (1 + piece.gives) if piece.add else 0


def _of(some: Iterable[Piece], rank: int) -> list[Piece]:
    return [piece for piece in some if _rank(piece) == rank]


def _highest(part: Sequence[Piece]) -> list[Piece]:
    """Those of the rank of its last."""
    return _of(part, max(map(_rank, part), default=0))


def _halves(some: Iterable[Piece]) -> tuple[Part, ...]:
    """Two parts, or one of a single piece. Those with the same roles stand together: often a role is to blame."""
    names = _names(some)
    middle = len(names) // 2
    return tuple(part for part in (names[:middle], names[middle:]) if part)


def _names(some: Iterable[Piece]) -> Part:
    return tuple(sorted(piece.name for piece in some))


def _named(part: Part, some: Iterable[Piece]) -> tuple[Piece, ...]:
    names = frozenset(part)
    return tuple(piece for piece in some if piece.name in names)
