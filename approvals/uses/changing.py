"""Changing the policy: one that is looser than the one in force is held until people accept the difference.

What is asked is an action of the service itself, which it uses once: it puts the policy in force. What is held is
noted in the store as a guard, so that all processes and restarts mean the same one.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import msgspec

from approvals.chaining import SERVICE
from approvals.freezes import forcing
from approvals.guards import Guard
from approvals.ids import application_ref
from approvals.policy import itself
from approvals.policy.loosening import LABELS, Difference
from approvals.policy.parties import Application
from approvals.ports.store import Guards, StoredPolicy
from approvals.refusals.errors import Conflict, Refused
from approvals.requests import Request, undecided, usable
from approvals.targets import Given
from approvals.telling.news import Forced
from approvals.uses.acting import Acting, ActingStore
from approvals.uses.errands import Errand
from countersign_client import shapes

GUARD = "policy"
HELD, CLOSED = "policy.held", "policy.closed"
"""What the installation's chain calls it: a policy is held; no more."""

_log = logging.getLogger(__name__)


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What is held, by its digest, and instead of which policy in force. Empty digests: nothing is held."""

    v: int = 1
    digest: str = ""
    in_force: str = ""
    source: str = ""
    since: datetime | None = None


class Loosened(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that is looser than the one in force, and all in which it is other."""

    digest: str
    in_force: str
    source: str
    differences: tuple[Difference, ...]

    @property
    def errand(self) -> Errand:
        return Errand(action=itself.ACTION, parameters=tuple(self._parameters()))

    def _parameters(self) -> Iterator[Given]:
        yield Given(name="digest", label="New policy", type="string", value=self.digest)
        yield Given(name="in_force", label="In force", type="string", value=self.in_force)
        yield Given(name="source", label="Read from", type="string", value=self.source)
        # What is looser first: that is what people are asked for.
        ordered = sorted(self.differences, key=lambda each: list(LABELS).index(each.side))
        for number, each in enumerate(ordered, start=1):
            value = f"{each.of}: {each.text}"
            yield Given(name=f"difference-{number}", label=LABELS[each.side], type="string", value=value)


class ChangingStore(ActingStore, Guards, Protocol):
    """The part of a store that a change of the policy needs."""


class _Itself:
    """Who asks: this service."""

    application = Application(id=itself.APPLICATION, title="")


_ITSELF = _Itself()


class Changing:
    """Has people accept a looser policy."""

    def __init__(self, *, store: ChangingStore, acting: Acting) -> None:
        self._store = store
        self._acting = acting

    def ask(self, wanted: Loosened, *, now: datetime) -> Request:
        """Hold it, and ask for it once; what was asked for another one is withdrawn.

        Raises what asking for an action does, or `Conflict` when another process held something meanwhile.
        """
        number, hold = held(self._store)
        if not _same(hold, wanted) or self._withdrawn(number):
            noted = Hold(digest=wanted.digest, in_force=wanted.in_force, source=wanted.source, since=now)
            _move(self._store, number, noted, action=HELD, now=now)
            number += 1
        self._withdraw(number - 1, now=now)
        return self._acting.ask(_ITSELF, wanted.errand, itself.PERSON, key=str(number), now=now)

    def asked(self, wanted: Loosened) -> Request | None:
        """The request for exactly this one; None where there is none, or something else is held by now."""
        number, hold = held(self._store)
        return self._store.filed(_key(number)) if _same(hold, wanted) else None

    def accepted(self, wanted: Loosened, *, now: datetime) -> bool:
        """So many people accepted exactly this one, instead of exactly that one. It is used by that, once."""
        request = self.asked(wanted)
        if request is None or not (usable(request) or request.state == "used"):
            return False
        try:
            self._acting.consume(_ITSELF, request.id, wanted.errand, key=request.id, now=now)
        except Refused as refusal:
            _log.warning("the policy that was accepted by %s cannot be put in force: %s", request.id, refusal.code)
            return False
        return True

    def close(self, wanted: Loosened, *, now: datetime) -> None:
        """Hold it no more, whatever became of it: it is in force, or it was taken back.

        What another process holds by now stays, also the same policy in the place of another one.
        """
        number, hold = held(self._store)
        if _same(hold, wanted):
            self._close(number, now=now)

    def _close(self, number: int, *, now: datetime, reason: str = "") -> None:
        # Withdrawn first: whoever dies in between leaves nobody a card that leads to nothing.
        self._withdraw(number, reason=reason, now=now)
        with suppress(Conflict):
            _move(self._store, number, Hold(), action=CLOSED, now=now)

    def settle(self, in_force: StoredPolicy, *, now: datetime) -> Forced | None:
        """Hold nothing that was to be instead of another policy than this one.

        Returns what is known of it where an operator forced this one.
        """
        number, hold = held(self._store)
        found = forcing.forced(self._store, in_force)
        if hold.digest and hold.in_force != in_force.digest:
            forced = found is not None and hold.digest == in_force.digest
            self._close(number, reason=itself.FORCED if forced else "", now=now)
        return found

    def clear(self, *, now: datetime) -> None:
        """Hold nothing that is noted: another policy comes into force than the one it was to be instead of."""
        number, hold = held(self._store)
        if hold.digest:
            self._close(number, now=now)

    def _withdrawn(self, number: int) -> bool:
        request = self._store.filed(_key(number))
        return request is not None and request.state == "withdrawn"

    def _withdraw(self, number: int, *, now: datetime, reason: str = "") -> None:
        request = self._store.filed(_key(number))
        if request is not None and undecided(request):
            with suppress(Refused):
                self._acting.withdraw(_ITSELF, request.id, reason=reason, now=now)


def held(store: Guards) -> tuple[int, Hold]:
    """What is held, and how often that changed. What cannot be read is nothing held."""
    found = store.guarded(GUARD)
    try:
        return found.value, shapes.decode(found.body, Hold) if found.body else Hold()
    except (msgspec.MsgspecError, UnicodeError):
        return found.value, Hold()


def request_of(store: ActingStore, number: int) -> Request | None:
    """What was asked when this was held."""
    return store.filed(_key(number))


def _move(store: Guards, number: int, hold: Hold, *, action: str, now: datetime) -> None:
    said = {"digest": hold.digest, "in_force": hold.in_force} if hold.digest else {}
    guard = Guard(name=GUARD, value=number)
    store.advance(guard, body=msgspec.json.encode(hold), at=now, actor=SERVICE, action=action, detail=said)


def _same(hold: Hold, wanted: Loosened) -> bool:
    return (hold.digest, hold.in_force) == (wanted.digest, wanted.in_force)


def _key(number: int) -> str:
    return f"{application_ref(itself.APPLICATION)}:{number}"
