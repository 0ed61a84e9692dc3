"""How much of a card an entitlement takes: what approvers cannot read whole, they cannot approve."""

from approvals.policy.model import Entitlement, Requirement
from approvals.policy.roles import google_role
from approvals.policy.words import stage_in_words
from approvals.targets import IamRoles, accesses, roles_of_iam

ROOM = 6_000
"""Characters that a message leaves to what the policy says; the rest is for typed words, buttons and layout.

Links to tickets have no part of it: they count as the message is laid out, and give way where they do not fit.
"""

_ROLE = 40
_STAGE = 100
_ADDRESS = 64
_BOX = 200  # around a condition that stands among others


def length(entitlement: Entitlement) -> int:
    """Say at most how many characters a card needs for roles, condition and approvers.

    A role stands there by its id and its title, a condition with its quotation marks escaped, a stage with
    those who approved already.
    """
    groups = sum(
        2 * len(each.resource) for each in accesses(entitlement.targets) if not isinstance(each, IamRoles)
    )
    targets = roles_of_iam(entitlement.targets)
    bundle = len(targets) > 1
    given = sum(_given(target) + bundle * _beside(target) for target in targets)
    return groups + given + of_stages(entitlement.requirement)


def of_stages(requirement: Requirement) -> int:
    """Say the same of who must approve."""
    return sum(len(stage_in_words(stage)) + _STAGE + stage.needed * _ADDRESS for stage in requirement.stages)


def _given(target: IamRoles) -> int:
    roles = sum(len(role) + 2 * len(_title(role)) + _ROLE for role in target.roles)
    return roles + 2 * len(target.condition)


def _beside(target: IamRoles) -> int:
    """What else stands there of one of several: its resource with each role, its roles with its condition."""
    places = len(target.roles) * (len(target.resource) + _ROLE)
    titled = _BOX + sum(map(len, target.roles)) + len(target.resource) if target.condition else 0
    return places + titled


def _title(role: str) -> str:
    known = google_role(role)
    return known.title if known is not None else ""
