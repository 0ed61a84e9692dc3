"""What only people can judge in entitlements that let people into a group."""

from collections.abc import Iterator

from approvals.policy.model import Policy
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.targets import joined_group


def of_joining(policy: Policy, written: Written, source: str) -> Iterator[Problem]:
    """Who is let into a group gets what the policy itself gives it: to approve, or to look at everything."""
    found = joined_group(written.entitlement.targets) if written.entitlement is not None else None
    if found is None or written.group is None:
        return
    for what in _given(policy, f"group:{found.group}"):
        text = f"whoever gets this is in {found.group} meanwhile, which {what}"
        yield problem_at(written.group, source, "joining-decides", text, warning=True)


def _given(policy: Policy, group: str) -> Iterator[str]:
    """What this policy gives a group, directly or by a group of its own that holds it."""
    named = {group, *(f"group:{name}" for name, members in policy.groups.items() if group in members)}
    for each in policy.offered:
        stages = each.requirement.stages
        if any(not named.isdisjoint(stage.approvers) for stage in stages):
            yield f"approves {each.id}"
        if not named.isdisjoint(each.requesters):
            yield f"may ask for {each.id}"
    if not named.isdisjoint((*policy.administrators, *policy.auditors)):
        yield "looks at every request"
    if not named.isdisjoint(policy.delegates):
        yield "may stand in for approvers"
