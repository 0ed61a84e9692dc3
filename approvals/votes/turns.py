"""Whose turn it is: the place that one more approval would have, and why it would have none."""

from collections.abc import Sequence

from approvals.people.memberships import Answer
from approvals.policy.model import approvers
from approvals.policy.quorum import Pool, first_unreachable, pools
from approvals.policy.stages import barring
from approvals.refusals.errors import Refused, Unavailable
from approvals.votes.counting import Basis, fits, needed


def turn(basis: Basis, person: str, *, signed: bool) -> int:
    """Return the stage in which an approval by this person would have its place. Raises as `Tally.turn` does."""
    step = basis.open_step
    if not step:
        raise Refused("not_waiting")
    stages = basis.requirement.stages
    may = [basis.answer(stage, person) for stage in stages[: step.stop]]
    found = may[step.start :]
    if "yes" not in found:
        raise _uncheckable() if "unknown" in found else _not_now(basis, person, step)
    _require_apart(basis, person)
    place = _place(basis, person, may, signed=signed)
    if place is None:
        if not signed and _place(basis, person, may, signed=True) is not None:
            raise Refused("sign_required")
        raise _uncheckable() if "unknown" in found else _not_now(basis, person, step)
    _keep_for_later(basis, person, step, signed=signed)
    return place


def _require_apart(basis: Basis, person: str) -> None:
    """Refuse somebody who counts as one with somebody who counts already."""
    if not basis.votes:
        return
    beside = _beside(basis, person)
    same = next((who for stage in basis.stages for who in stage.counted if who in beside), None)
    if same is not None:
        raise Refused("one_person", person=same)


def _beside(basis: Basis, person: str) -> set[str]:
    return {*basis.together.get(person, ()), *basis.delegations.beside(person)} - {person}


def _place(basis: Basis, person: str, may: Sequence[Answer], *, signed: bool) -> int | None:
    """Where this person would count, if one more place of the stages that are open were filled by it.

    `may` says in which stages they may approve, up to the last one that is open.
    """
    stages = basis.requirement.stages
    voting = {
        index: (person,)
        for index, answer in enumerate(may)
        if answer == "yes" and (signed or not stages[index].sign)
    }
    others = basis.placed({}, besides=person) if person in basis.votes else basis.places
    before = others[: len(may)]
    after = basis.placed(voting, besides=person)[: len(may)]
    if sum(map(len, after)) <= sum(map(len, before)):
        return None
    return next(index for index, people in enumerate(after) if person in people)


def _uncheckable() -> Unavailable:
    return Unavailable("whether this person may approve cannot be checked right now")


def _not_now(basis: Basis, person: str, step: range) -> Refused | Unavailable:
    """Why somebody who is no approver of a stage that is open cannot approve now."""
    stages = basis.requirement.stages
    answers = [basis.answer(stage, person) for stage in stages]
    if "yes" in answers[step.stop :]:
        now = next(basis.said.stages[index] for index in step if basis.stages[index].missing)
        return Refused("not_yet", needed=now.needed, approvers=now.approvers, sign=now.sign)
    if "unknown" in answers[step.stop :]:
        return _uncheckable()
    if "yes" in answers:
        return Refused("not_needed")
    group = barring(basis.policy, stages, person, asking=basis.barred, memberships=basis.memberships)
    if group:
        return Refused("not_approver.same", group=group)
    return Refused("not_approver.stage", approvers=approvers(basis.said.stages[step.start :]))


def _keep_for_later(basis: Basis, person: str, step: range, *, signed: bool) -> None:
    """Refuse somebody whom another place cannot do without: a later one, or one that takes a signature."""
    stages = basis.requirement.stages
    elsewhere = [index for index, stage in enumerate(stages) if index not in step or (stage.sign and not signed)]
    before = _places_left(basis, step) if elsewhere else []
    if not elsewhere or first_unreachable(before, excluded=basis.barred) is not None:
        return
    people = {person, *_beside(basis, person)}
    after = [_without(pool, people) if index in elsewhere else pool for index, pool in enumerate(before)]
    short = first_unreachable(after, excluded=basis.barred)
    if short is not None:
        later = basis.said.stages[short]
        raise Refused("needed_later", needed=later.needed, approvers=later.approvers, sign=later.sign)


def _without(pool: Pool, people: set[str]) -> Pool:
    return Pool(candidates=pool.candidates - people, needed=pool.needed, open=pool.open)


def _places_left(basis: Basis, step: range) -> list[Pool]:
    """The places still to fill, and who can: somebody who voted already only where that vote fits.

    Of the stages that are open it is all their places: people can still change them among each other.
    """
    there = [frozenset(stage.counted) for stage in basis.stages]
    within = frozenset().union(*(there[index] for index in step))
    elsewhere = frozenset().union(*there) - within
    found: list[Pool] = []
    for index, pool in enumerate(pools(basis.policy, basis.requirement.stages, asking=basis.barred)):
        stage, here = basis.requirement.stages[index], index in step
        votes = basis.votes
        able = {who for who in pool.candidates | there[index] if who not in votes or fits(stage, votes[who])}
        left = needed(stage) if here else basis.stages[index].missing
        taken = elsewhere if here else elsewhere | within
        found.append(Pool(candidates=frozenset(able - taken), needed=left, open=pool.open))
    return found
