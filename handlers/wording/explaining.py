"""What an entitlement or an action takes, said in lines."""

from collections.abc import Iterator

from approvals.policy.access import BreakGlass
from approvals.policy.checks import Check
from approvals.policy.explain import Able, Acted, Explanation
from approvals.policy.model import Action, Entitlement, Requirement, Stage
from approvals.policy.stages import others
from approvals.policy.words import ALONE, BREAK_GLASS, SELF, selector_in_words, selectors_in_words, stage_in_words
from approvals.targets import GroupMember, accesses
from approvals.times import in_words
from countersign_client.tools import ARGUMENT
from handlers.wording import several
from handlers.wording.applications import asked_with, calls_of, guardrails
from handlers.wording.calls import tool
from handlers.wording.refusing import automatic, unable
from handlers.wording.refusing.refusals import sentence
from handlers.wording.refusing.sentences import step_up
from handlers.wording.text.lines import plain, series
from handlers.wording.text.typed import visible

_NAMES = 10


def explained(found: Explanation) -> tuple[str, ...]:
    """Say what an entitlement gives, who may ask, how long, and who approves; or that there is none."""
    entitlement = found.entitlement
    if found.action is not None:
        return _action(found.action, found.able)
    if entitlement is None:
        return tuple(_wrong(found, "entitlement"))
    return (
        *_gives(entitlement),
        *_asking(entitlement, _may(found, entitlement.title)),
        *_when(found, entitlement),
        *(
            automatic.explained(entitlement.auto)
            if entitlement.auto is not None
            else _approval(others(entitlement.requirement, (found.requester,)), found.able)
            if entitlement.break_glass is None
            else _emergency(entitlement.break_glass)
        ),
        *_wrong(found, "auto"),
        *_wrong(found, "approvers"),
        *unable.before(found.unable),
    )


def explained_action(found: Acted) -> tuple[str, ...]:
    """Say what an action is, who approves it, what its guardrails are, and what they come to as it is asked."""
    action = found.action
    used = f"{in_words(action.pending)} to decide, then {in_words(action.use_by)} to use it, once"
    return (
        f"{action.title} ({action.id})",
        f"{found.application} ({action.application}){_asks(action)}. {used[0].upper()}{used[1:]}.",
        *(f"With {plain(each)}." for each in asked_with(action)),
        f"For whom: {selectors_in_words(action.requesters)}.",
        *_approval(others(action.requirement, (found.requester,)), found.able),
        *several.explained(action),
        *(f"{plain(each)}." for each in guardrails(action)),
        _comes_to(found),
    )


def _asks(action: Action) -> str:
    return " asks for it" if action.tool is None else f", an agent, asks for it: {plain(calls_of(action.tool))}"


def _comes_to(found: Acted) -> str:
    asked = f"{_called(found)}, for {found.requester}:"
    if found.refused is not None:
        return f"{asked} refused. {sentence(found.refused)}"
    if found.requirement is not None:
        return f"{asked} {_needs(found, found.requirement.kind)}"
    groups = " or ".join(f"group:{each}" for each in found.unasked)
    only = f"only for a member of {groups}; this command does not look into directory groups. For one:"
    judged = found.judged
    if judged is not None and judged.reason is not None:
        return f"{asked} {only} refused. {sentence(judged.reason)}"
    if judged is not None and judged.outcome == "step_up":
        return f"{asked} {only} refused. {step_up(acr=judged.acr, max_age=judged.max_age or 0)}"
    allowed = judged is not None and judged.outcome == "allow"
    return f"{asked} {only} {_needs(found, 'allow' if allowed else found.action.requirement.kind)}"


def _called(found: Acted) -> str:
    """How it is asked for; of a call of a tool which one it is, and with which arguments."""
    called = tool(found.call)
    if not called:
        return "As it is asked here"
    names = [each.name.removeprefix(ARGUMENT) for each in found.call.parameters if each.name.startswith(ARGUMENT)]
    brought = (
        f"the argument{'s' * (len(names) > 1)} {series(list(map(visible, names)))}" if names else "no arguments"
    )
    return f"As {plain(called)} is called here with {brought}"


def _needs(found: Acted, kind: str) -> str:
    if kind == "self":
        return f"it waits until {found.requester} approves it by a press of their own, and nobody else is asked."
    if kind != "allow":
        return "it needs the approval above."
    rule = found.action.requirement.kind == "allow"
    return (
        "nobody is asked: the policy lets agents do it alone."
        if rule
        else "a guardrail allows it, and nobody is asked."
    )


def _action(action: Action, able: tuple[Able, ...]) -> tuple[str, ...]:
    """Say of an action that nobody asks for it here, and who approves what its application asks."""
    kind = "application" if action.tool is None else "agent"
    which = "" if action.tool is None else f" ({plain(calls_of(action.tool))})"
    whose = f"The {kind} {action.application} asks for it{which}, on behalf of"
    rules = "Rules of the policy may refuse it, or allow it before anybody is asked."
    return (
        f"{action.title} ({action.id})",
        f"{whose} {selectors_in_words(action.requesters)}: nobody asks for it here.",
        *((f"Risk: {action.risk}",) if action.risk else ()),
        f"It can be used once, within {in_words(action.use_by)} of the decision.",
        *_approval(action.requirement, able),
        *several.explained(action),
        *((rules,) if action.guardrails else ()),
    )


def _gives(entitlement: Entitlement) -> tuple[str, ...]:
    lines = [f"{entitlement.title} ({entitlement.id})"]
    if entitlement.approval_only:
        lasts = in_words(entitlement.duration.max)
        lines.append(f"Gives nothing: it is an approval alone, which stands for {lasts} at most.")
    for target in accesses(entitlement.targets):
        if isinstance(target, GroupMember):
            lines.append(f"Gives a membership of {target.group}, with all that this group may do.")
            continue
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


def _when(found: Explanation, entitlement: Entitlement) -> Iterator[str]:
    """When it is offered, and what holds over all entitlements against it."""
    if entitlement.when:
        yield f"Offered where `{entitlement.when}`."
    yield from (said for name in ("guardrail", "when") for said in _wrong(found, name))
    if _check(found, "when").state == "unknown":
        yield "Whether that holds cannot be checked right now."


def _emergency(rule: BreakGlass) -> tuple[str, ...]:
    """Say who is told at once and looks at it afterwards, and what it takes to do it again."""
    who, within = selectors_in_words(rule.by), in_words(rule.within)
    frozen = (" Also while everything is frozen.",) if rule.under_freeze else ()
    return (
        f"For emergencies: {BREAK_GLASS}.{''.join(frozen)}",
        f"Reviewed by {who}, within {within} of its beginning. Until then its holder cannot do it again.",
    )


def _approval(requirement: Requirement, able: tuple[Able, ...]) -> tuple[str, ...]:
    if requirement.kind == "self":
        return (f"Approval by {SELF}.",)
    if requirement.kind == "allow":
        return (f"Approval by {ALONE}.",)
    count = len(requirement.stages)
    rule = (f"Approvals count where `{requirement.approve_when}`.",) if requirement.approve_when else ()
    stages = tuple(
        f"Approval, stage {number} of {count}{_beside(number, stage)}: {stage_in_words(stage)}."
        f" Who can: {_who(who)}."
        for number, (stage, who) in enumerate(zip(requirement.stages, able, strict=True), start=1)
    )
    return (*stages, *rule)


def _beside(number: int, stage: Stage) -> str:
    """Say that a stage need not wait for the one before it."""
    return f", open beside stage {number - 1}" if stage.order and number > 1 else ""


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
