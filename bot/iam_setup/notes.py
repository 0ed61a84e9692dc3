"""What no line can do, and what stands beside lines as a comment: for people."""

from collections.abc import Iterator

from approvals.policy.model import Policy
from bot.iam_setup.powers import ROLES_IN_A_CONDITION, Power, joined, names_groups


def notes(policy: Policy, *, terraform: bool) -> Iterator[str]:
    """What no line can do, for people."""
    if terraform:
        yield "After a change of the policy: print this anew and apply it."
    else:
        yield "After a change of the policy: keep the old condition files elsewhere, print this anew and run it."
        yield "Then remove each binding whose condition changed: remove-iam-policy-binding, with the old file."
    if policy.source is not None:
        yield "What IAM offers may name groups: make the account a Groups Reader in Google's Admin console."
    elif names_groups(policy):
        yield "The policy names directory groups: make the account a Groups Reader in Google's Admin console."
    for group in joined(policy):
        yield f"The policy lets people into {group}: make the account a manager of that group, and of no other."


def beside(power: Power) -> Iterator[str]:
    """What is to be known of the binding that gives this power."""
    if power.below:
        yield f"For what IAM offers on projects below {power.resource}."
        return
    if len(power.roles) > ROLES_IN_A_CONDITION:
        yield f"IAM takes {ROLES_IN_A_CONDITION} roles in a condition: part the entitlement that names so many."
    if power.part > 1:
        yield "More roles than one condition holds. A write that needs roles of both conditions is refused by IAM."


def any_role(scope: str) -> Iterator[str]:
    """Why nothing lets the service grant what IAM offers, where nobody named the roles."""
    yield f"What IAM offers below {scope} cannot be granted yet: the policy does not name its roles, and they can"
    yield "be any. Print this anew with a --role for each. What follows needs none, and lets whoever gets hold of"
    yield "the account make anybody an owner there:"
