"""What each grant asks of the IAM policy of one resource: all that the work on bindings knows of requests."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from approvals.grants import LIVE, GrantState, Window
from approvals.requests import Request, given, under_freeze


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One grant's roles for one person on one resource, in one window.

    `target` is its number among the request's. `approvers` are who approved, and `updated` is when the request
    last changed: the newest of several names the binding that they share. `under_freeze`: a freeze does not hold
    it up.
    """

    request: str
    entitlement: str = ""
    target: int = 0
    person: str
    resource: str
    roles: tuple[str, ...]
    condition: str
    window: Window
    state: GrantState
    generation: str
    removed: bool
    approvers: tuple[str, ...]
    emergency: bool = False
    under_freeze: bool = False
    updated: datetime

    @property
    def live(self) -> bool:
        """Nothing has closed the grant yet, though its time may be over."""
        return self.state in LIVE

    def gives_access(self, *, now: datetime) -> bool:
        """The grant should be in force now."""
        return self.live and now < self.window.end


def claims(requests: Iterable[Request], *, resource: str) -> tuple[Claim, ...]:
    """What the grants of these requests ask there, in their order. The one place that knows where they say so.

    What has not begun asks nothing yet.
    """
    return tuple(
        Claim(
            request=request.id,
            entitlement=request.terms.entitlement,
            target=number,
            person=request.requester,
            resource=resource,
            roles=target.roles,
            condition=target.condition,
            window=grant.window,
            state=grant.state,
            generation=grant.generation,
            removed=grant.removed,
            approvers=request.decision.by if request.decision else (),
            emergency=request.after_review is not None,
            under_freeze=under_freeze(request),
            updated=request.updated,
        )
        for request in requests
        for number, (target, grant) in enumerate(given(request))
        if target.resource == resource and grant.state != "scheduled"
    )
