"""The freeze: nobody asks, votes, decides or gets access while it lasts; taking away goes on.

Beside everything, an entitlement or a person is frozen by itself (`approvals.parting`).

The store keeps an epoch as a guard, and it only grows: at an odd number everything is frozen. Whoever decides
holds on to the epoch that was read before, so that a decision from before a freeze is not kept after it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from approvals import parting
from approvals.again import again
from approvals.changes import With, nothing
from approvals.epochs import EPOCH, Epoch, Move
from approvals.errors import Refused, Unavailable
from approvals.guards import Guard, Guarded, GuardFailed
from approvals.parting import Require, anybody
from approvals.parts import PARTS, Part, Parts, Unread, parts_of
from approvals.ports.store import Guards
from approvals.principals import IdentityRules
from approvals.reviews import Typed, typed
from approvals.times import rfc3339
from countersign_client import shapes
from countersign_client.chain import Entry

T = TypeVar("T")

FROZEN, THAWED = "frozen", "thawed"
"""What the installation's chain calls the two moves."""

_ATTEMPTS = 5
_log = logging.getLogger(__name__)


class Frozen(msgspec.Struct, frozen=True):
    """The freeze of everything, and what is frozen by itself."""

    epoch: Epoch
    parts: Parts

    def __bool__(self) -> bool:
        return self.epoch.frozen or bool(self.parts.parts)


class Freeze:
    """Knows whether everything is frozen, for all threads of one process.

    What it remembers may be old. That does no harm to what holds on to it: where it is, nothing of it is kept.
    """

    def __init__(self, store: Guards, *, rules: Callable[[], IdentityRules]) -> None:
        """`rules` returns the current policy's, which say by which addresses somebody is known."""
        self._store = store
        self._rules = rules
        self._known: Epoch | None = None
        self._parts: Parts | None = None
        self._last = (Epoch(), Parts())

    def epoch(self) -> Epoch:
        """Read how it is now."""
        found = read(self._store)
        self._known = found
        return found

    def parts(self) -> Parts:
        """Read what is frozen by itself now."""
        found = parting.read(self._store)
        self._parts = found
        return found.by(self._rules())

    def whole(self) -> Frozen:
        """Read both as they are at one moment."""
        epoch, parts = self._store.guarded_together(EPOCH, PARTS)
        self._known, self._parts = epoch_of(epoch), parts_of(parts)
        return Frozen(self._known, self._parts.by(self._rules()))

    def known_parts(self) -> Parts:
        """What was read last of what is frozen by itself."""
        return self._parts.by(self._rules()) if self._parts is not None else self.parts()

    def moved(self) -> bool:
        """Whether it was frozen or thawed since this was asked last; the log says so. At first: whether ever."""
        now = self.whole()
        epoch, parts = now.epoch, now.parts
        (before, earlier), self._last = self._last, (epoch, parts)
        if epoch.number != before.number and (epoch.frozen or before.frozen):
            _say(epoch)
        if parts.number != earlier.number:
            _log.warning(
                "frozen by itself: %s", ", ".join(f"{each.kind} {each.name}" for each in parts.parts) or "-"
            )
        return (epoch.number, parts.number) != (before.number, earlier.number)

    @property
    def known_frozen(self) -> bool:
        """What was read last, without reading again."""
        return self._known is not None and self._known.frozen

    def against(self, entitlement: str, *people: str, exempt: bool = False) -> Epoch | Part | Unread | None:
        """The freeze that holds up what is asked for or decided there by these people; None where none does.

        While nobody can read what is frozen by itself, that is one of all of it, as for whoever acts.

        Whatever is `exempt` is so from a freeze of everything alone.
        """
        now = self.whole()
        epoch, parts = now.epoch, now.parts
        if epoch.frozen and not exempt:
            return epoch
        return parts.unread or parts.against(entitlement, people)

    @property
    def remembered(self) -> tuple[Part, ...]:
        """What was read last of what is frozen by itself, without reading it."""
        return self._parts.parts if self._parts is not None else ()

    def require_thawed(self, entitlement: str, *people: str, you: str = "", exempt: bool = False) -> None:
        """Raise `Refused` of kind `frozen` while everything is, or this entitlement or one of these people.

        `you` is whoever is told so. Whatever is `exempt` is so from a freeze of everything alone.
        """
        now = self.whole()
        epoch, parts = now.epoch, now.parts
        if not exempt:
            _require_thawed(epoch)
        _require_free(parts, entitlement, people, you)

    def guards(self, entitlement: str, *people: str, you: str = "") -> tuple[Guard, ...]:
        """What a change holds on to that a freeze stops. Raises as `require_thawed` does."""
        known = self._known
        if known is None or known.frozen:
            known = self.epoch()
        _require_thawed(known)
        return (known.guard, *self._free(entitlement, people, you))

    def held(self, entitlement: str, *, you: str) -> tuple[Guard, ...]:
        """What a change holds on to that a freeze of everything does not stop: that is as it was read.

        Raises `Refused` where this entitlement or one of these people is frozen by itself.
        """
        return ((self._known or self.epoch()).guard, *self._free(entitlement, (), you))

    def _free(self, entitlement: str, people: tuple[str, ...], you: str) -> tuple[Guard, ...]:
        known = self.known_parts()
        if known.holds(entitlement, *people, you):
            known = self.parts()
        _require_free(known, entitlement, people, you)
        return (known.guard,)

    def kept(self, write: Callable[[], T]) -> T:
        """What a write comes to. One that held on to an old epoch is not kept, and the next one reads it anew."""
        try:
            return write()
        except GuardFailed:
            self._known = self._parts = None
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


def _require_thawed(epoch: Epoch) -> None:
    if epoch.frozen:
        raise Refused("frozen", said=epoch.why)


def _require_free(parts: Parts, entitlement: str, people: Iterable[str], you: str) -> None:
    require_free(parts, you)
    found = parts.against(entitlement, people)
    if found is None:
        return
    if found.kind == "person":
        raise Refused("frozen.person", person=found.name, said=found.why)
    raise Refused("frozen.entitlement", name=found.name, said=found.why)


def require_free(parts: Parts, you: str) -> None:
    """Raise `Refused` with code `frozen.you` where who is told so is frozen, `Unavailable` where nobody knows."""
    if parts.damaged:
        raise Unavailable("what is frozen cannot be read: `countersign thaw --entitlement ID` ends that")
    yours = parts.against("", (you,))
    if yours is not None:
        raise Refused("frozen.you", person=yours.by, said=yours.why)


def _say(epoch: Epoch) -> None:
    if epoch.frozen:
        _log.warning("everything is frozen by %s, and stays so until `countersign thaw`", epoch.last.by)
    else:
        _log.warning("everything was thawed by %s", epoch.last.by)
