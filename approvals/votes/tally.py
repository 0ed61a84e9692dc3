"""Reviews held against a requirement: what is met, what is missing, whose turn it is.

1. Only approvals count, and only of people who are approvers now; who is unknown is listed and not counted.
2. The requester never counts, nor does who owns a service account that asked, nor in a stage with `not_same` who
   shares that group with them. A person has one vote, the last, and counts once over all stages.
3. People have their places so that as many as possible are filled, those of earlier stages first.
4. A review counts in a stage only if it was made in the way that the stage demands.
5. Who stands in for somebody counts by that one's right while it lasts, and the two count as one person.
6. Only `Tally.met` makes a `Met`. A tally that was not made by `tally` can be drawn and never met.
"""

from collections.abc import Callable, Collection, Iterable
from typing import final

import msgspec

from approvals.once import once
from approvals.people.memberships import Memberships
from approvals.people.standins import NOBODY_AWAY, StandIns
from approvals.policy.model import Policy, Requirement, Stage
from approvals.policy.stages import step_of
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import Review
from approvals.votes import counting, turns
from approvals.votes.counting import Basis, StageTally

_SEAL = object()


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


class Tally(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Reviews held against a requirement, stage by stage. Without a `basis` nothing was counted: it proves
    nothing.
    """

    requirement: Requirement
    stages: tuple[StageTally, ...]
    basis: Basis | None = None

    @once
    def open_step(self) -> range:
        """The places of the stages that are open side by side, the met ones among them too."""
        if self.basis is not None:
            return self.basis.open_step
        first = next((index for index, stage in enumerate(self.stages) if stage.missing), None)
        return range(0) if first is None else step_of(self.requirement.stages, first)

    @once
    def open_places(self) -> tuple[int, ...]:
        """The places of the stages that are open and not met; none when all are met."""
        return tuple(index for index in self.open_step if self.stages[index].missing)

    @once
    def open_stages(self) -> tuple[Stage, ...]:
        """What the stages ask for whose turn it is; none when all are met."""
        return tuple(self.requirement.stages[index] for index in self.open_places)

    @once
    def said(self) -> Requirement:
        """The requirement as people read it."""
        return self.basis.said if self.basis is not None else self.requirement

    @once
    def signs(self) -> bool:
        """A stage whose turn it is demands a signature, which counts in those beside it as well."""
        return any(stage.sign for stage in self.open_stages)

    @property
    def missing(self) -> int:
        """How many more approvals it takes, over all stages."""
        return sum(stage.missing for stage in self.stages)

    @property
    def looks_met(self) -> bool:
        """Enough people have approved, as far as is known; some may still have to be checked."""
        return self.basis is not None and self.basis.could_be_met()

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
        if self.basis is None:
            raise Unavailable("this tally was not counted")
        reviewer = self.basis.primary(person)
        if reviewer == self.basis.requester:
            raise Refused("self")
        if reviewer in self.basis.barred:
            raise Refused("owner")
        return turns.turn(self.basis, reviewer, signed=signed)


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
    standins: StandIns = NOBODY_AWAY,
    fits: Callable[[str, Review], bool] = _never,
    automatic: bool = False,
) -> Tally:
    """Count reviews against a requirement, with the groups of the given policy.

    `owners` are those of a service account that asked: no more than it do they count. `standins` are the absences
    that last. `fits` says whether the requirement's `approve_when` takes a vote, `automatic` that the policy's own
    rule approves at this moment.
    """
    rule = requirement.approve_when
    basis = counting.counted(
        requirement,
        [each for each in reviews if not rule or fits(rule, each)],
        requester=requester,
        owners=owners,
        policy=policy,
        memberships=memberships,
        automatic=automatic,
        standins=standins,
    )
    return Tally(requirement=requirement, stages=basis.stages, basis=basis)


def _complete(basis: Basis) -> bool:
    requirement = basis.requirement
    if requirement.kind in ("self", "allow", "break_glass"):
        return not requirement.stages
    if requirement.kind == "auto":
        return basis.automatic and not requirement.stages
    # What a tally does not look at is never met.
    return requirement.kind == "stages" and bool(basis.stages) and not basis.open_step


def asks_others(frozen: Tally, current: Tally | None) -> bool:
    """Whoever approves in one of them need not count in the other."""
    if current is None or current is frozen:
        return False
    one, other = frozen.open_stages, current.open_stages
    said = [[(stage.approvers, stage.not_same) for stage in each] for each in (one, other)]
    return bool(one and other) and said[0] != said[1]
