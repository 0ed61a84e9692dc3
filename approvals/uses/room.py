"""Whether Google has room for what is asked: the same question for an ask and for an explanation."""

from datetime import datetime

import msgspec

from approvals.errors import Refused
from approvals.policy.evaluate import Offer
from approvals.policy.explain import Explanation
from approvals.surveying import Asked, Surveyor


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


def with_room(surveyor: Surveyor, found: Explanation, *, now: datetime) -> Explanation:
    """Add what stands in the way in Google Cloud, for somebody who may ask."""
    if found.entitlement is None or any(
        each.name == "requester" and each.state != "satisfied" for each in found.evaluation.checks
    ):
        return found
    asked = Asked(targets=found.entitlement.targets, person=found.requester)
    return msgspec.structs.replace(found, unable=surveyor.against(asked, now=now))
