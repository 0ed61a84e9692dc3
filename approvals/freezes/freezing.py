"""The freeze: nobody asks, votes, decides or gets access while it lasts; taking away goes on.

Beside everything, an entitlement or a person is frozen by itself (`approvals.freezes.parting`).

The store keeps an epoch as a guard, and it only grows: at an odd number everything is frozen. Whoever decides
holds on to the epoch that was read before, so that a decision from before a freeze is not kept after it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from approvals.again import again
from approvals.changes import With, nothing
from approvals.epochs import EPOCH, Epoch, Move
from approvals.freezes.parting import Require, anybody
from approvals.guards import Guarded
from approvals.ports.store import Guards
from approvals.reviews import Typed, typed
from approvals.times import rfc3339
from countersign_client import shapes
from countersign_client.chain import Entry

FROZEN, THAWED = "frozen", "thawed"
"""What the installation's chain calls the two moves."""

_ATTEMPTS = 5


def read(store: Guards) -> Epoch:
    """Whether a store is frozen. The number says it: where what was said of it is damaged, that is left out."""
    return epoch_of(store.guarded(EPOCH))


def epoch_of(guarded: Guarded) -> Epoch:
    try:
        last = _last(guarded)
    except (msgspec.MsgspecError, UnicodeError):
        last = Move()
    return Epoch(number=guarded.value, last=last)


def _last(guarded: Guarded) -> Move:
    return shapes.decode(guarded.body, Move) if guarded.body else Move()


def freeze(
    store: Guards,
    *,
    by: str,
    why: Typed | None,
    now: datetime,
    require: Require = anybody,
    beside: With = nothing,
) -> Entry | None:
    """Freeze everything at once: no decision is kept from here on.

    Where it is frozen already, another reason takes the place of the one before. None where nothing was changed.
    Raises what `require` and `beside` do.
    """
    return _moved(store, frozen=True, by=by, why=why, now=now, require=require, beside=beside)


def thaw(
    store: Guards,
    *,
    by: str,
    why: Typed | None,
    now: datetime,
    require: Require = anybody,
    beside: With = nothing,
) -> Entry | None:
    """Let everything go on. None where nothing is frozen. Raises as `freeze` does."""
    return _moved(store, frozen=False, by=by, why=why, now=now, require=require, beside=beside)


def _moved(
    store: Guards,
    *,
    frozen: bool,
    by: str,
    why: Typed | None,
    now: datetime,
    require: Require,
    beside: With,
) -> Entry | None:
    def moved() -> Entry | None:
        epoch = read(store)
        require()
        again_frozen = frozen and epoch.frozen
        if epoch.frozen == frozen and not (again_frozen and _is_another(why, epoch)):
            return None
        move = Move(by=by, at=now, why=why, began=(epoch.began or now) if again_frozen else None)
        return store.advance(
            epoch.guard,
            body=msgspec.json.encode(move),
            at=now,
            actor=by,
            action=FROZEN if frozen else THAWED,
            detail=told(move),
            # What is frozen stays so: the number grows all the same, by which everybody notices.
            steps=2 if again_frozen else 1,
            beside=beside(),
        )

    return again(moved, attempts=_ATTEMPTS, changing="the freeze")


def _is_another(why: Typed | None, epoch: Epoch) -> bool:
    return why is not None and why.text != epoch.why


def told(move: Move) -> dict[str, str]:
    """What the chain says of a move besides who and when: of the reason its digest."""
    comment = {} if move.why is None else {"comment": move.why.digest}
    return comment if move.began is None else comment | {"began": rfc3339(move.began)}


def faults(guarded: Guarded, entries: Sequence[Entry]) -> Iterator[str]:
    """Say what of the last move that is stored is not so by the installation's chain."""
    try:
        last = _last(guarded)
    except (msgspec.MsgspecError, UnicodeError):
        yield "what was said of the freeze cannot be read"
        return
    moves = [entry for entry in entries if entry.action in (FROZEN, THAWED)]
    said = {k: v for k, v in moves[-1].detail.items() if k in ("comment", "began")} if moves else {}
    stored = (last.v, last.by, rfc3339(last.at) if last.at else "", told(last))
    whole = msgspec.json.encode(last) == guarded.body
    if not moves or not whole or stored != (Move().v, moves[-1].actor, moves[-1].at, said):
        yield "it was frozen or thawed otherwise than its chain tells"
    elif last.why is not None and typed(last.why.text, salt=last.why.salt) != last.why:
        yield "the reason of the freeze is not the one that its digest covers"
