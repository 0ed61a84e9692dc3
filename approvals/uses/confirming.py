"""Confirming: whoever an application names by its own word alone says so themselves, before others decide.

Where nobody else is asked, it is their approval.
"""

from datetime import datetime

import msgspec

from approvals import transitions
from approvals.again import again
from approvals.changes import Change
from approvals.freezes.frozen import Freeze
from approvals.identities import Identity
from approvals.ids import is_request_id
from approvals.judging.cases import Cases
from approvals.people.accounts import require_accepted
from approvals.ports.store import Reads
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.requests import Request, unconfirmed
from approvals.showing import require_whole
from approvals.uses.commits import Commits
from approvals.uses.own import is_holder
from approvals.uses.votes import Shown


class Confirming:
    """The person's own word, by an account of theirs."""

    def __init__(self, *, store: Reads, cases: Cases, freeze: Freeze, commits: Commits) -> None:
        self._store = store
        self._cases = cases
        self._freeze = freeze
        self._commits = commits

    def confirm(self, identity: Identity, shown: Shown, *, now: datetime, window: bool = False) -> Request:
        """Confirm what was shown; where a guardrail allows it, it is approved by the same commit. A repeat
        changes nothing. `window`: for several calls, where that is offered.

        Raises `NotFound` for everybody else, `Refused` with code `changed` where another request was shown, with
        code `confirmed` where there is nothing to confirm, with code `confirmed.one` or `confirmed.several` where
        the other choice stands, or `page_only`, as well as what `Case.offer` does, `Settled`, `Unavailable` or,
        after three attempts, `Conflict`.
        """
        return again(lambda: self._confirmed(identity, shown, now=now, window=window), changing="the request")

    def _confirmed(self, identity: Identity, shown: Shown, *, now: datetime, window: bool) -> Request:
        request = self._own(identity, shown.request)
        if (shown.revision, shown.digest) != (request.revision, request.digest):
            raise Refused("changed")
        if request.confirmed is not None:
            _require_same_choice(request, window=window)
            return request
        guards = self._freeze.guards(request.terms.entitlement, request.requester, you=identity.principal)
        change = self._change(identity, request, window=window, now=now)
        return self._commits.commit(msgspec.structs.replace(change, guards=guards))

    def _own(self, identity: Identity, request_id: str) -> Request:
        if not is_request_id(request_id):
            raise NotFound("no id of a request")
        request = self._store.request(request_id)
        if not is_holder(request, identity, self._cases.policy().identity):
            raise NotFound("a request that is nothing to whoever asked")
        return request

    def _change(self, identity: Identity, request: Request, *, window: bool, now: datetime) -> Change:
        require_accepted(identity.account, self._cases.policy().identity, purpose="request")
        case = self._cases.of(request, now=now, by=identity)
        if unconfirmed(request):
            case.require_several() if window else case.offer()
        if identity.account.means != "web":
            require_whole(request)
        alone = request.terms.requirement.kind in ("allow", "self")
        if alone and identity.account.guest:
            raise Refused("requester.guest")
        change = transitions.confirm(request, proof=identity.proof, window=window, now=now)
        if not alone:
            return change
        try:
            return transitions.both(change, lambda request: self._cases.approval(case.after(request), now=now))
        except (Refused, Unavailable):
            # The policy has come to ask somebody, or that cannot be known now: it stands, and the request waits.
            return change


def _require_same_choice(request: Request, *, window: bool) -> None:
    """Raise for who confirms one call where they confirmed several, or the other way round.

    What was confirmed is not made less or more by a second press: nobody is to believe so.
    """
    said = request.confirmed
    if said is not None and said.window != window and request.state in ("pending", "approved"):
        raise Refused("confirmed.several" if said.window else "confirmed.one")
