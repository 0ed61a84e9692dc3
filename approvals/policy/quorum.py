"""Whether enough distinct people exist for the stages of an approval."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from approvals.policy.model import Policy, Stage
from approvals.policy.selectors import people


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Who can fill the `needed` places of a stage. An open pool has members that nobody here can count."""

    candidates: frozenset[str]
    needed: int
    open: bool = False


def pools(policy: Policy, stages: Sequence[Stage]) -> tuple[Pool, ...]:
    """The pool of each stage, as far as the policy names people."""
    resolved = ((people(policy, stage.approvers), stage.needed) for stage in stages)
    return tuple(
        Pool(candidates=found.known, needed=needed, open=bool(found.others)) for found, needed in resolved
    )


def first_unreachable(stages: Sequence[Pool], *, excluded: Collection[str]) -> int | None:
    """The first stage that distinct people, none of them excluded, cannot fill; None when all can be filled.

    An open pool is taken to have enough people. Each person fills one place over all stages.
    """
    filled: dict[tuple[int, int], str] = {}
    for index, pool in enumerate(stages):
        if pool.open:
            continue
        if pool.needed > len(pool.candidates):
            return index
        for number in range(pool.needed):
            if not _place((index, number), stages, filled, excluded=excluded):
                return index
    return None


def _place(
    place: tuple[int, int],
    stages: Sequence[Pool],
    filled: dict[tuple[int, int], str],
    *,
    excluded: Collection[str],
) -> bool:
    """Fill one more place along an augmenting path (bipartite matching, breadth first)."""
    holder = {person: held for held, person in filled.items()}
    reached: dict[str, tuple[int, int]] = {}
    waiting = [place]
    for current in waiting:
        for person in sorted(stages[current[0]].candidates):
            if person in reached or person in excluded:
                continue
            reached[person] = current
            if person not in holder:
                _shift(person, reached, filled, last=place)
                return True
            waiting.append(holder[person])
    return False


def _shift(
    person: str,
    reached: Mapping[str, tuple[int, int]],
    filled: dict[tuple[int, int], str],
    *,
    last: tuple[int, int],
) -> None:
    """Hand each place on the path to the person who reached it, back to the place that was free."""
    while True:
        place = reached[person]
        displaced = filled.get(place)
        filled[place] = person
        if place == last or displaced is None:
            return
        person = displaced
