"""By whose right somebody approves: their own, or that of one for whom they stand in.

A delegation gives a right for as long as it lasts and the policy lists the delegate. It ends nobody's own right.
It makes of two people one: a vote says of whom, as that was when it was cast, so that to end it adds nobody.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from approvals.people.memberships import Answer, Memberships
from approvals.people.standins import Absence, StandIns
from approvals.policy.model import Policy, Stage
from approvals.policy.selectors import answer
from approvals.policy.stages import may_approve, shares
from approvals.reviews import Review


class Delegations:
    """The delegations that last, for one request. Nobody who is barred from it can be stood in for."""

    def __init__(
        self, standins: StandIns, policy: Policy, memberships: Memberships, *, barred: Collection[str]
    ) -> None:
        self._standins = standins
        self._policy = policy
        self._memberships = memberships
        self._barred = barred

    def lasting(self, stages: Iterable[Stage]) -> tuple[Absence, ...]:
        """The absences of whoever may, as far as is known, be asked in one of these stages."""
        asked = tuple(stages)
        return tuple(
            each
            for each in self._standins.absences
            if any(self.own(stage, each.person) != "no" for stage in asked)
        )

    def own(self, stage: Stage, person: str) -> Answer:
        """Whether this person may approve in a stage by themselves."""
        return may_approve(self._policy, stage, person, asking=self._barred, memberships=self._memberships)

    def right(self, stage: Stage, person: str) -> Answer:
        """Whether an approval by this person would count, by their own right or another's."""
        own = self.own(stage, person)
        others = self._standins.by(person)
        return _best([own, *(self._by(stage, person, who) for who in others)]) if others else own

    def right_of(self, stage: Stage, person: str, review: Review) -> Answer:
        """Whether their vote counts: by their own right, or by that of the one for whom they cast it."""
        behalf = self._policy.identity.primary(review.behalf) if review.behalf else ""
        others = [self._by(stage, person, behalf)] if behalf in self._standins.by(person) else []
        return _best([self.own(stage, person), *others])

    def behalf(self, stage: Stage, person: str) -> str:
        """For whom somebody approves who has no right of their own; empty where they have one, or nobody's."""
        if self.own(stage, person) == "yes":
            return ""
        return next((who for who in self._standins.by(person) if self._by(stage, person, who) == "yes"), "")

    def instead(self, stages: Iterable[Stage], people: Iterable[str]) -> set[str]:
        """Who is asked in the place of these people: whoever stands in for who is away, and the others.

        Where it is known that an approval by who stands in would not count, whoever is away is asked.
        """
        asked = tuple(stages)
        return {self._instead(asked, person) for person in people}

    def _instead(self, stages: Iterable[Stage], person: str) -> str:
        away = self._standins.of(person)
        if away is None or all(self.right(stage, away.delegate) == "no" for stage in stages):
            return person
        return away.delegate

    def beside(self, person: str) -> tuple[str, ...]:
        """With whom somebody who votes now counts as one."""
        return self._standins.beside(person)

    def _by(self, stage: Stage, person: str, who: str) -> Answer:
        if who in self._barred or person in self._barred:
            return "no"
        known = {self.own(stage, who), answer(self._policy, self._policy.delegates, person, self._memberships)}
        # Another's right takes nobody out of the team of who asked.
        shared = shares(self._policy, stage, person, asking=self._barred, memberships=self._memberships)
        if "no" in known or shared == "yes":
            return "no"
        return "unknown" if "unknown" in {*known, shared} else "yes"


def together(votes: Mapping[str, Review], primary: Callable[[str], str]) -> dict[str, set[str]]:
    """With whom each person counts as one, by what was so when one of the two voted."""
    found: dict[str, set[str]] = {}
    for person, review in votes.items():
        for other in map(primary, (*review.beside, *((review.behalf,) if review.behalf else ()))):
            found.setdefault(person, set()).add(other)
            found.setdefault(other, set()).add(person)
    return found


def _best(answers: Iterable[Answer]) -> Answer:
    known = set(answers)
    return "yes" if "yes" in known else "unknown" if "unknown" in known else "no"
