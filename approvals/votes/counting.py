"""What a tally is counted from, and the places that the people of one requirement's votes can have.

A person has one vote, the last, and one place over all stages. Places are given so that as many as possible are
filled, those of earlier stages first: in which order people voted blocks nothing that they reach together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import permutations
from typing import final

import msgspec

from approvals.once import once
from approvals.people.memberships import Answer, Memberships
from approvals.people.standins import NOBODY_AWAY, StandIns
from approvals.policy.model import Policy, Requirement, Stage
from approvals.policy.quorum import assigned
from approvals.policy.stages import others, step_of
from approvals.reviews import Review, says_something, standing
from approvals.votes.delegations import Delegations, together

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
class Basis:
    """What a tally was counted from. Only `counted` makes one.

    `barred` is who asked, with the owners of a service account: they never count. `automatic`: the policy's rule
    approves by itself, at this moment.
    """

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
        automatic: bool = False,
        standins: StandIns = NOBODY_AWAY,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("evidence comes from tally() alone")
        self.requirement = requirement
        self.requester = policy.identity.primary(requester)
        self.policy = policy
        self.memberships = memberships
        self.automatic = automatic
        self.barred = frozenset({self.requester, *map(self.primary, owners)})
        self.delegations = Delegations(standins, policy, memberships, barred=self.barred)
        self.votes = self._votes(reviews)

    def _votes(self, reviews: Iterable[Review]) -> dict[str, Review]:
        """Everybody's vote that stands, in order of time."""
        votes = sorted(standing(reviews, primary=self.primary), key=lambda review: review.at)
        return {self.primary(review.person): review for review in votes}

    def primary(self, person: str) -> str:
        return self.policy.identity.primary(person)

    def answer(self, stage: Stage, person: str) -> Answer:
        """Whether this person may approve in a stage, by their own right or by that of one who is away."""
        return self.delegations.right(stage, person)

    def own(self, stage: Stage, person: str) -> Answer:
        return self.delegations.own(stage, person)

    @once
    def answers(self) -> tuple[dict[str, Answer], ...]:
        """For each stage, whoever has voted in a way that it takes, in order of time. Two who are one are one."""
        if not (beside := self.beside_another):
            return self._heard
        return tuple(
            {person: said for person, said in heard.items() if person not in beside} for heard in self._heard
        )

    @once
    def _heard(self) -> tuple[dict[str, Answer], ...]:
        """The same of everybody."""
        if not self.votes:
            return ({},) * len(self.requirement.stages)
        return tuple(
            {
                person: self.delegations.right_of(stage, person, review)
                for person, review in self.votes.items()
                if person not in self.barred and fits(stage, review)
            }
            for stage in self.requirement.stages
        )

    @once
    def together(self) -> dict[str, set[str]]:
        """With whom each counts as one, by what the votes say."""
        return together(self.votes, self.primary)

    @once
    def beside_another(self) -> frozenset[str]:
        """Who has voted beside somebody with whom they count as one.

        Of such the one counts by whom most places are filled: who takes a vote or a right away adds nothing by it.
        Where that is the same, a right of one's own goes before another's, and then the vote that was cast first.
        It does not hang on any delegation of now, and to end one adds nobody.
        """
        if len(self.votes) < 2:
            return frozenset()
        own = [person for person, review in self.votes.items() if self._has_right(person, review)]
        in_turn = tuple(dict.fromkeys((*own, *self.votes)))
        some = apart(in_turn, self.together)
        kept = max(some, key=self._filled) if len(some) > 1 else some[0]
        return frozenset(self.votes) - kept

    def _filled(self, people: frozenset[str]) -> tuple[bool, tuple[int, ...]]:
        """How much of it these fill: all of it, or so many places in each stage."""
        able = [[who for who, said in heard.items() if said == "yes" and who in people] for heard in self._heard]
        needs = [needed(stage) for stage in self.requirement.stages]
        filled = tuple(len(here) for here in assigned(able, needs))
        return filled == tuple(needs), filled

    def _has_right(self, person: str, review: Review) -> bool:
        stages = self.requirement.stages
        return person not in self.barred and any(
            fits(stage, review) and self.own(stage, person) == "yes" for stage in stages
        )

    @once
    def stages(self) -> tuple[StageTally, ...]:
        if not self.votes:
            return tuple([_empty(stage) for stage in self.requirement.stages])
        places = self.places
        everybody = frozenset().union(*places)
        return tuple(
            StageTally(
                counted=tuple(person for person in heard if person in here),
                unknown=tuple(who for who, said in heard.items() if said == "unknown" and who not in everybody),
                needed=needed(stage),
            )
            for stage, heard, here in zip(self.requirement.stages, self.answers, places, strict=True)
        )

    @once
    def places(self) -> tuple[frozenset[str], ...]:
        """Who has a place in which stage by the votes."""
        return self.placed({}) if self.votes else (frozenset(),) * len(self.requirement.stages)

    def placed(self, other: Mapping[int, Collection[str]], *, besides: str = "") -> tuple[frozenset[str], ...]:
        """Who has a place in which stage by the votes, but for that of `besides`, and as if `other` had voted."""
        able = [
            [*(who for who, said in heard.items() if said == "yes" and who != besides), *other.get(index, ())]
            for index, heard in enumerate(self.answers)
        ]
        return assigned(able, [needed(stage) for stage in self.requirement.stages])

    def could_be_met(self) -> bool:
        """There are enough people where all who still have to be checked count."""
        unsure = [[who for who, said in heard.items() if said == "unknown"] for heard in self.answers]
        places = self.placed(dict(enumerate(unsure)))
        return all(len(here) >= needed(stage) for here, stage in zip(places, self.requirement.stages, strict=True))

    @once
    def said(self) -> Requirement:
        """The requirement as people read it: who asked is not named among those who could approve."""
        return others(self.requirement, self.barred)

    @once
    def open_step(self) -> range:
        """The stages that are open side by side: the first that is not met, and those of its step."""
        first = next((index for index, stage in enumerate(self.stages) if stage.missing), None)
        return range(0) if first is None else step_of(self.requirement.stages, first)


