"""Heeding a signal: what somebody has is taken away, because a transmitter says what became of them.

A revoked session takes what was asked for by then, for whoever held the session may have asked; the person may ask
anew at once. A disabled account takes all, with every absence, as of a leaver (ADR 99).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from approvals import absences
from approvals.chaining import SERVICE
from approvals.changes import Mark, Marked, Telling
from approvals.grants import LEFT, SESSION, Gone
from approvals.people.principals import IdentityRules
from approvals.ports.store import Guards, Marks
from approvals.requests import Request
from approvals.signals import OLDEST, SKEW, Ends, Signal
from approvals.subjects import subjects
from approvals.taking import TakingStore, take

HEEDED = "signal.heeded"
"""What the installation's chain calls it."""

_CAUSES: Mapping[Ends, Gone] = {"session": SESSION, "account": LEFT}


class HeedingStore(TakingStore, Marks, Guards, Protocol):
    """The part of a store that it needs."""


class Heeded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a signal: it was `heeded` and took these, came `again`, or ends nothing (`idle`)."""

    outcome: Literal["heeded", "again", "idle"]
    taken: tuple[Request, ...] = ()
    absences: int = 0


class Heeding:
    """Takes what a signal ends. `woken` is told which subjects became due."""

    def __init__(
        self,
        *,
        store: HeedingStore,
        rules: Callable[[], IdentityRules],
        woken: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._rules = rules
        self._woken = woken

    def heed(self, signal: Signal, *, now: datetime) -> Heeded:
        """Take it all, and note at last that this signal was heeded.

        Whoever dies in between has not answered: the same signal comes again, and takes what was left. Raises
        `Conflict` where a request changes too fast.
        """
        if signal.ends is None or not signal.person:
            return Heeded(outcome="idle")
        mark = Mark(name=_name(signal), until=signal.issued + OLDEST + SKEW)
        if self._store.mark(mark.name) is not None:
            return Heeded(outcome="again")
        found = self._take(signal, now=now)
        told = Telling(at=now, actor=SERVICE, action=HEEDED, detail=_told(signal, found))
        try:
            self._store.spend(mark, telling=told if found.taken or found.absences else None)
        except Marked:
            # Another delivery was faster: what each of them took, the other one left.
            return Heeded(outcome="again", taken=found.taken, absences=found.absences)
        return found

    def _take(self, signal: Signal, *, now: datetime) -> Heeded:
        rules, ended = self._rules(), 0
        people = tuple(dict.fromkeys((*rules.addresses(signal.person), signal.person)))
        found = [each for person in people for each in self._store.open_of(person)]
        if signal.ends == "session":
            found = [each for each in found if each.filed <= signal.issued + SKEW]
        taken = []
        for each in take(self._store, found, cause=_CAUSES[signal.ends or "session"], now=now):
            taken.append(each)
            self._woken(subjects(each))
        if signal.ends == "account":
            ended = len(absences.end_of(self._store, people, by=SERVICE, now=now))
        return Heeded(outcome="heeded", taken=tuple(taken), absences=ended)


def _name(signal: Signal) -> str:
    """What is kept of it. A transmitter's own names may be of any length and kind."""
    named = hashlib.sha256(signal.jti.encode()).hexdigest()
    return f"signal:{signal.transmitter}:{named}"


def _told(signal: Signal, found: Heeded) -> dict[str, str | int]:
    return {
        "transmitter": signal.transmitter,
        "event": signal.event,
        "person": signal.person,
        "taken": len(found.taken),
        "absences": found.absences,
    }
