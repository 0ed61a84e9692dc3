"""The stages of an approval: which of them are open together, and who may approve in one of them.

A stage with `order: any` belongs to the step of the stage before it: the stages of a step are open side by side.
"""

from collections.abc import Collection, Sequence

import msgspec

from approvals.people.memberships import NOTHING_KNOWN, Answer, Memberships
from approvals.policy.model import Policy, Requirement, Stage
from approvals.policy.selectors import answer, people


def step_of(stages: Sequence[Stage], index: int) -> range:
    """The places of the stages that are open together with the one at `index`."""
    first = next((at for at in range(index, 0, -1) if not stages[at].order), 0)
    after = next((at for at in range(index + 1, len(stages)) if not stages[at].order), len(stages))
    return range(first, after)


def may_approve(
    policy: Policy, stage: Stage, person: str, *, asking: Collection[str], memberships: Memberships
) -> Answer:
    """Say whether a person is an approver of this stage of a request. `asking` is who asked, with its owners.

    Whoever shares the group of `not_same` with one of those is none.
    """
    found = answer(policy, stage.approvers, person, memberships)
    if found == "no" or not stage.not_same:
        return found
    shared = shares(policy, stage, person, asking=asking, memberships=memberships)
    return "no" if shared == "yes" else "unknown" if shared == "unknown" else found


def shares(
    policy: Policy, stage: Stage, person: str, *, asking: Collection[str], memberships: Memberships
) -> Answer:
    """Say whether a person is in the group of `not_same` together with somebody who asked."""
    if not stage.not_same:
        return "no"
    # Of a group that is not there nobody knows whom it keeps apart.
    theirs = {answer(policy, (stage.not_same,), each, memberships, gone="unknown") for each in asking}
    both = {answer(policy, (stage.not_same,), person, memberships, gone="unknown"), _any(theirs)}
    return "no" if "no" in both else "unknown" if "unknown" in both else "yes"


def others(requirement: Requirement, asking: Collection[str]) -> Requirement:
    """The same without those by name who ask, to be read by people: they never count, and nobody need ask them.

    A stage in which nobody else is named stays as it is.
    """
    named = {f"user:{each}" for each in asking}
    stages = tuple(
        msgspec.structs.replace(stage, approvers=left)
        if (left := tuple(each for each in stage.approvers if each not in named))
        else stage
        for stage in requirement.stages
    )
    return msgspec.structs.replace(requirement, stages=stages)


def barring(
    policy: Policy, stages: Sequence[Stage], person: str, *, asking: Collection[str], memberships: Memberships
) -> str:
    """The group by which a person who could approve here does not, as they share it with who asked; else empty."""
    for stage in stages:
        if answer(policy, stage.approvers, person, memberships) != "yes":
            continue
        if shares(policy, stage, person, asking=asking, memberships=memberships) == "yes":
            return stage.not_same
    return ""


def candidates(policy: Policy, stage: Stage, *, asking: Collection[str]) -> frozenset[str]:
    """The people of a stage, as far as the policy itself says who may approve what these ask for."""
    known = people(policy, stage.approvers).known.difference(asking)
    if not stage.not_same:
        return known
    return frozenset(
        each for each in known if shares(policy, stage, each, asking=asking, memberships=NOTHING_KNOWN) != "yes"
    )


def _any(answers: Collection[Answer]) -> Answer:
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"
