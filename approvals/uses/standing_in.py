"""Being away: saying until when and who stands in, and coming back."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec

from approvals import absences
from approvals.changes import Beside, nothing
from approvals.identities import Identity
from approvals.ids import request_subject
from approvals.judging.cases import Cases
from approvals.people.standins import Absence
from approvals.policy.selectors import answer, people
from approvals.ports.store import Guards, Reads, Work
from approvals.refusals.errors import Refused, Unavailable

LONGEST = timedelta(days=90)
"""Nobody is away for longer than that at once: what everybody has forgotten is nobody's decision."""

AT_ONCE = 50
"""Requests that are looked at before whoever leaves or comes back is answered: the oldest that wait."""


class Stored(Guards, Reads, Work, Protocol):
    """What keeps absences, and the requests whose people they change."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What concerns one person: their own absence, and for whom they stand in.

    `delegates` are the policy's selectors of whom they may name, `choice` those of them whom it names one by one.
    """

    absence: Absence | None
    by: tuple[Absence, ...]
    delegates: tuple[str, ...] = ()
    choice: tuple[str, ...] = ()


Keeping = Callable[[Absence | None], Beside]
"""What is kept with a move, made of what somebody's absence has become."""


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
        policy, found = self._cases.policy(), self._cases.standins(now=now)
        mine = tuple(each for each in found.absences if each.delegate == identity.principal)
        named = people(policy, policy.delegates).known - {identity.principal}
        return Own(
            absence=found.of(identity.principal),
            by=mine,
            delegates=policy.delegates,
            choice=tuple(sorted(named)),
        )

    def leave(
        self,
        identity: Identity,
        *,
        until: datetime | None,
        delegate: str | None,
        now: datetime,
        unread: Sequence[Refused] = (),
        beside: Keeping | None = None,
    ) -> Absence:
        """Be away until then, with somebody who stands in. It takes the place of what was said before.

        What could not be read is None, and `unread` says why. Raises `Refused` with that and all else that stands
        against it, or `Unavailable` where it cannot be known who may stand in.
        """
        wrong, person = [*unread], ""
        if until is not None and not now < until <= now + LONGEST:
            wrong.append(Refused("away.time", longest=int(LONGEST.total_seconds())))
        try:
            person = self._delegate(identity, delegate, now=now)
        except Refused as refusal:
            wrong.append(refusal)
        if wrong or until is None or delegate is None:
            raise wrong[0].besides(wrong[1:])
        absence = Absence(
            person=identity.principal,
            delegate=person,
            since=now,
            until=until,
            generation=self._cases.generation(),
            account=identity.proof.account,
        )
        kept = nothing if beside is None else partial(beside, absence)
        here = partial(self._require_here, person, now=now)
        absences.leave(self._store, absence, now=now, require=here, beside=kept)
        self._look_again(now)
        return absence

    def back(self, identity: Identity, *, now: datetime, beside: Keeping | None = None) -> Absence:
        """Be back. Raises `Refused` with code `away.not` where they were not away."""
        kept = nothing if beside is None else partial(beside, None)
        ended = absences.back(self._store, identity.principal, by=identity.principal, now=now, beside=kept)
        if ended is None:
            raise Refused("away.not")
        self._look_again(now)
        return ended

    def _look_again(self, now: datetime) -> None:
        """Have others asked, or them again, and delegates told. What is broken off is done in a minute."""
        subjects = [
            absences.SUBJECT,
            *(request_subject(each.id) for each in self._store.pending(limit=AT_ONCE)),
        ]
        for subject in subjects:
            self._store.wake(subject, due=now)
        self._woken(subjects)

    def _delegate(self, identity: Identity, named: str | None, *, now: datetime) -> str:
        """Whom they name. Raises `Refused` where that is nobody who may stand in for them."""
        policy = self._cases.policy()
        if not policy.delegates:
            raise Refused("away.off")
        if named is None:  # what could not be read is refused already
            return ""
        person = policy.identity.primary(named)
        if person == identity.principal:
            raise Refused("away.self")
        known = self._cases.about(person, selectors=policy.delegates, now=now).memberships
        found = answer(policy, policy.delegates, person, known)
        if found == "unknown":
            raise Unavailable("who may stand in could not be checked in time")
        if found == "no":
            raise Refused("away.delegate", person=person, approvers=policy.delegates)
        self._require_here(person, now=now)
        return person

    def _require_here(self, person: str, *, now: datetime) -> None:
        """Raise `Refused` where whoever is to stand in is away: nobody is stood in for by two steps."""
        if self._cases.standins(now=now).of(person) is not None:
            raise Refused("away.too", person=person)
