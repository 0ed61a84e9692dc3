"""Whose membership of which groups an answer of the policy hangs on: what is looked up before it is asked."""

from approvals.cel import CelError
from approvals.policy.access import Auto
from approvals.policy.model import Action, Entitlement, Policy, Requirement, approvers
from approvals.policy.rules import Use, compiled
from approvals.policy.selectors import is_calendar


def of_requester(policy: Policy, asked: Entitlement | Action) -> tuple[str, ...]:
    """The selectors that decide whether somebody may ask, or is denied it."""
    if isinstance(asked, Action):
        return asked.requesters
    denied = (who for each in policy.guardrails.denials(asked.places) for who in each.who)
    rules = (*_asks(asked.when, "when", "requester"), *of_vote(asked.requirement, "requester"))
    called = _automatic(asked.auto) if asked.auto is not None else ()
    return tuple(dict.fromkeys((*asked.requesters, *denied, *rules, *called)))


def _automatic(rule: Auto) -> tuple[str, ...]:
    return (*((rule.oncall,) if rule.oncall else ()), *_asks(rule.when, "auto", "requester"))


def of_approver(requirement: Requirement) -> tuple[str, ...]:
    """The selectors that decide whether somebody approves."""
    return (*approvers(requirement.stages), *of_vote(requirement, "approver"))


def kept_apart(requirement: Requirement) -> tuple[str, ...]:
    """The groups that its stages keep the requester's own of: they matter of whoever votes, and of who asked."""
    return tuple(stage.not_same for stage in requirement.stages if stage.not_same)


def of_vote(requirement: Requirement, of: str) -> tuple[str, ...]:
    """The groups that its `approve_when` asks for, of the `requester` or the `approver`."""
    return _asks(requirement.approve_when, "approve_when", of)


def named(policy: Policy) -> tuple[str, ...]:
    """Every selector of what can be asked for: of those who may ask, who are denied it, and who approve."""
    found = (
        selector
        for each in policy.offered
        for selector in (
            *of_requester(policy, each),
            *of_approver(each.requirement),
            *kept_apart(each.requirement),
        )
    )
    denied = (who for each in policy.guardrails.deny for who in each.who)
    # A calendar is no group of the directory.
    return tuple(dict.fromkeys(who for who in (*found, *denied) if not is_calendar(who)))


def _asks(rule: str, use: Use, of: str) -> tuple[str, ...]:
    try:
        return compiled(rule, use).asks(of) if rule else ()
    except CelError:
        return ()  # it holds of nobody, whoever is looked up
