"""What the policy looks at, one by one, and what came of each. `evaluate` puts them together."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from approvals.cel import matches_fully
from approvals.people.memberships import Memberships
from approvals.policy.access import BreakGlass
from approvals.policy.automatic import against as against_auto
from approvals.policy.model import Entitlement, Policy, Stage
from approvals.policy.quorum import first_unreachable, pools
from approvals.policy.remembered import remembered
from approvals.policy.rules import Occasion, allowed
from approvals.policy.selectors import answer
from approvals.policy.starting import unfit
from approvals.refusals.reasons import Reason, reason
from approvals.reviews import TYPED_LENGTH, says_something

Name = Literal[
    "entitlement",
    "requester",
    "guardrail",
    "start",
    "duration",
    "justification",
    "when",
    "approvers",
    "break_glass",
    "auto",
]
"""What the policy looks at, which is the kind of its refusals as well."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the policy looks at, and what came of it. `reason` says why it is unsatisfied."""

    name: Name
    state: Literal["satisfied", "unsatisfied", "unknown"] = "satisfied"
    reason: Reason | None = None


def against(name: Name, found: Reason) -> Check:
    return Check(name=name, state="unsatisfied", reason=found)


def missing(policy: Policy, name: str) -> Check:
    """Nothing of this id is offered, or whether there is could not be asked."""
    if policy.unasked(name):
        return Check(name="entitlement", state="unknown")
    return against("entitlement", reason("entitlement.absent" if name in policy.absent else "entitlement"))


def requester(policy: Policy, entitlement: Entitlement, person: str, memberships: Memberships) -> Check:
    found = answer(policy, entitlement.requesters, person, memberships)
    if found == "no":
        return against("requester", reason("requester", person=person, title=entitlement.title))
    return Check(name="requester", state="satisfied" if found == "yes" else "unknown")


ALONE = frozenset({"self", "auto"})
"""Kinds of approval by which nobody else decides, and which `no_self` refuses."""


def guardrail(policy: Policy, entitlement: Entitlement, person: str, memberships: Memberships) -> Check:
    """What holds over all entitlements: who is denied it is told the reason, before anything else."""
    fences, places = policy.guardrails, entitlement.places
    unknown = False
    for denial in fences.denials(places):
        found = answer(policy, denial.who, person, memberships, gone="unknown")
        if found == "yes":
            return against("guardrail", reason("guardrail.said", said=denial.reason))
        unknown = unknown or found == "unknown"
    if never := fences.never(entitlement.targets):
        return against("guardrail", reason("guardrail.role", title=entitlement.title, roles=never))
    alone = fences.not_alone(places) if entitlement.requirement.kind in ALONE else ()
    if alone:
        return against("guardrail", reason("guardrail.self", title=entitlement.title, resource=alone[0]))
    return Check(name="guardrail", state="unknown" if unknown else "satisfied")


def when(policy: Policy, entitlement: Entitlement, occasion: Occasion, memberships: Memberships) -> Check:
    """Whether the rule of the entitlement lets it be asked for on this occasion. One that fails does not."""
    found = allowed(policy, entitlement.when, occasion, memberships=memberships)
    match found:
        case "yes":
            return Check(name="when")
        case "unknown":
            return Check(name="when", state="unknown")
        case "error":
            return against("when", reason("when.error", title=entitlement.title, rule=entitlement.when))
    return against("when", reason("when", title=entitlement.title, rule=entitlement.when, zone=policy.timezone))


def start(entitlement: Entitlement, asked: datetime | None, *, extends: bool, now: datetime) -> Check:
    """Whether access can begin at the moment that is asked for; None: with its approval."""
    emergency = entitlement.break_glass is not None
    found = unfit(asked, extends=extends, emergency=emergency, now=now) if asked is not None else None
    return Check(name="start") if found is None else against("start", found)


def duration(policy: Policy, entitlement: Entitlement, asked: timedelta) -> Check:
    """Whether it is whole seconds, at least one, and no more than entitlement and guardrails allow."""
    longest = policy.longest(entitlement)
    if asked <= timedelta(0) or asked.microseconds:
        return against("duration", reason("duration.short"))
    if asked > longest:
        return against(
            "duration", reason("duration.long", title=entitlement.title, longest=int(longest.total_seconds()))
        )
    return Check(name="duration")


def justification(entitlement: Entitlement, text: str) -> Check:
    """Whether the reason says something, is not too long, and is of the entitlement's pattern."""
    rule = entitlement.justification
    if not says_something(text):
        return against("justification", reason("justification.missing", hint=rule.hint))
    if len(text) > TYPED_LENGTH:
        return against("justification", reason("justification.long", most=TYPED_LENGTH))
    if rule.pattern and not matches_fully(rule.pattern, text):
        return against("justification", reason("justification.pattern", hint=rule.hint, pattern=rule.pattern))
    return Check(name="justification")


def approvers(policy: Policy, entitlement: Entitlement, person: str) -> Check:
    """Whether anybody else could approve it, or review it where it is an emergency."""
    requirement = entitlement.requirement
    if requirement.kind in ("self", "auto"):
        return Check(name="approvers")
    if entitlement.break_glass is not None:
        return _reviewers(policy, entitlement.break_glass, person)
    if not requirement.stages:
        return against("approvers", reason("approvers.none"))
    return enough(policy, requirement.stages, person)


def enough(policy: Policy, stages: Sequence[Stage], person: str) -> Check:
    """Others can fill the stages of what this person asks for, or nobody could ever approve it."""
    short = _short(policy, tuple(stages), policy.identity.barred(person))
    if short is None:
        return Check(name="approvers")
    stage = stages[short]
    few = reason(
        "approvers.few",
        needed=stage.needed,
        approvers=stage.approvers,
        sign=stage.sign,
        stage=short + 1,
        stages=len(stages),
    )
    return against("approvers", few)


@remembered
def _short(policy: Policy, stages: tuple[Stage, ...], barred: frozenset[str]) -> int | None:
    """The first stage that others than these cannot fill, as far as the policy names people."""
    return first_unreachable(pools(policy, stages, asking=barred), excluded=barred)


def _reviewers(policy: Policy, rule: BreakGlass, person: str) -> Check:
    """Somebody else has to be there who can review it, or it would never be."""
    if enough(policy, [Stage(approvers=rule.by)], person).state == "satisfied":
        return Check(name="approvers")
    return against("approvers", reason("break_glass.reviewers", approvers=rule.by))


def automatic(policy: Policy, entitlement: Entitlement, occasion: Occasion, memberships: Memberships) -> Check:
    """What nobody else and no rule approves is not filed: nobody could ever approve it."""
    found = against_auto(policy, entitlement, occasion, memberships)
    return Check(name="auto") if found is None else against("auto", found)


def emergency(entitlement: Entitlement, *, confirmed: bool) -> Check:
    """An emergency is declared twice, and nothing else is declared one."""
    meant = entitlement.requirement.kind == "break_glass"
    if meant and not confirmed:
        return against("break_glass", reason("break_glass", title=entitlement.title))
    if confirmed and not meant:
        return against("break_glass", reason("break_glass.none", title=entitlement.title))
    return Check(name="break_glass")
