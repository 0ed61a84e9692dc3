"""Reviews held against a requirement: what is met, what is missing, whose turn it is.

1. Only approvals count, and only of people who are approvers now; who is unknown is listed and not counted.
2. The requester never counts, nor does who owns a service account that asked. A person has one vote, the last,
   and counts once over all stages.
3. Stages are filled in order, and in each the reviews in order of time.
4. A review counts in a stage only if it was made in the way that the stage demands.
5. Only `Tally.met` makes a `Met`. A tally that was not made by `tally` can be drawn and never met.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import final

import msgspec

from approvals.errors import Refused, Unavailable
from approvals.memberships import Answer, Memberships
from approvals.policy.model import Policy, Requirement, Stage, approvers
from approvals.policy.quorum import Pool, first_unreachable, pools
from approvals.policy.selectors import answer
from approvals.reviews import Review, says_something, standing

_SEAL = object()


class StageTally(msgspec.Struct, frozen=True, kw_only=True):
    """One stage: who counts in it, and how many more it needs. `unknown` people count once they are checked."""

    counted: tuple[str, ...]
    unknown: tuple[str, ...]
    needed: int

    @property
    def missing(self) -> int:
        """How many more people it takes, counting nobody whose membership is unknown."""
        return max(0, self.needed - len(self.counted))


@final
class Met:
    """A requirement that one requester has met, and the people who count, in order. Only `Tally.met` makes one."""

    __slots__ = ("people", "requester", "requirement")

    def __init__(self, seal: object, *, requester: str, requirement: Requirement, people: tuple[str, ...]) -> None:
        if seal is not _SEAL:
            raise TypeError("what is met comes from a tally alone")
        self.requester = requester
        self.requirement = requirement
        self.people = people


@final
class Basis:
    """What a tally was counted from. Only `tally` makes one."""

    __slots__ = ("barred", "memberships", "policy", "requester", "requirement", "stages", "votes")

    def __init__(
        self,
        seal: object,
        *,
        requirement: Requirement,
        reviews: Iterable[Review],
        requester: str,
        owners: Collection[str] = (),
        policy: Policy,
        memberships: Memberships,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("evidence comes from tally() alone")
        self.requirement = requirement
        self.requester = requester
        self.policy = policy
        self.memberships = memberships
        self.barred = frozenset({requester, *map(self.primary, owners)})
        self.votes = self._votes(reviews)
        self.stages: tuple[StageTally, ...] = _count(self)

    def _votes(self, reviews: Iterable[Review]) -> dict[str, Review]:
        """Everybody's vote that stands, in order of time."""
        votes = sorted(standing(reviews, primary=self.primary), key=lambda review: review.at)
        return {self.primary(review.person): review for review in votes}

    def primary(self, person: str) -> str:
        return self.policy.identity.primary(person)

    def answer(self, stage: Stage, person: str) -> Answer:
        return answer(self.policy, stage.approvers, person, self.memberships)


