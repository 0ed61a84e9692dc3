"""What an entitlement takes, said in lines."""

from collections.abc import Iterator

from approvals.policy.evaluate import Check
from approvals.policy.explain import Able, Explanation
from approvals.policy.model import Entitlement, Requirement
from approvals.policy.words import SELF, selector_in_words, selectors_in_words, stage_in_words
from approvals.times import in_words
from handlers.wording.refusals import sentence

_NAMES = 10


def explained(found: Explanation) -> tuple[str, ...]:
    """Say what an entitlement gives, who may ask, how long, and who approves; or that there is none."""
    entitlement = found.entitlement
    if entitlement is None:
        return tuple(_wrong(found, "entitlement"))
    return (
        *_gives(entitlement),
        *_asking(entitlement, _may(found, entitlement.title)),
        *_approval(entitlement.requirement, found.able),
        *_wrong(found, "approvers"),
    )


def _gives(entitlement: Entitlement) -> tuple[str, ...]:
    lines = [f"{entitlement.title} ({entitlement.id})"]
    for target in entitlement.targets:
        lines.append(f"Gives {', '.join(target.roles)} on {target.resource}.")
        lines += [f"Only where {target.condition}"] if target.condition else []
    return tuple(lines)


def _check(found: Explanation, name: str) -> Check:
    (check,) = (each for each in found.evaluation.checks if each.name == name)
    return check


def _may(found: Explanation, title: str) -> str:
    check = _check(found, "requester")
    if check.reason is not None:
        return sentence(check.reason)
    if check.state == "satisfied":
        return f"{found.requester} may ask for {title}."
    if not found.unasked:
        return f"Whether {found.requester} may ask for {title} cannot be checked right now."
    groups = " or ".join(f"group:{each}" for each in found.unasked)
    return f"{found.requester} may ask if a member of {groups}; this command does not look into directory groups."


def _asking(entitlement: Entitlement, may: str) -> tuple[str, ...]:
    usual, longest = in_words(entitlement.duration.default), in_words(entitlement.duration.max)
    why = entitlement.justification.hint or entitlement.justification.pattern or "in your own words"
    return (
        f"Who may ask: {selectors_in_words(entitlement.requesters)}. {may}",
        f"How long: {usual} unless you say otherwise, at most {longest}.",
        f"Say why: {why}",
    )


def _approval(requirement: Requirement, able: tuple[Able, ...]) -> tuple[str, ...]:
    if requirement.kind == "self":
        return (f"Approval by {SELF}.",)
    count = len(requirement.stages)
    return tuple(
        f"Approval, stage {number} of {count}: {stage_in_words(stage)}. Who can: {_who(who)}."
        for number, (stage, who) in enumerate(zip(requirement.stages, able, strict=True), start=1)
    )


def _who(able: Able) -> str:
    words = list(able.people[:_NAMES])
    if len(able.people) > _NAMES:
        words.append(f"{len(able.people) - _NAMES} more")
    words += [
        selector if "@" not in selector else f"members of {selector}"
        for selector in map(selector_in_words, able.others)
    ]
    return ", ".join(words) or "nobody"


def _wrong(found: Explanation, name: str) -> Iterator[str]:
    reason = _check(found, name).reason
    if reason is not None:
        yield sentence(reason)
