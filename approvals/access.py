"""The use cases of access: file, withdraw, end, look.

What changes something ends in one durable commit or raises; only `replace` takes two, and its repeat goes on.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice

import msgspec

from approvals import transitions
from approvals.cards import Card
from approvals.cases import Case
from approvals.changes import Change
from approvals.epochs import Epoch
from approvals.errors import Conflict, NotFound, Refused, Unavailable
from approvals.grants import LIVE, Kept
from approvals.guards import GuardFailed
from approvals.identities import Identity
from approvals.ids import new_request_id, new_salt, request_subject
from approvals.keeping import kept_by_others
from approvals.limits import NoRoom
from approvals.policy.evaluate import Ask, Offer, evaluate, offered_to
from approvals.policy.explain import Explanation, explain
from approvals.policy.model import Entitlement
from approvals.ports.messages import Posted
from approvals.reconcile.notices import Posts
from approvals.requests import Already, Request, Settled, already, votes_open
from approvals.reviewing import ATTEMPTS, Reviewing
from approvals.reviews import says_something, standing, typed
from approvals.targets import all_roles

LISTED = 300
"""Requests, the oldest of all that wait, that one list is made from."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that wait for one person. `more`: others wait that were not looked at; `cut`: for them, too."""

    requests: Sequence[Request]
    more: bool
    cut: bool = False


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """A new request, and the older one in whose place it was filed: withdrawn, or what it had become before."""

    request: Request
    older: Request


