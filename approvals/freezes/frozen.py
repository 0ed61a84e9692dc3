"""What is frozen, as one process knows it: by whoever acts it is asked, and held on to by whatever they change."""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from approvals.epochs import EPOCH, Epoch
from approvals.freezes import parting
from approvals.freezes.freezing import epoch_of, read
from approvals.guards import Guard, GuardFailed
from approvals.parts import PARTS, Part, Parts, Unread, parts_of
from approvals.people.principals import IdentityRules
from approvals.ports.store import Guards
from approvals.refusals.errors import Refused, Unavailable

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Frozen(NamedTuple):
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
        epoch, parts = self.whole()
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
        epoch, parts = self.whole()
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
        epoch, parts = self.whole()
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
