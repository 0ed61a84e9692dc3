"""Whether the policy of now still offers terms that were frozen before."""

from approvals.errors import Refused
from approvals.memberships import Memberships
from approvals.policy.evaluate import Ask, Offer, evaluate
from approvals.policy.model import Entitlement, Policy
from approvals.targets import covers
from approvals.terms.records import Terms


def still_offered(policy: Policy, terms: Terms, *, requester: str, memberships: Memberships) -> Offer:
    """Return what the current policy offers where it covers frozen terms; its requirement may ask for more.

    Raises `Refused` of kind `terms` where a target or the duration is not covered any more,
    and whatever `Evaluation.offer` raises.
    """
    ask = Ask(entitlement=terms.entitlement, duration=terms.duration, justification=terms.justification.text)
    evaluation = evaluate(policy, ask, requester=requester, memberships=memberships)
    current = evaluation.entitlement
    if current is not None and not _covers(current, terms):
        raise Refused("terms.changed")
    return evaluation.offer()


def _covers(current: Entitlement, terms: Terms) -> bool:
    return covers(current.targets, terms.targets) and terms.duration <= current.duration.max
