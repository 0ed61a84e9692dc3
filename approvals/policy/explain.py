"""What an entitlement takes, in plain words, out of the same evaluation that the gate uses."""

from collections.abc import Collection

from approvals.facts import NOTHING_KNOWN, Memberships
from approvals.policy.evaluate import Ask, Evaluation, evaluate
from approvals.policy.records import Entitlement, Policy, Stage
from approvals.policy.selectors import directory_groups, people
from approvals.policy.words import (
    SELF,
    selector_in_words,
    selectors_in_words,
    stage_in_words,
)
from approvals.times import in_words

_NAMES = 10


def explain(
    policy: Policy, entitlement_id: str, *, requester: str, memberships: Memberships | None
) -> tuple[str, ...]:
    """Say in lines what an entitlement gives, who may ask, how long, and who approves. Never raises `Refused`
    for what the policy does not offer: the lines say it. `memberships` is None where no directory is asked."""
    ask = Ask(entitlement=entitlement_id, duration=None, justification="")
    evaluation = evaluate(policy, ask, requester=requester, memberships=memberships or NOTHING_KNOWN)
    entitlement = evaluation.entitlement
    if entitlement is None:
        return tuple(check.text for check in evaluation.checks)
    return (
        *_gives(entitlement),
        *_asking(entitlement, _may(policy, entitlement, evaluation, asked=memberships is not None)),
        *_approval(policy, entitlement, evaluation.requester),
        *_trouble(evaluation),
    )


def _gives(entitlement: Entitlement) -> tuple[str, ...]:
    lines = (
        f"{entitlement.title} ({entitlement.id})",
        f"Gives {', '.join(entitlement.roles)} on {entitlement.resource}.",
    )
    return (*lines, f"Only where {entitlement.condition}") if entitlement.condition else lines


def _may(policy: Policy, entitlement: Entitlement, evaluation: Evaluation, *, asked: bool) -> str:
    (may,) = (check for check in evaluation.checks if check.code == "requester")
    if asked or may.state != "unknown":
        return may.text
    groups = " or ".join(f"group:{each}" for each in sorted(directory_groups(policy, entitlement.requesters)))
    return (
        f"{evaluation.requester} may ask if a member of {groups};"
        " this command does not look into directory groups."
    )


def _asking(entitlement: Entitlement, may: str) -> tuple[str, ...]:
    usual, longest = in_words(entitlement.duration.default), in_words(entitlement.duration.max)
    why = entitlement.justification.hint or entitlement.justification.pattern or "in your own words"
    return (
        f"Who may ask: {selectors_in_words(entitlement.requesters)}. {may}",
        f"How long: {usual} unless you say otherwise, at most {longest}.",
        f"Say why: {why}",
    )


def _approval(policy: Policy, entitlement: Entitlement, requester: str) -> tuple[str, ...]:
    requirement = entitlement.requirement
    if requirement.kind == "self":
        return (f"Approval by {SELF}.",)
    count = len(requirement.stages)
    able = [_who(policy, stage, excluded={requester}) for stage in requirement.stages]
    return tuple(
        f"Approval, stage {number} of {count}: {stage_in_words(stage)}. Who can: {who}."
        for number, (stage, who) in enumerate(zip(requirement.stages, able, strict=True), start=1)
    )


def _who(policy: Policy, stage: Stage, *, excluded: Collection[str]) -> str:
    found = people(policy, stage.approvers)
    names = sorted(found.known.difference(excluded))
    words = names[:_NAMES]
    if len(names) > _NAMES:
        words.append(f"{len(names) - _NAMES} more")
    words += [
        selector if "@" not in selector else f"members of {selector}"
        for selector in map(selector_in_words, found.others)
    ]
    return ", ".join(words) or "nobody"


def _trouble(evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(
        check.text for check in evaluation.checks if check.code == "approvers" and check.state != "satisfied"
    )
