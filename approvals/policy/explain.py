"""What an entitlement or an action takes, out of the same evaluation that the gate uses."""

from datetime import datetime

import msgspec

from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.acting import Wanted, judgement, offer
from approvals.policy.evaluate import Ask, Evaluation, evaluate
from approvals.policy.guardrails import Judgement
from approvals.policy.model import Action, Entitlement, Policy, Requirement
from approvals.policy.selectors import directory_groups, people
from approvals.policy.stages import candidates
from approvals.refusals.errors import Refused, Unavailable
from approvals.refusals.reasons import Reason
from approvals.targets import ActionCall


class Able(msgspec.Struct, frozen=True, kw_only=True):
    """Who can approve in one stage: people by name, and the selectors whose people only others know."""

    people: tuple[str, ...]
    others: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One entitlement, and what came of the checks for one requester; or an action, which applications ask for.

    `able` has one for each stage. `unasked` are the directory groups that decide whether the requester may ask,
    where nobody looked into any. `unable` says why it could not be made in Google Cloud, as things stand.
    """

    requester: str
    evaluation: Evaluation
    entitlement: Entitlement | None = None
    action: Action | None = None
    able: tuple[Able, ...] = ()
    unasked: tuple[str, ...] = ()
    unable: tuple[Reason, ...] = ()


def explain(
    policy: Policy, entitlement_id: str, *, requester: str, memberships: Memberships | None, begins: datetime
) -> Explanation:
    """Find what an entitlement gives, who may ask, how long, and who approves. Never raises `Refused` for what the
    policy does not offer. `memberships` is None where no directory is asked."""
    ask = Ask(entitlement=entitlement_id, duration=None, justification="")
    evaluation = evaluate(
        policy, ask, requester=requester, memberships=memberships or NOTHING_KNOWN, begins=begins
    )
    entitlement = evaluation.entitlement
    if entitlement is None:
        return _of_action(policy, entitlement_id, evaluation)
    return Explanation(
        requester=evaluation.requester,
        evaluation=evaluation,
        entitlement=entitlement,
        able=_able(policy, entitlement, evaluation.requester),
        unasked=_groups(policy, entitlement) if memberships is None else (),
    )


def _of_action(policy: Policy, name: str, evaluation: Evaluation) -> Explanation:
    action, requester = policy.actions.get(name), evaluation.requester
    able = _able(policy, action, requester) if action is not None else ()
    return Explanation(requester=requester, evaluation=evaluation, action=action, able=able)


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """An action as an application would ask for it, and what comes of it.

    `requirement` is what the policy offers, or else `refused` says why it offers nothing. Where whether the person
    may have it asked for cannot be known, both are None, and `judged` is what the guardrails say alone.
    """

    action: Action
    application: str
    requester: str
    able: tuple[Able, ...]
    unasked: tuple[str, ...]
    call: ActionCall
    requirement: Requirement | None = None
    refused: Reason | None = None
    judged: Judgement | None = None


def explain_action(
    policy: Policy, action: Action, wanted: Wanted, *, memberships: Memberships | None, now: datetime
) -> Acted:
    """Find what becomes of an action that is asked for now. `memberships` is None where no directory is asked."""
    found = Acted(
        action=action,
        call=wanted.call,
        application=policy.applications[action.application].title,
        requester=policy.identity.primary(wanted.person.principal),
        able=_able(policy, action, policy.identity.primary(wanted.person.principal)),
        unasked=_groups(policy, action) if memberships is None else (),
    )
    try:
        offered = offer(policy, wanted, memberships=memberships or NOTHING_KNOWN, now=now)
    except Refused as refused:
        return msgspec.structs.replace(found, refused=refused.reason)
    except Unavailable:
        return msgspec.structs.replace(found, judged=judgement(policy, action, wanted, now=now))
    return msgspec.structs.replace(found, requirement=offered.requirement)


def _able(policy: Policy, asked: Entitlement | Action, requester: str) -> tuple[Able, ...]:
    barred = policy.identity.barred(requester)
    return tuple(
        Able(
            people=tuple(sorted(candidates(policy, stage, asking=barred))),
            others=people(policy, stage.approvers).others,
        )
        for stage in asked.requirement.stages
    )


def _groups(policy: Policy, asked: Entitlement | Action) -> tuple[str, ...]:
    return tuple(sorted(directory_groups(policy, asked.requesters)))
