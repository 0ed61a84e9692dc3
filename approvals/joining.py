"""Whether somebody can be let into a group: not where they are in it by something that is not ours."""

from approvals.bindings import Mark, member, own_marks
from approvals.claims import claims
from approvals.errors import Refused
from approvals.evidence import Evidence
from approvals.keeping import HoldingReads
from approvals.policy.evaluate import Offer
from approvals.policy.model import Entitlement
from approvals.targets import MEMBER, joined_group


def groups_of(entitlement: Entitlement) -> tuple[str, ...]:
    """The group that an entitlement lets people into, or none."""
    found = joined_group(entitlement.targets)
    return (found.group,) if found is not None else ()


def require_free(offer: Offer, known: Evidence, store: HoldingReads) -> None:
    """Raise `Refused` where their membership is not ours, which is never changed, or cannot be looked at.

    One is ours that ends when a grant of theirs does that has not been seen to be gone.
    """
    found, person = joined_group(offer.entitlement.targets), offer.requester
    if found is None:
        return
    if (found.group, person) not in known.own:
        raise Refused("group.unread", group=found.group)
    expression = known.own[found.group, person]
    if expression is None:
        return
    held = claims(store.holdings(resource=found.resource, person=person), resource=found.resource)
    if Mark(role=MEMBER, member=member(person), expression=expression) not in own_marks(held):
        raise Refused("group.held", group=found.group)
