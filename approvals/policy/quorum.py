"""Whether enough distinct people exist for the stages of an approval, and who fills which place."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from approvals.policy.model import Policy, Stage
from approvals.policy.selectors import people
from approvals.policy.stages import candidates

_Place = tuple[int, int]


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Who can fill the `needed` places of a stage. An open pool has members that nobody here can count."""

    candidates: frozenset[str]
    needed: int
    open: bool = False


def pools(policy: Policy, stages: Sequence[Stage], *, asking: Collection[str]) -> tuple[Pool, ...]:
    """The pool of each stage, as far as the policy names people. `asking` is who asks, with its owners.

    They are in none, nor is whom a stage's `not_same` bars from it.
    """
    return tuple(
        Pool(
            candidates=candidates(policy, stage, asking=asking),
            needed=stage.needed,
            open=bool(people(policy, stage.approvers).others),
        )
        for stage in stages
    )


def first_unreachable(stages: Sequence[Pool], *, excluded: Collection[str]) -> int | None:
    """The first stage that distinct people, none of them excluded, cannot fill; None when all can be filled.

    An open pool is taken to have enough people. Each person fills one place over all stages.
    """
    able = [sorted(pool.candidates.difference(excluded)) for pool in stages]
    filled: dict[_Place, str] = {}
    for index, pool in enumerate(stages):
        if pool.open:
            continue
        if pool.needed > len(pool.candidates):
            return index
        for number in range(pool.needed):
            if not _place((index, number), able, filled):
                return index
    return None


def assigned(able: Sequence[Sequence[str]], needed: Sequence[int]) -> tuple[frozenset[str], ...]:
    """Give as many places as can be had to distinct people, earlier stages first: who has one, by stage.

    `able` are the people of each stage, whoever is to be preferred first. Somebody who could have several places
    moves to where nobody else can be had.
    """
    if len(needed) == 1:
        # Nobody has anywhere to move to.
        return (frozenset([*dict.fromkeys(able[0])][: needed[0]]),)
    filled: dict[_Place, str] = {}
    for index, count in enumerate(needed):
        for number in range(min(count, len(able[index]))):
            if not _place((index, number), able, filled):
                break
    return tuple(
        frozenset(person for (index, _), person in filled.items() if index == at) for at in range(len(needed))
    )


def _place(place: _Place, able: Sequence[Sequence[str]], filled: dict[_Place, str]) -> bool:
    """Fill one more place along an augmenting path (bipartite matching, breadth first)."""
    holder = {person: held for held, person in filled.items()}
    reached: dict[str, _Place] = {}
    waiting = [place]
    for current in waiting:
        for person in able[current[0]]:
            if person in reached:
                continue
            reached[person] = current
            if person not in holder:
                _shift(person, reached, filled, last=place)
                return True
            waiting.append(holder[person])
    return False


def _shift(person: str, reached: Mapping[str, _Place], filled: dict[_Place, str], *, last: _Place) -> None:
    """Hand each place on the path to the person who reached it, back to the place that was free."""
    while True:
        place = reached[person]
        displaced = filled.get(place)
        filled[place] = person
        if place == last or displaced is None:
            return
        person = displaced
