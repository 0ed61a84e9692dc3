"""Whether Google has room for what is asked: the same question for an ask and for an explanation."""

from datetime import datetime

import msgspec

from approvals.access.joining import against, groups_of, require_free
from approvals.access.keeping import HoldingReads
from approvals.access.surveying import Asked, Surveyor
from approvals.evidence import Evidence
from approvals.policy.evaluate import Offer
from approvals.policy.explain import Explanation
from approvals.refusals.errors import Refused, Unavailable
from approvals.refusals.reasons import Reason


def require_room(surveyor: Surveyor, offer: Offer, *, extends: bool, now: datetime) -> None:
    """Raise `Refused` of kind `iam` where what is offered certainly cannot be made in Google Cloud.

    An extension takes the place of a binding that is there.
    """
    if extends:
        return
    asked = Asked(targets=offer.entitlement.targets, person=offer.requester, later=offer.start is not None)
    wrong = [Refused(found) for found in surveyor.against(asked, now=now)]
    if wrong:
        raise wrong[0].besides(wrong[1:])


def require_joinable(offer: Offer, known: Evidence, store: HoldingReads) -> None:
    """Raise `Refused` where they certainly cannot be let into the group that is offered, or nobody could look."""
    targets, person = offer.entitlement.targets, offer.requester
    wrong = [Refused(found) for found in against(targets, person, known, store)]
    if wrong:
        raise wrong[0].besides(wrong[1:])
    try:
        require_free(targets, person, known, store)
    except Unavailable:
        raise Refused("group.unread", group=groups_of(offer.entitlement)[0]) from None


def closed(
    surveyor: Surveyor, asked: Asked, known: Evidence, store: HoldingReads, *, now: datetime
) -> tuple[Reason, ...]:
    """Why it could not be made, by what was heard of its places before and what is known of groups."""
    return *surveyor.known(asked, now=now), *against(asked.targets, asked.person, known, store)


def with_room(
    surveyor: Surveyor, found: Explanation, known: Evidence, store: HoldingReads, *, now: datetime
) -> Explanation:
    """Add what stands in the way in Google Cloud, for somebody who may ask."""
    if found.entitlement is None or any(
        each.name == "requester" and each.state != "satisfied" for each in found.evaluation.checks
    ):
        return found
    asked = Asked(targets=found.entitlement.targets, person=found.requester)
    closed = against(asked.targets, asked.person, known, store)
    return msgspec.structs.replace(found, unable=(*surveyor.against(asked, now=now), *closed))
