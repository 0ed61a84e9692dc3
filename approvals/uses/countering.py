"""Offering less: an approver offers narrower terms, and whoever asked accepts them or waits on.

An offer is no vote, and what was voted on the terms before counts no more once it is accepted.
"""

from datetime import datetime

import msgspec

from approvals import transitions
from approvals.again import again
from approvals.changes import Change
from approvals.freezes.frozen import Freeze
from approvals.guards import Guard
from approvals.identities import Identity
from approvals.ids import new_salt
from approvals.judging.cases import Cases
from approvals.people.accounts import require_accepted
from approvals.ports.store import Reads
from approvals.refusals.errors import Refused
from approvals.requests import Request, Settled, require_votes_open, undecided
from approvals.reviews import says_something, typed
from approvals.revisions import Less
from approvals.telling.cards import Card
from approvals.tokens import ActivationToken, Tokens
from approvals.uses.commits import Commits, With
from approvals.uses.own import is_holder
from approvals.uses.votes import Shown


class Offering(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody offers of the revision that a token points to, and why."""

    token: ActivationToken
    less: Less
    why: str


class Countering:
    """Offers on requests that wait, and their acceptance."""

    def __init__(self, *, store: Reads, tokens: Tokens, cases: Cases, freeze: Freeze, commits: Commits) -> None:
        self._store = store
        self._tokens = tokens
        self._cases = cases
        self._freeze = freeze
        self._commits = commits

    def look(self, identity: Identity, token: str, *, now: datetime) -> Card:
        """What somebody is about to offer less of. Raises as `offer` does."""
        opened = self._tokens.open(token, act="review", now=now)
        request = self._faced(identity, opened, now)
        return self._cases.of(request, now=now, by=identity).card(token=token)

    def offer(self, identity: Identity, token: str, less: Less, *, why: str = "", now: datetime) -> Request:
        """Offer less than the revision that the token of a card points to.

        Raises `Refused` of kind `counter` for what is not less, what a denial raises for whoever may not decide,
        or, after three attempts, `Conflict`.
        """
        opened = self._tokens.open(token, act="review", now=now)
        offering = Offering(token=opened, less=less, why=why)
        return again(lambda: self._offered(identity, offering, now, None), changing="the request")

    def offer_on(
        self,
        identity: Identity,
        shown: Shown,
        less: Less,
        *,
        why: str = "",
        now: datetime,
        beside: With | None = None,
    ) -> Request:
        """The same by a program, which says what it has shown."""
        offering = Offering(token=self._unsigned(shown), less=less, why=why)
        return again(lambda: self._offered(identity, offering, now, beside), changing="the request")

    def accept(self, identity: Identity, token: str, *, now: datetime) -> Request:
        """Take what is offered, by the token of that very offer. A repeat changes nothing.

        Raises `Refused` with code `counter.yours` for everybody else, `changed` where it is not what is offered
        any more, `Settled` or, after three attempts, `Conflict`.
        """
        found = self._tokens.open(token, act="accept", now=now)
        shown = Shown(request=found.request, revision=found.revision, digest=found.digest)
        return self.accept_shown(identity, shown, now=now)

    def accept_shown(
        self, identity: Identity, shown: Shown, *, now: datetime, beside: With | None = None
    ) -> Request:
        """The same by whoever says which offer they were shown."""
        return again(lambda: self._accepted(identity, shown, now, beside), changing="the request")

    def _faced(self, identity: Identity, token: ActivationToken, now: datetime) -> Request:
        request = self._store.request(token.request)
        token.require(request)
        require_votes_open(request, now=now)
        require_accepted(identity.account, self._cases.policy().identity, purpose="decide")
        self._freeze.require_thawed(*_concerned(request), you=identity.principal)
        self._cases.of(request, now=now, by=identity).require_approver(identity.principal)
        if request.action is not None:
            raise Refused("counter.action")
        return request

    def _offered(self, identity: Identity, offering: Offering, now: datetime, beside: With | None) -> Request:
        request = self._faced(identity, offering.token, now)
        guards = self._freeze.guards(*_concerned(request), you=identity.principal)
        why = typed(offering.why.strip(), salt=new_salt()) if says_something(offering.why) else None
        by, proof = identity.principal, identity.proof
        change = transitions.counter(request, offering.less, by=by, proof=proof, why=why, now=now)
        return self._kept(change, guards, beside)

    def _accepted(self, identity: Identity, shown: Shown, now: datetime, beside: With | None) -> Request:
        request = self._store.request(shown.request)
        if not is_holder(request, identity, self._cases.policy().identity):
            raise Refused("counter.yours")
        if (shown.revision, shown.digest) == (request.revision, request.digest) and request.former:
            return request
        if not undecided(request):
            raise Settled("decided", request, state=request.state)
        guards = self._freeze.guards(*_concerned(request), you=identity.principal)
        require_accepted(identity.account, self._cases.policy().identity, purpose="request")
        found = request.counter
        if found is None:
            raise Refused("counter.none")
        if (shown.revision, shown.digest) != (found.revision, found.digest):
            raise Refused("changed")
        return self._kept(transitions.accept(request, proof=identity.proof, now=now), guards, beside)

    def _kept(self, change: Change, guards: tuple[Guard, ...], beside: With | None) -> Request:
        return self._commits.commit(msgspec.structs.replace(change, guards=guards), beside=beside)

    def _unsigned(self, shown: Shown) -> ActivationToken:
        """What a token of the request would point to, where it is the one that was shown."""
        token = self._tokens.unsigned(self._store.request(shown.request))
        if (shown.revision, shown.digest) != (token.revision, token.digest):
            raise Refused("changed")
        return token


def _concerned(request: Request) -> tuple[str, str]:
    """What a freeze of it or of whoever asked would hold up."""
    return (request.terms.entitlement, request.requester)
