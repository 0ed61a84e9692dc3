"""What each grant asks of the IAM policy of one resource: all that the work on bindings knows of requests."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from approvals.grants import LIVE, GrantState, Window
from approvals.requests import Request


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One grant's roles for one person on one resource, in one window.

    `approvers` are who approved, and `updated` is when the request last changed: the newest of several names the
    binding that they share.
    """

    request: str
    person: str
    resource: str
    roles: tuple[str, ...]
    condition: str
    window: Window
    state: GrantState
    generation: str
    removed: bool
    approvers: tuple[str, ...]
    updated: datetime

    @property
    def live(self) -> bool:
        """Nothing has closed the grant yet, though its time may be over."""
        return self.state in LIVE

    def gives_access(self, *, now: datetime) -> bool:
        """The grant should be in force now."""
        return self.live and now < self.window.end


def claims(requests: Iterable[Request]) -> tuple[Claim, ...]:
    """What the grants of these requests ask, in their order. The one place that knows where a request says so."""
    return tuple(
        Claim(
            request=request.id,
            person=request.requester,
            resource=request.terms.resource,
            roles=request.terms.roles,
            condition=request.terms.condition,
            window=request.grant.window,
            state=request.grant.state,
            generation=request.grant.generation,
            removed=request.grant.removed,
            approvers=request.decision.by if request.decision else (),
            updated=request.updated,
        )
        for request in requests
        if request.grant is not None
    )
