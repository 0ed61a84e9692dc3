"""Ending: withdraw what waits, end access."""

from collections.abc import Callable
from datetime import datetime

from approvals import transitions
from approvals.again import again
from approvals.changes import Change
from approvals.identities import Identity
from approvals.ids import new_salt
from approvals.judging.cases import Cases
from approvals.ports.store import Reads
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.reviews import Typed, says_something, typed
from approvals.uses.administrators import require_may_take
from approvals.uses.commits import Commits, With
from approvals.uses.own import is_holder


class Ending:
    """Giving back what one has, and taking from others what one may. A freeze stops none of it."""

    def __init__(self, *, store: Reads, cases: Cases, commits: Commits) -> None:
        self._store = store
        self._cases = cases
        self._commits = commits

    def withdraw(
        self, identity: Identity, request_id: str, *, now: datetime, beside: With | None = None
    ) -> Request:
        """Withdraw one's own request that waits.

        Raises `Refused`, `NotFound` or, after three attempts, `Conflict`.
        """

        def step(request: Request) -> Change:
            by = request.requester if self._is_holder(identity, request) else identity.principal
            return transitions.withdraw(request, by=by, now=now)

        return self._apply(request_id, step, beside)

    def end(
        self,
        identity: Identity,
        request_id: str,
        *,
        now: datetime,
        why: str = "",
        beside: With | None = None,
    ) -> Request:
        """End access early, or an approval that was not used: the holder at any time; its approvers, the
        owners of a service account and the policy's administrators, who say why.

        Raises `Refused`, with code `why` where somebody else than the holder gives no reason, `Unavailable`,
        `NotFound` or, after three attempts, `Conflict`.
        """

        def step(request: Request) -> Change:
            if self._is_holder(identity, request):
                return _over(request, by=request.requester, now=now)
            return self._revoked(identity, request, why=why, now=now)

        return self._apply(request_id, step, beside)

    def _revoked(self, identity: Identity, request: Request, *, why: str, now: datetime) -> Change:
        require_may_take(self._cases, identity, request, now=now)
        reason = typed(why.strip(), salt=new_salt())
        change = _over(request, by=identity.principal, why=reason, now=now)
        if not says_something(why):
            raise Refused("why.approval" if request.approval_only else "why")
        return change

    def _is_holder(self, identity: Identity, request: Request) -> bool:
        return is_holder(request, identity, self._cases.policy().identity)

    def _apply(self, request_id: str, step: Callable[[Request], Change], beside: With | None) -> Request:
        return again(
            lambda: self._commits.commit(step(self._store.request(request_id)), beside=beside),
            changing="the request",
        )


def _over(request: Request, *, by: str, why: Typed | None = None, now: datetime) -> Change:
    """What gives access gives none any more; what was approved and not used cannot be."""
    if request.action is not None:
        return transitions.end_use(request, by=by, why=why, now=now)
    return transitions.end(request, by=by, why=why, now=now)
