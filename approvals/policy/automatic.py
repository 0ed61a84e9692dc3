"""Whether the policy approves by itself. What it cannot know, and what a rule fails on, is no."""

import msgspec

from approvals.people.memberships import Answer, Memberships
from approvals.policy.access import Auto
from approvals.policy.model import Entitlement, Policy
from approvals.policy.rules import Occasion, RuleAnswer, holds
from approvals.policy.selectors import answer
from approvals.refusals.reasons import Reason, reason


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule came to, and what was known of whether the requester is on call."""

    held: RuleAnswer
    oncall: Answer


class ByRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an approval: the rule, where it is said who is on call, and whether who asked was."""

    when: str
    oncall: str
    answer: str


def judged(policy: Policy, rule: Auto, occasion: Occasion, *, memberships: Memberships) -> Judged:
    """Hold an ask against the rule, by what is known at this moment."""
    selected = (rule.oncall,) if rule.oncall else ()
    called = answer(policy, selected, occasion.requester, memberships, gone="unknown")
    known = {} if called == "unknown" else {"requester.oncall": called == "yes"}
    facts = {**occasion.facts(policy), **known}
    people = {"requester": occasion.requester}
    held = holds(rule.when, "auto", facts, policy=policy, memberships=memberships, people=people)
    return Judged(held="unknown" if held == "error" and called == "unknown" else held, oncall=called)


def against(
    policy: Policy, entitlement: Entitlement, occasion: Occasion, memberships: Memberships
) -> Reason | None:
    """Why the policy does not approve it by itself; None where it does, or somebody else is asked."""
    rule = entitlement.auto
    if entitlement.requirement.kind != "auto":
        return None
    if rule is None:
        return reason("approvers.none")
    match judged(policy, rule, occasion, memberships=memberships).held:
        case "yes":
            return None
        case "unknown":
            return reason("auto.unknown", title=entitlement.title)
        case "error":
            return reason("auto.error", title=entitlement.title, rule=rule.when)
    return reason("auto", title=entitlement.title, rule=rule.when, zone=policy.timezone)