class Tally(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    requirement: Requirement
    stages: tuple[StageTally, ...]
    basis: Basis | None = None

    @cached_property
    def open_index(self) -> int | None:
        """The place of the first stage that is not met; None when all are."""
        return _open(self.stages)

    @property
    def open_stage(self) -> Stage | None:
        """What the stage asks for whose turn it is; None when all are met."""
        index = self.open_index
        return None if index is None else self.requirement.stages[index]

    @property
    def signs(self) -> bool:
        """The stage whose turn it is demands a signature."""
        return self.open_stage is not None and bool(self.open_stage.sign)

    @property
    def missing(self) -> int:
        """How many more approvals it takes, over all stages."""
        return sum(stage.missing for stage in self.stages)

    def met(self) -> Met:
        """Return the proof that the requirement is met. Raises `Refused` with code `incomplete` otherwise."""
        basis = self.basis
        if basis is None or not _complete(basis):
            raise Refused("incomplete")
        people = tuple(person for stage in basis.stages for person in stage.counted)
        return Met(_SEAL, requester=basis.requester, requirement=basis.requirement, people=people)

    def turn(self, person: str, *, signed: bool) -> int:
        """Return the stage that an approval by this person would count in now. `signed`: with a typed signature.

        Raises `Refused` with a code that says why it would not: `self`, `not_waiting`, `not_approver`,
        `not_yet`, `not_needed`, `sign_required`, `needed_later`; `Unavailable` while it cannot be known.
        """
        basis, reviewer = self._reviewer(person)
        index = _open(basis.stages)
        if index is None:
            raise Refused("not_waiting")
        stage = basis.requirement.stages[index]
        found = basis.answer(stage, reviewer)
        if found == "unknown":
            raise Unavailable("whether this person may approve cannot be checked right now")
        if found == "no":
            raise _not_now(basis, reviewer, index)
        if stage.sign and not signed:
            raise Refused("sign_required")
        _keep_for_later(basis, reviewer, index)
        return index

    def _reviewer(self, person: str) -> tuple[Basis, str]:
        if self.basis is None:
            raise Unavailable("this tally was not counted")
        reviewer = self.basis.primary(person)
        if reviewer == self.basis.requester:
            raise Refused("self")
        if reviewer in self.basis.barred:
            raise Refused("owner")
        return self.basis, reviewer


def _never(rule: str, review: Review) -> bool:
    """Where nobody can judge votes, none counts that a rule looks at."""
    return False


def tally(
    requirement: Requirement,
    reviews: Iterable[Review],
    *,
    requester: str,
    policy: Policy,
    memberships: Memberships,
    owners: Collection[str] = (),
    fits: Callable[[str, Review], bool] = _never,
) -> Tally:
    """Count reviews against a requirement, with the groups of the given policy.

    `owners` are those of a service account that asked: no more than it do they count. `fits` says whether the
    requirement's `approve_when` takes a vote.
    """
    rule = requirement.approve_when
    reviews = [each for each in reviews if not rule or fits(rule, each)]
    basis = Basis(
        _SEAL,
        requirement=requirement,
        reviews=reviews,
        requester=policy.identity.primary(requester),
        owners=owners,
        policy=policy,
        memberships=memberships,
    )
    return Tally(requirement=requirement, stages=basis.stages, basis=basis)


def _count(basis: Basis) -> tuple[StageTally, ...]:
    used = set(basis.barred)
    counted: list[StageTally] = []
    for stage in basis.requirement.stages:
        one = _stage(basis, stage, used)
        used.update(one.counted)
        counted.append(one)
    return tuple(counted)


def _stage(basis: Basis, stage: Stage, used: Collection[str]) -> StageTally:
    # A stage that asks for nobody would be met by nothing.
    needed = max(1, stage.needed)
    counted: list[str] = []
    unknown: list[str] = []
    for person, review in basis.votes.items():
        if person in used or not _fits(stage, review):
            continue
        found = basis.answer(stage, person)
        if found == "yes" and len(counted) < needed:
            counted.append(person)
        elif found == "unknown":
            unknown.append(person)
    return StageTally(counted=tuple(counted), unknown=tuple(unknown), needed=needed)


def _fits(stage: Stage, review: Review) -> bool:
    if review.verdict != "approve":
        return False
    attestation = review.attestation
    return not stage.sign or (attestation is not None and says_something(attestation.printed_name.text))


def _open(stages: tuple[StageTally, ...]) -> int | None:
    for index, stage in enumerate(stages):
        if stage.missing:
            return index
    return None


def _complete(basis: Basis) -> bool:
    if basis.requirement.kind in ("self", "allow", "break_glass"):
        return not basis.requirement.stages
    if not _understood(basis.requirement):
        return False
    return bool(basis.stages) and _open(basis.stages) is None


def _understood(requirement: Requirement) -> bool:
    """Nothing in it demands what is not counted here: what a tally does not look at is never met."""
    plain = requirement.kind == "stages"
    return plain and not any(stage.order or stage.not_same for stage in requirement.stages)


def _not_now(basis: Basis, person: str, index: int) -> Refused | Unavailable:
    """Why somebody who is no approver of the open stage cannot approve now."""
    stages = basis.requirement.stages
    answers = [basis.answer(stage, person) for stage in stages]
    if "yes" in answers[index:]:
        now = stages[index]
        return Refused("not_yet", needed=now.needed, approvers=now.approvers, sign=now.sign)
    if "unknown" in answers[index:]:
        return Unavailable("whether this person may approve cannot be checked right now")
    if "yes" in answers:
        return Refused("not_needed")
    return Refused("not_approver.stage", approvers=approvers(stages[index:]))


def _keep_for_later(basis: Basis, person: str, index: int) -> None:
    """Refuse somebody whom a later stage cannot do without."""
    if index == len(basis.stages) - 1:
        return
    before = _places_left(basis)
    now = before[index]
    after = [*before]
    after[index] = Pool(candidates=now.candidates, needed=now.needed - 1, open=now.open)
    taken = {*basis.barred, *(person for stage in basis.stages for person in stage.counted)}
    if first_unreachable(before, excluded=taken) is not None:
        return
    short = first_unreachable(after, excluded={*taken, person})
    if short is not None:
        later = basis.requirement.stages[short]
        raise Refused("needed_later", needed=later.needed, approvers=later.approvers, sign=later.sign)


def _places_left(basis: Basis) -> list[Pool]:
    """The places still to fill, and who can: somebody who voted already only where that vote fits."""
    votes = basis.votes
    left: list[Pool] = []
    found = zip(
        basis.requirement.stages,
        basis.stages,
        pools(basis.policy, basis.requirement.stages),
        strict=True,
    )
    for stage, counted, pool in found:
        able = frozenset(who for who in pool.candidates if who not in votes or _fits(stage, votes[who]))
        left.append(Pool(candidates=able, needed=counted.missing, open=pool.open))
    return left


def asks_others(frozen: Tally, current: Tally | None) -> bool:
    """Whoever approves in one of them need not count in the other."""
    one, other = frozen.open_stage, current.open_stage if current is not None else None
    return one is not None and other is not None and one.approvers != other.approvers
