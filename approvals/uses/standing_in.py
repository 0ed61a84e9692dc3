"""Being away: saying until when and who stands in, and coming back."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals import absences
from approvals.cases import Cases
from approvals.errors import Refused, Unavailable
from approvals.identities import Identity
from approvals.ids import request_subject
from approvals.policy.selectors import answer
from approvals.ports.store import Guards, Reads, Work
from approvals.standins import Absence

LONGEST = timedelta(days=90)
"""Nobody is away for longer than that at once: what everybody has forgotten is nobody's decision."""


AT_ONCE = 50
"""Requests that are looked at because somebody leaves or comes back: the oldest that wait. Others are in time."""


class Stored(Guards, Reads, Work, Protocol):
    """What keeps absences, and the requests whose people they change."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What concerns one person: their own absence, and for whom they stand in."""

    absence: Absence | None
    by: tuple[Absence, ...]


class StandingIn:
    """Absences of approvers, where the policy says who may stand in."""

    def __init__(self, *, store: Stored, cases: Cases, woken: Callable[[Sequence[str]], None]) -> None:
        self._store = store
        self._cases = cases
        self._woken = woken

    @property
    def timezone(self) -> str:
        """The policy's time zone, for those of whom none is known."""
        return self._cases.policy().timezone

    def own(self, identity: Identity, *, now: datetime) -> Own:
        """What is so for this person now."""
        found = self._cases.standins(now=now)
        mine = tuple(each for each in found.absences if each.delegate == identity.principal)
        return Own(absence=found.of(identity.principal), by=mine)

    def leave(self, identity: Identity, *, until: datetime, delegate: str, now: datetime) -> Absence:
        """Be away until then, with somebody who stands in. It takes the place of what was said before.

        Raises `Refused` of kind `away` or `address`, or `Unavailable` where it cannot be known who may stand in.
        """
        if not now < until <= now + LONGEST:
            raise Refused("away.time", longest=int(LONGEST.total_seconds()))
        person = self._cases.policy().identity.primary(delegate)
        self._require_delegate(identity, person, now=now)
        absence = Absence(
            person=identity.principal,
            delegate=person,
            since=now,
            until=until,
            generation=self._cases.generation(),
            account=identity.proof.account,
        )
        absences.leave(self._store, absence, now=now)
        self._look_again(now)
        return absence

    def back(self, identity: Identity, *, now: datetime) -> Absence:
        """Be back. Raises `Refused` with code `away.not` where they were not away."""
        ended = absences.back(self._store, identity.principal, by=identity.principal, now=now)
        if ended is None:
            raise Refused("away.not")
        self._look_again(now)
        return ended

    def _look_again(self, now: datetime) -> None:
        """Have others asked of what waits, or them again. Where this is broken off it happens later."""
        subjects = [request_subject(each.id) for each in self._store.pending(limit=AT_ONCE)]
        for subject in subjects:
            self._store.wake(subject, due=now)
        self._woken(subjects)

    def _require_delegate(self, identity: Identity, person: str, *, now: datetime) -> None:
        policy = self._cases.policy()
        if not policy.delegates:
            raise Refused("away.off")
        if person == identity.principal:
            raise Refused("away.self")
        known = self._cases.about(person, selectors=policy.delegates, now=now).memberships
        found = answer(policy, policy.delegates, person, known)
        if found == "unknown":
            raise Unavailable("who may stand in could not be checked in time")
        if found == "no":
            raise Refused("away.delegate", person=person, approvers=policy.delegates)
        theirs = self._cases.standins(now=now).of(person)
        if theirs is not None:
            raise Refused("away.too", person=person)