_COMPARED = 6
"""Of so many people who count as one with others every choice is compared; of more the first is taken."""


def apart(people: Sequence[str], together: Mapping[str, Collection[str]]) -> Sequence[frozenset[str]]:
    """The choices of people of whom no two count as one, and to which nobody can be added.

    The first is the one that takes them in their order.
    """
    mixed = [who for who in people if not set(together.get(who, ())).isdisjoint(people)]
    orders = permutations(mixed) if len(mixed) <= _COMPARED else [tuple(mixed)]
    free = frozenset(people) - set(mixed)
    return tuple(dict.fromkeys(free | _taken(order, together) for order in orders))


def _taken(people: Iterable[str], together: Mapping[str, Collection[str]]) -> frozenset[str]:
    kept: set[str] = set()
    for person in people:
        if kept.isdisjoint(together.get(person, ())):
            kept.add(person)
    return frozenset(kept)


def counted(
    requirement: Requirement,
    reviews: Iterable[Review],
    *,
    requester: str,
    owners: Collection[str],
    policy: Policy,
    memberships: Memberships,
    automatic: bool,
    standins: StandIns = NOBODY_AWAY,
) -> Basis:
    """Count reviews against a requirement, with the groups of the given policy."""
    return Basis(
        _SEAL,
        requirement=requirement,
        reviews=reviews,
        requester=requester,
        owners=owners,
        policy=policy,
        memberships=memberships,
        automatic=automatic,
        standins=standins,
    )


def _empty(stage: Stage) -> StageTally:
    """The stage in which nobody has voted."""
    return StageTally(counted=(), unknown=(), needed=needed(stage))


def needed(stage: Stage) -> int:
    """How many people a stage takes. One that asks for nobody would be met by nothing."""
    return max(1, stage.needed)


def fits(stage: Stage, review: Review) -> bool:
    """The review approves in the way that the stage demands."""
    if review.verdict != "approve":
        return False
    attestation = review.attestation
    return not stage.sign or (attestation is not None and says_something(attestation.printed_name.text))
