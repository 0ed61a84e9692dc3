"""What an entitlement takes, out of the same evaluation that the gate uses."""

import msgspec

from approvals.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.evaluate import Ask, Evaluation, evaluate
from approvals.policy.model import Entitlement, Policy
from approvals.policy.selectors import directory_groups, people


class Able(msgspec.Struct, frozen=True, kw_only=True):
    """Who can approve in one stage: people by name, and the selectors whose people only others know."""

    people: tuple[str, ...]
    others: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One entitlement, and what came of the checks for one requester.

    `able` has one for each stage. `unasked` are the directory groups that decide whether the requester may ask,
    where nobody looked into any.
    """

    requester: str
    evaluation: Evaluation
    entitlement: Entitlement | None = None
    able: tuple[Able, ...] = ()
    unasked: tuple[str, ...] = ()


def explain(
    policy: Policy, entitlement_id: str, *, requester: str, memberships: Memberships | None
) -> Explanation:
    """Find what an entitlement gives, who may ask, how long, and who approves. Never raises `Refused` for what the
    policy does not offer. `memberships` is None where no directory is asked."""
    ask = Ask(entitlement=entitlement_id, duration=None, justification="")
    evaluation = evaluate(policy, ask, requester=requester, memberships=memberships or NOTHING_KNOWN)
    entitlement = evaluation.entitlement
    if entitlement is None:
        return Explanation(requester=evaluation.requester, evaluation=evaluation)
    return Explanation(
        requester=evaluation.requester,
        evaluation=evaluation,
        entitlement=entitlement,
        able=_able(policy, entitlement, evaluation.requester),
        unasked=_groups(policy, entitlement) if memberships is None else (),
    )


def _able(policy: Policy, entitlement: Entitlement, requester: str) -> tuple[Able, ...]:
    found = [people(policy, stage.approvers) for stage in entitlement.requirement.stages]
    barred = policy.identity.barred(requester)
    return tuple(Able(people=tuple(sorted(each.known - barred)), others=tuple(each.others)) for each in found)


def _groups(policy: Policy, entitlement: Entitlement) -> tuple[str, ...]:
    return tuple(sorted(directory_groups(policy, entitlement.requesters)))
