"""Freezing and thawing by the policy's administrators: everything, one entitlement or action, or one person.

Whoever is frozen themselves moves nothing, not even what holds up others: a stolen account could undo by that what
holds it up. Another administrator does, or whoever is at the machine.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from approvals import changes
from approvals.changes import Beside
from approvals.epochs import Epoch
from approvals.freezes import freezing, parting
from approvals.freezes.frozen import require_free
from approvals.identities import Identity
from approvals.ids import new_salt
from approvals.judging.cases import Cases
from approvals.parts import Part
from approvals.people.principals import principal
from approvals.policy.model import Policy, approvers, deciding_stages
from approvals.policy.selectors import people
from approvals.ports.store import Guards
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import TYPED_LENGTH, Typed, says_something, typed
from approvals.uses.administrators import administers, require_among

Of = Literal["everything", "entitlement", "person"]


class StandingFreeze(msgspec.Struct, frozen=True, kw_only=True):
    """One freeze: of what, by whom, since when and why. `name` is empty of everything."""

    of: Of
    name: str = ""
    by: str = ""
    since: datetime | None = None
    reason: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy names that can be frozen: ids with their titles, and people. Others it may not know of."""

    titles: Mapping[str, str]
    people: tuple[str, ...]


Keeping = Callable[[StandingFreeze], Beside]
"""What is kept with a move, made of what it froze or thawed."""


class Freezing:
    """What administrators may freeze and thaw, and nobody else."""

    def __init__(self, *, store: Guards, cases: Cases) -> None:
        self._store = store
        self._cases = cases

    def require(self, identity: Identity, *, now: datetime) -> None:
        """Raise `NotFound` for who is no administrator, and `Unavailable` where that is not known now."""
        require_among(administers(self._cases, identity, now=now), "administrators")

    def standing(self, identity: Identity, *, now: datetime) -> Sequence[StandingFreeze]:
        """All that is frozen, everything first. Raises as `require` does, or `Unavailable` where it is damaged."""
        self.require(identity, now=now)
        parts = parting.read(self._store)
        if parts.damaged:
            raise Unavailable("what is frozen cannot be read: `countersign thaw --entitlement ID` ends that")
        return [*_of_everything(freezing.read(self._store)), *map(_of_part, parts.parts)]

    def choice(self) -> Choice:
        """What there is to choose from, for whom `require` lets in."""
        policy = self._cases.policy()
        offered = policy.offered
        named = [each for some in offered for each in (*some.requesters, *approvers(deciding_stages(some)))]
        listed = [each for members in policy.groups.values() for each in members]
        return Choice(
            titles={each.id: each.title for each in offered},
            people=tuple(sorted(people(policy, dict.fromkeys((*named, *listed))).known)),
        )

    def freeze(
        self, identity: Identity, of: Of, name: str, *, why: str, now: datetime, beside: Keeping | None = None
    ) -> StandingFreeze:
        """Freeze it at once.

        Raises as `require` does, `Refused` with all that is against it, or `Conflict`.
        """
        self.require(identity, now=now)
        by, policy = identity.principal, self._cases.policy()
        _raise_all([*_unknown(policy, of, name), *_faults(why)])
        reason = typed(why.strip(), salt=new_salt())
        part = _part(policy, of, name, by=by, reason=reason, now=now)
        done = _of_part(part) if part else StandingFreeze(of="everything", by=by, since=now, reason=reason.text)

        def require() -> None:
            if held := self._held(identity, done.of, done.name):
                raise Refused("already_frozen", name=held.name, person=held.by, said=held.reason)

        kept = _kept(beside, done)
        if part is not None:
            parting.freeze(self._store, part, now=now, require=require, beside=kept)
        else:
            freezing.freeze(self._store, by=by, why=reason, now=now, require=require, beside=kept)
        return done

    def thaw(
        self, identity: Identity, of: Of, name: str, *, why: str, now: datetime, beside: Keeping | None = None
    ) -> StandingFreeze:
        """Lift a freeze, and return what it was. Raises as `freeze` does."""
        self.require(identity, now=now)
        _raise_all(_faults(why))
        wanted = (_address(name) if of == "person" else "") or name.strip()

        def found() -> StandingFreeze:
            if held := self._held(identity, of, wanted):
                return held
            raise Refused("not_frozen", name=wanted)

        done, by, reason = found(), identity.principal, typed(why.strip(), salt=new_salt())
        kept = _kept(beside, done)
        if done.of == "everything":
            freezing.thaw(self._store, by=by, why=reason, now=now, require=found, beside=kept)
        else:
            parting.thaw(self._store, done.of, done.name, by=by, why=reason, now=now, require=found, beside=kept)
        return done

    def _held(self, identity: Identity, of: Of, name: str) -> StandingFreeze | None:
        """The freeze of this; None where there is none. Raises where whoever moves it is frozen themselves."""
        parts = parting.read(self._store).by(self._cases.policy().identity)
        require_free(parts, identity.principal)
        if of == "everything":
            return next(_of_everything(freezing.read(self._store)), None)
        part = parts.named(of, name)
        return _of_part(part) if part is not None else None


def _of_everything(epoch: Epoch) -> Iterator[StandingFreeze]:
    if epoch.frozen:
        yield StandingFreeze(of="everything", by=epoch.last.by, since=epoch.began, reason=epoch.why)


def _of_part(part: Part) -> StandingFreeze:
    return StandingFreeze(of=part.kind, name=part.name, by=part.by, since=part.at, reason=part.why)


def _unknown(policy: Policy, of: Of, name: str) -> Iterator[Refused]:
    """What is against the name: that the policy knows nothing, and nobody, of this name."""
    if of == "entitlement" and policy.named(name.strip()) is None and not policy.unasked(name.strip()):
        yield Refused("freezing.entitlement", name=name.strip())
    if of == "person" and not _person(policy, name):
        yield Refused("freezing.person", name=name.strip(), names=policy.identity.domains)


def _part(policy: Policy, of: Of, name: str, *, by: str, reason: Typed, now: datetime) -> Part | None:
    """What is to be frozen; None of everything."""
    if of == "everything":
        return None
    if of == "entitlement":
        return Part(kind=of, name=name.strip(), by=by, at=now, reason=reason)
    person = _person(policy, name)
    known = dict.fromkeys((_address(name), *policy.identity.addresses(person)))
    return Part(kind=of, name=person, addresses=tuple(known), by=by, at=now, reason=reason)


def _person(policy: Policy, name: str) -> str:
    """The one address of somebody who can ask or decide here; empty for everybody else's."""
    rules, address = policy.identity, _address(name)
    person = rules.primary(address) if address else ""
    return person if rules.knows(person) else ""


def _address(name: str) -> str:
    """An address as it is compared; empty for what is none."""
    try:
        return principal(name.strip())
    except Refused:
        return ""


def _faults(why: str) -> Iterator[Refused]:
    if not says_something(why):
        yield Refused("why.freeze")
    elif len(why.strip()) > TYPED_LENGTH:
        yield Refused("justification.long", most=TYPED_LENGTH)


def _raise_all(faults: Iterable[Refused]) -> None:
    found = list(faults)
    if found:
        raise found[0].besides(found[1:])


def _kept(beside: Keeping | None, done: StandingFreeze) -> changes.With:
    return changes.nothing if beside is None else lambda: beside(done)
