"""Access in an emergency: nobody approved it before it began, so somebody else looks at it afterwards."""

from datetime import datetime
from typing import Any

import msgspec

from approvals.people.accounts import How
from approvals.reviews import Typed, authenticated
from approvals.times import rfc3339


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one reviewer found, said once: whether it was justified, and why. By which account, as with votes."""

    at: datetime
    by: str
    justified: bool
    why: Typed
    channel: str
    account: str
    how: How = How()


class AfterReview(msgspec.Struct, frozen=True, kw_only=True):
    """The review that access in an emergency needs by `due`, as the policy wanted it when the access began.

    `by` are the selectors of who reviews it. `under_freeze`: a freeze does not hold its access up. There is no
    `finding` until it is done.
    """

    by: tuple[str, ...]
    due: datetime
    under_freeze: bool = False
    finding: Finding | None = None


def mark_name(person: str) -> str:
    """What is marked while an emergency of this person's is not reviewed, so that there is one at a time."""
    return f"break-glass:{person}"


def said_of(found: AfterReview) -> dict[str, Any]:
    """What the chain says of a review that is still to be done."""
    return {"by": list(found.by), "due": rfc3339(found.due), "under_freeze": found.under_freeze}


def on_record(finding: Finding) -> dict[str, Any]:
    """What the chain says of it: of the reason its digest."""
    detail: dict[str, Any] = {
        "justified": finding.justified,
        "comment": finding.why.digest,
        "channel": finding.channel,
        "account": finding.account,
    }
    return detail | ({"how": said} if (said := authenticated(finding.how)) else {})
