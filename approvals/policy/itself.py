"""What the service itself asks for: that a looser policy may come into force, which is an action of its own.

No file can write these names, for there is a blank or a point in them. People read them where they decide.
"""

from datetime import timedelta

import msgspec

from approvals.people.persons import OnBehalf
from approvals.people.principals import ITSELF
from approvals.policy.model import Action, Policy, Requirement, Stage
from approvals.policy.parties import Application

APPLICATION = "Countersign itself"
ACTION = "policy.change"

FORCED = "forced"
"""Why it is withdrawn, where an operator put exactly this policy in force by break-glass."""

PENDING = timedelta(days=7)
USE_BY = timedelta(days=1)
"""How long an accepted policy may take to come into force; it takes seconds where the service runs."""

PERSON = OnBehalf(principal=ITSELF, proven="token", issuer=APPLICATION, subject="the policy file")
"""Nobody knows who wrote a file: the service vouches for what it read, and for no person."""


def with_itself(policy: Policy) -> Policy:
    """The policy with what the service asks for, where it says who accepts that."""
    rule = policy.change
    if rule is None:
        return policy
    service = Application(id=APPLICATION, title="Countersign itself")
    action = Action(
        id=ACTION,
        application=APPLICATION,
        title="Put a looser policy in force",
        parameters=(),
        requesters=(f"user:{ITSELF}",),
        requirement=Requirement(kind="stages", stages=(Stage(approvers=rule.approvers, needed=rule.needed),)),
        pending=PENDING,
        use_by=USE_BY,
    )
    return msgspec.structs.replace(
        policy,
        applications={**policy.applications, APPLICATION: service},
        actions={**policy.actions, ACTION: action},
    )