class Access(Reviewing):
    """Everything that people do."""

    def file(self, identity: Identity, ask: Ask, *, key: str, now: datetime) -> Request:
        """File a request once for each idempotency key; a repeat returns what the first one made.

        Raises `Refused` of the kind of the check that failed (`frozen`, `entitlement`, `requester`,
        `duration`, `justification`, `approvers`), of kind `limit`, or `Unavailable`.
        """
        key = _own_key(identity, key)
        earlier = self._store.filed(key)
        if earlier is not None:
            return earlier
        for _ in range(ATTEMPTS):
            with suppress(GuardFailed):
                return self._file(identity, ask, key=key, now=now)
        raise Conflict("too much happens at this moment")

    def _file(self, identity: Identity, ask: Ask, *, key: str, now: datetime) -> Request:
        guards = self._freeze.guards()
        self._require_room(identity, now)
        offer = self._offer(identity.principal, ask, now)
        change = transitions.file(
            offer,
            request_id=new_request_id(),
            account=identity.proof.account,
            justification=typed(ask.justification.strip(), salt=new_salt()),
            now=now,
        )
        if offer.requirement.kind == "self":
            case = self._cases.of(change.request, now=now, by=identity)
            change = transitions.both(change, lambda request: self._approval(case.after(request), now=now))
        limited = msgspec.structs.replace(change, limits=offer.limits, guards=guards)
        return self._kept(change, partial(self._store.create, limited, key=key))

    def replace(self, identity: Identity, ask: Ask, *, older: str, key: str, now: datetime) -> Replaced:
        """File a request, then withdraw an older one for the same: the new one is kept before the old one goes.

        A repeat with the same key files nothing again, and withdraws what an interruption left waiting. Raises
        what `file` does, and `Refused` of kind `older` where there is no such request to replace.
        """
        if self._store.filed(_own_key(identity, key)) is None:
            self._require_replaceable(identity, ask.entitlement, older)
        try:
            request = self.file(identity, ask, key=key, now=now)
        except NoRoom as refusal:
            raise Refused("limit.replacing", older=older, full=refusal.code, most=refusal.most) from refusal
        self._require_same(identity, request.terms.entitlement, self._read_older(older))
        with suppress(Refused):  # it was decided in between, and whoever asked is told how
            self.withdraw(identity, older, now=now)
        return Replaced(request=request, older=self._store.request(older))

    def _require_replaceable(self, identity: Identity, entitlement: str, older: str) -> None:
        request = self._read_older(older)
        self._require_same(identity, entitlement, request)
        if request.state not in ("pending", "withdrawn"):
            raise Settled("older.settled", request, older=older, state=request.state)

    def _read_older(self, older: str) -> Request:
        try:
            return self._store.request(older)
        except NotFound:
            raise Refused("older") from None

    def _require_same(self, identity: Identity, entitlement: str, older: Request) -> None:
        if not self._is_holder(identity, older) or older.terms.entitlement != entitlement:
            raise Refused("older")

    def already(self, identity: Identity, entitlement: str, *, now: datetime) -> Already:
        """What the person has of an entitlement: access that stands, and a request that waits."""
        return already(entitlement, self.mine(identity, now=now))

    def frozen(self) -> Epoch | None:
        """The freeze, while there is one."""
        epoch = self._freeze.epoch()
        return epoch if epoch.frozen else None

    def require_thawed(self) -> None:
        """Raise `Refused` with code `frozen` while nobody can ask or decide."""
        self._freeze.require_thawed()

    def require_room(self, identity: Identity, *, key: str, now: datetime) -> None:
        """Raise `Refused` where one more request would be too many, before anything is looked up for it.

        What was filed by this key already is none more.
        """
        try:
            self._require_room(identity, now)
        except Refused:
            if self._store.filed(_own_key(identity, key)) is None:
                raise

    def _require_room(self, identity: Identity, now: datetime) -> None:
        self._store.require_room(identity.principal, self._cases.policy().limits, now=now)

    def check(self, identity: Identity, ask: Ask, *, now: datetime) -> None:
        """Raise what the policy says against an ask, and file nothing."""
        self._offer(identity.principal, ask, now)

    def withdraw(self, identity: Identity, request_id: str, *, now: datetime) -> Request:
        """Withdraw one's own pending request."""

        def step(request: Request) -> Change:
            by = request.requester if self._is_holder(identity, request) else identity.principal
            return transitions.withdraw(request, by=by, now=now)

        return self._apply(request_id, step)

    def end(self, identity: Identity, request_id: str, *, now: datetime, why: str = "") -> Request:
        """End access early: the holder at any time, approvers of this entitlement as well, who say why.

        Raises `Refused` with code `why` where somebody else than the holder gives no reason.
        """

        def step(request: Request) -> Change:
            if self._is_holder(identity, request):
                return transitions.end(request, by=request.requester, now=now)
            if identity.account.guest:
                raise Refused("guest.end")
            self._cases.of(request, now=now, by=identity).require_approver(identity.principal)
            reason = typed(why.strip(), salt=new_salt())
            change = transitions.end(request, by=identity.principal, why=reason, now=now)
            if not says_something(why):
                raise Refused("why")
            return change

        return self._apply(request_id, step)

    def shown(self, request_id: str, *, now: datetime) -> Card:
        """What a request's card says, for somebody who sees that card. Raises `NotFound`."""
        request = self._store.request(request_id)
        return self._cases.of(request, now=now).card(kept=self.kept(request, now=now))

    def message(self, request: Request, *, keys: Sequence[str]) -> Posted | None:
        """Where the first of these messages of a request stands that was posted; None while there is none."""
        body = self._store.recorded(request_subject(request.id))
        posts = msgspec.json.decode(body, type=Posts) if body else Posts()
        return next((posted for posted in (posts.of(key).posted for key in keys) if posted is not None), None)

    def kept(self, request: Request, *, now: datetime) -> tuple[Kept, ...]:
        """What the holder's other requests keep of access that was ended."""
        return kept_by_others(request, self._store, now=now)

    def mine(self, identity: Identity, *, now: datetime) -> Sequence[Request]:
        """The person's own requests that wait or give access now, newest first.

        What the same account asked for under an address that it had before is its own as well.
        """
        own = (*self._store.open_of(identity.principal), *self._store.open_by(identity.proof.account))
        found = {request.id: request for request in own if _open(request, now)}
        return sorted(found.values(), key=lambda request: request.filed, reverse=True)

    def pending(self, identity: Identity, *, most: int = LISTED, now: datetime) -> Waiting:
        """The oldest requests on which this person's approval would count, as far as one look can tell."""
        oldest = self._store.pending(limit=LISTED + 1)
        waiting = [request for request in oldest[:LISTED] if _waits(request, now)]
        cases = self._cases.listed(waiting, by=identity, now=now)
        found = list(islice((case.request for case in cases if _may_decide(identity, case)), most + 1))
        return Waiting(requests=found[:most], more=len(oldest) > LISTED, cut=len(found) > most)

    def explain(self, identity: Identity, entitlement: str, *, now: datetime) -> Explanation:
        """Find what an entitlement is, whether this person may ask for it, and who approves."""
        policy = self._cases.policy()
        found = policy.entitlements.get(entitlement)
        known = self._cases.about(identity.principal, selectors=found.requesters if found else (), now=now)
        return explain(policy, entitlement, requester=identity.principal, memberships=known.memberships)

    def who_may_ask(self, what: str) -> tuple[str, ...]:
        """Who can ask for what has this id, title or role; nobody where there is nothing of that name."""
        wanted = what.lower()
        for each in self._cases.policy().entitlements.values():
            given = {role.lower() for role in all_roles(each.targets)}
            if wanted in (each.id, each.title.lower()) or {wanted, f"roles/{wanted}"} & given:
                return each.requesters
        return ()

    def offered(self, identity: Identity, *, now: datetime) -> Sequence[Entitlement]:
        """What this person may ask for, in the policy's order."""
        policy = self._cases.policy()
        selectors = {who for each in policy.entitlements.values() for who in each.requesters}
        known = self._cases.about(identity.principal, selectors=selectors, now=now)
        return offered_to(policy, identity.principal, known.memberships)

    def _offer(self, person: str, ask: Ask, now: datetime) -> Offer:
        policy = self._cases.policy()
        found = policy.entitlements.get(ask.entitlement)
        known = self._cases.about(person, selectors=found.requesters if found else (), now=now)
        return evaluate(policy, ask, requester=person, memberships=known.memberships).offer()

    def _is_holder(self, identity: Identity, request: Request) -> bool:
        return self._is(request.requester, identity) or identity.proof.account == request.account

    def _apply(self, request_id: str, step: Callable[[Request], Change]) -> Request:
        for _ in range(ATTEMPTS):
            change = step(self._store.request(request_id))
            try:
                self._kept(change, partial(self._store.commit, change))
            except Conflict:
                continue
            return change.request
        raise Conflict("too much happens to this request at this moment")


def _own_key(identity: Identity, key: str) -> str:
    return f"{identity.proof.account}:{key}"


def _may_decide(identity: Identity, case: Case) -> bool:
    # A vote under what is an alias by now counts no more, and can be given anew.
    own = (vote for vote in case.request.reviews if vote.person == identity.principal)
    if standing(own):
        return False
    try:
        case.require_turn(identity.principal, signed=True)
    except (Refused, Unavailable):
        return False
    return True


def _open(request: Request, now: datetime) -> bool:
    """It waits for a decision, or gives access."""
    return _waits(request, now) or (request.grant is not None and request.grant.state in LIVE)


def _waits(request: Request, now: datetime) -> bool:
    return votes_open(request) and now < request.terms.expires
