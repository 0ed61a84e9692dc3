"""What guardrails over all entitlements leave nobody to ask for: an entitlement that is offered in vain."""

from collections.abc import Iterator

from approvals.policy.checks import ALONE
from approvals.policy.fences import Denial, matches
from approvals.policy.model import Policy
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.policy.selectors import people


def of_entitlement(policy: Policy, written: Written, source: str) -> Iterator[Problem]:
    """What can never be asked for, and what a guardrail about projects does not see."""
    entitlement, fences = written.entitlement, policy.guardrails
    for role, node in written.roles:
        if matches(fences.never_roles, role):
            text = f"{role} is among guardrails.never_roles, so nobody could ever get this"
            yield problem_at(node, source, "never-given", text)
    if entitlement is None:
        return
    alone = fences.not_alone(entitlement.places) if entitlement.requirement.kind in ALONE else ()
    if alone and written.approval is not None:
        text = (
            f"{alone[0]} matches guardrails.no_self, so nobody could ever get this without somebody else:"
            " write stages"
        )
        yield problem_at(written.approval, source, "never-alone", text)
    for denial in fences.denials(entitlement.places):
        if written.asking is not None and _all_denied(policy, entitlement.requesters, denial):
            text = f"guardrails.deny refuses everybody who may ask for this: {denial.reason}"
            yield problem_at(written.asking, source, "all-denied", text)


def above(policy: Policy, written: Written, source: str) -> Iterator[Problem]:
    """Access above a project reaches into it, and no guardrail that names projects sees that."""
    fences = policy.guardrails
    patterns = (*fences.no_self, *(what for each in fences.deny for what in each.what))
    if not any(each.startswith("projects/") for each in patterns):
        return
    for grant in written.grants:
        if grant.target is None or grant.resource.startswith("projects/"):
            continue
        if not matches(patterns, grant.resource):
            text = (
                f"what is given on {grant.resource} holds in every project below it, and no guardrail names it:"
                " those about projects do not see it"
            )
            yield problem_at(grant.roles[0][1], source, "above-guardrail", text, warning=True)


def _all_denied(policy: Policy, requesters: tuple[str, ...], denial: Denial) -> bool:
    """Everybody who may ask is denied it, as far as the policy itself says."""
    asking, denied = people(policy, requesters), people(policy, denial.who)
    domains = {each.removeprefix("domain:") for each in denied.others if each.startswith("domain:")}
    left = {who for who in asking.known - denied.known if who.rpartition("@")[2] not in domains}
    return not left and set(asking.others) <= set(denied.others)
