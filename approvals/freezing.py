"""The freeze: nobody asks, votes, decides or gets access while it lasts; taking away goes on.

The store keeps an epoch as a guard, and it only grows: at an odd number everything is frozen. Whoever decides
holds on to the epoch that was read before, so that a decision from before a freeze is not kept after it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from approvals.again import again
from approvals.epochs import EPOCH, Epoch, Move
from approvals.errors import Refused
from approvals.guards import Guard, Guarded, GuardFailed
from approvals.ports.store import Guards
from approvals.reviews import Typed, typed
from approvals.times import rfc3339
from countersign_client.chain import Entry

T = TypeVar("T")

FROZEN, THAWED = "frozen", "thawed"
"""What the installation's chain calls the two moves."""

_ATTEMPTS = 5
_log = logging.getLogger(__name__)


class Freeze:
    """Knows whether everything is frozen, for all threads of one process.

    What it remembers may be old. That does no harm to what holds on to it: where it is, nothing of it is kept.
    """

    def __init__(self, store: Guards) -> None:
        self._store = store
        self._known: Epoch | None = None
        self._last = Epoch()

    def epoch(self) -> Epoch:
        """Read how it is now."""
        found = read(self._store)
        self._known = found
        return found

    def moved(self) -> bool:
        """Whether it was frozen or thawed since this was asked last; the log says so. At first: whether ever."""
        found, before = self.epoch(), self._last
        self._last = found
        if found.number == before.number:
            return False
        if found.frozen or before.frozen:
            _say(found)
        return True

    @property
    def known_frozen(self) -> bool:
        """What was read last, without reading again."""
        return self._known is not None and self._known.frozen

    def require_thawed(self) -> None:
        """Raise `Refused` with code `frozen` while everything is."""
        _require_thawed(self.epoch())

    def guards(self) -> tuple[Guard, ...]:
        """What a change holds on to that a freeze stops. Raises `Refused` with code `frozen`."""
        known = self._known
        if known is None or known.frozen:
            known = self.epoch()
        _require_thawed(known)
        return (known.guard,)

    def held(self) -> tuple[Guard, ...]:
        """What a change holds on to that a freeze does not stop: it is as it was read, frozen or not."""
        return ((self._known or self.epoch()).guard,)

    def kept(self, write: Callable[[], T]) -> T:
        """What a write comes to. One that held on to an old epoch is not kept, and the next one reads it anew."""
        try:
            return write()
        except GuardFailed:
            self._known = None
            raise


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
    return msgspec.json.decode(guarded.body, type=Move) if guarded.body else Move()


def freeze(store: Guards, *, by: str, why: Typed | None, now: datetime) -> Entry | None:
    """Freeze everything at once: no decision is kept from here on.

    Where it is frozen already, another reason takes the place of the one before. None where nothing was changed.
    """
    return _moved(store, frozen=True, by=by, why=why, now=now)


def thaw(store: Guards, *, by: str, why: Typed | None, now: datetime) -> Entry | None:
    """Let everything go on. None where nothing is frozen."""
    return _moved(store, frozen=False, by=by, why=why, now=now)


def _moved(store: Guards, *, frozen: bool, by: str, why: Typed | None, now: datetime) -> Entry | None:
    def moved() -> Entry | None:
        epoch = read(store)
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


def _require_thawed(epoch: Epoch) -> None:
    if epoch.frozen:
        raise Refused("frozen", said=epoch.why)


def _say(epoch: Epoch) -> None:
    if epoch.frozen:
        _log.warning("everything is frozen by %s, and stays so until `countersign thaw`", epoch.last.by)
    else:
        _log.warning("everything was thawed by %s", epoch.last.by)
