"""What needs nobody else's approval under a policy, and did under the one before: to be warned of, never refused.

It compares what can be got and how, and looks neither at who may ask nor at who is in a group.
"""

from collections.abc import Iterator

import msgspec
import yaml

from approvals.policy.access import Auto
from approvals.policy.model import Action, Entitlement, Policy
from approvals.policy.reading.actions import WrittenAction
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.policy.reading.parse import draft
from approvals.targets import Access, GroupMember, accesses


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """An entitlement or action, and in `text` what of it needs nobody else now.

    `rule` is the `when` of the guardrail that lets an action through; `guests` says that it is about those.
    """

    id: str
    text: str
    rule: str = ""
    guests: bool = False


def newly_alone(policy: Policy, *, before: Policy) -> Iterator[Alone]:
    """Name what needs nobody else's approval and did before, or was not there, in the file's order."""
    for entitlement in policy.entitlements.values():
        yield from _entitlement(policy, entitlement, before)
    for action in policy.actions.values():
        yield from _action(action, before.actions.get(action.id))


def _entitlement(policy: Policy, now: Entitlement, before: Policy) -> Iterator[Alone]:
    if not _is_alone(policy, now):
        return
    was = before.entitlements.get(now.id)
    if was is None:
        yield Alone(id=now.id, text=f"{now.id} is new, and needs nobody else's approval: {_how(now)}")
    elif not (_is_alone(before, was) and _no_less(was, now)):
        text = f"{now.id} no longer needs anybody else's approval: {_how(now)}"
        yield Alone(id=now.id, text=text)
    elif given := [each for each in _given(now) if each not in _given(was)]:
        text = f"{now.id} needs nobody else's approval, and now also gives {'; '.join(given)}"
        yield Alone(id=now.id, text=text)
    if _for_guests(policy, now) and (was is None or not _for_guests(before, was)):
        text = f"guests now get {now.id} without anybody else's approval"
        yield Alone(id=now.id, text=text, guests=True)


def _is_alone(policy: Policy, entitlement: Entitlement) -> bool:
    """Somebody gets it without other people, whom the guardrails over all entitlements may want even so."""
    kind, fences = entitlement.requirement.kind, policy.guardrails
    if not entitlement.requirement.alone or fences.never(entitlement.targets):
        return False
    return kind == "break_glass" or not fences.not_alone(entitlement.places)


def _no_less(was: Entitlement, now: Entitlement) -> bool:
    """What was got without others was got as easily: by anybody, or in the same way."""
    kind = was.requirement.kind
    return kind == "self" or (kind == now.requirement.kind and was.auto == now.auto)


def _how(entitlement: Entitlement) -> str:
    if entitlement.requirement.kind == "break_glass":
        return "it is access in an emergency, which is reviewed afterwards"
    return _by_rule(entitlement.auto) if entitlement.auto is not None else "people approve it themselves"


def _by_rule(rule: Auto) -> str:
    oncall = f", on call as {rule.oncall} says" if rule.oncall else ""
    return f"a rule approves it where {rule.when or 'requester.oncall'}{oncall}"


def _given(entitlement: Entitlement) -> tuple[str, ...]:
    return tuple(_grant(target, role) for target in accesses(entitlement.targets) for role in target.roles)


def _grant(target: Access, role: str) -> str:
    if isinstance(target, GroupMember):
        return f"membership of {target.group}"
    where = f" where {target.condition}" if target.condition else ""
    return f"{role} on {target.resource}{where}"


def _for_guests(policy: Policy, entitlement: Entitlement) -> bool:
    own = entitlement.requirement.kind == entitlement.guests == "self"
    return own and policy.identity.guests != "refuse" and _is_alone(policy, entitlement)


def _action(now: Action, was: Action | None) -> Iterator[Alone]:
    kind = now.requirement.kind
    if kind in ("allow", "self"):
        if was is None or was.requirement.kind not in ("allow", kind):
            lead = "is new, and needs nobody" if was is None else "no longer needs anybody"
            how = "people approve it themselves" if kind == "self" else "agents act alone"
            yield _allowed(now, "", f"{lead} else's approval: {how}")
        return
    allowing = _rules(now, "allow")
    if was is None:
        for rule in allowing:
            yield _allowed(now, rule, f"is new, and needs nobody else's approval where {rule}")
        return
    known = _rules(was, "allow")
    for rule in allowing:
        if rule not in known:
            yield _allowed(now, rule, f"no longer needs anybody else's approval where {rule}")
    # What won over an allowance, and does no more, leaves more to it.
    kept = [rule for rule in allowing if rule in known]
    holding = _rules(now, *_HOLDING)
    for gone in _rules(was, *_HOLDING):
        if kept and gone not in holding:
            text = f"is not held back any more where {gone}, and needs nobody else's approval where {kept[0]}"
            yield _allowed(now, kept[0], text)


_HOLDING = ("refuse", "require_approval")
"""What a guardrail does that no other one allows."""


def _allowed(action: Action, rule: str, text: str) -> Alone:
    return Alone(id=action.id, text=f"{action.id} {text}", rule=rule)


def _rules(action: Action, *kinds: str) -> tuple[str, ...]:
    return tuple(each.when for each in action.guardrails if each.then in kinds)


def placed(text: bytes | str, *, source: str, before: Policy) -> tuple[Problem, ...]:
    """Return the same of a sound file as warnings, where it says that nobody else is asked."""
    found = draft(text, source=source)
    nodes = {written.entitlement.id: written for written in found.written if written.entitlement is not None}
    acts = {written.action.id: written for written in found.actions if written.action is not None}
    problems = []
    for each in newly_alone(found.policy, before=before):
        written = nodes.get(each.id)
        node = _place(written, each) if written is not None else _guarding(acts[each.id], each)
        problems.append(problem_at(node, source, "now-alone", each.text, warning=True))
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.col)))


def _place(written: Written, alone: Alone) -> yaml.Node:
    """Where the approval stands, or where an entitlement that inherits it says what it gives."""
    node = written.guests if alone.guests else written.approval
    return node if node is not None else written.gives


def _guarding(written: WrittenAction, alone: Alone) -> yaml.Node:
    """The guardrail; where it is the approval itself, which tools that is for."""
    found = (each.node for each in written.guardrails if each.guardrail.when == alone.rule)
    return next(found, None) or written.tool.node or written.guardrails[0].node
