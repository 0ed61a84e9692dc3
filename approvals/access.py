"""The use cases of access: file, review, withdraw, end, look. Each ends in one durable commit or raises."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.cards import Card
from approvals.cases import Case, Cases, approval
from approvals.changes import Change
from approvals.errors import Conflict, Refused, Unavailable
from approvals.grants import LIVE
from approvals.ids import new_request_id, new_salt
from approvals.limits import Filings
from approvals.policy.evaluate import Ask, Offer, evaluate, offered_to
from approvals.policy.explain import explain
from approvals.policy.records import Entitlement
from approvals.ports import AlreadyReviewed, Reads, Requests
from approvals.principals import Identity
from approvals.requests import Request
from approvals.reviews import Attestation, Review, Verdict, says_something, typed
from approvals.tokens import ActivationToken, Tokens

LISTED = 300
"""Requests, the oldest of all that wait, that one list is made from."""

_ATTEMPTS = 3


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A button or form of a card: the token it carried and what was typed."""

    token: str
    verdict: Verdict
    printed_name: str = ""
    meaning: str = ""
    comment: str = ""


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """What a press came to. `repeated` says that the person's vote stood already, as `verdict`."""

    request: Request
    repeated: bool
    verdict: Verdict


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that wait for one person. `more`: others wait that were not looked at."""

    requests: Sequence[Request]
    more: bool


class RequestStore(Requests, Reads, Filings, Protocol):
    """The part of a store that the use cases need."""


class Access:
    """Everything that people do. `woken` is told which subjects a commit made due; it must not raise or block."""

    def __init__(
        self,
        *,
        store: RequestStore,
        tokens: Tokens,
        cases: Cases,
        woken: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._cases = cases
        self._woken = woken

    def file(self, identity: Identity, ask: Ask, *, key: str, now: datetime) -> Request:
        """File a request once for each idempotency key; a repeat returns what the first one made.

        Raises `Refused` with the code of the check that failed (`entitlement`, `requester`, `duration`,
        `justification`, `approvers`, `limit`), or `Unavailable`.
        """
        key = f"{identity.account.ref}:{key}"
        earlier = self._store.filed(key)
        if earlier is not None:
            return earlier
        # First of all: what is one too many costs no look-up.
        self._store.require_room(identity.principal, self._cases.policy().limits, now=now)
        offer = self._offer(identity.principal, ask, now)
        change = transitions.file(
            offer,
            request_id=new_request_id(),
            account=identity.account.ref,
            justification=typed(ask.justification.strip(), salt=new_salt()),
            now=now,
        )
        if offer.requirement.kind == "self":
            case = self._cases.of(change.request, now=now, by=identity)
            change = transitions.both(change, lambda request: self._approval(case.after(request), now=now))
        stored = self._store.create(msgspec.structs.replace(change, limits=offer.limits), key=key)
        self._woken(change.wake)
        return stored

    def check(self, identity: Identity, ask: Ask, *, now: datetime) -> None:
        """Raise what the policy says against an ask, and file nothing."""
        self._offer(identity.principal, ask, now)

    def look(self, identity: Identity, press: Press, *, now: datetime) -> Card | Reviewed:
        """What somebody whose verdict would count is about to decide, or their vote that stands already.

        Raises like `review`.
        """
        opened = self._tokens.open(press.token, act="review", now=now)
        request = self._store.request(opened.request)
        opened.require(request)
        earlier = next((r for r in request.reviews if r.person == identity.principal), None)
        if earlier is not None:
            return Reviewed(request=request, repeated=True, verdict=earlier.verdict)
        _still_open(request, now=now)
        case = self._cases.of(request, now=now, by=identity)
        if press.verdict == "approve":
            case.require_turn(identity.principal, signed=True)
        else:
            case.require_approver(identity.principal)
        return case.card(token=press.token)

    def review(self, identity: Identity, press: Press, *, now: datetime) -> Reviewed:
        """Record one person's verdict, and decide the request when it is the last one needed.

        When the people who count cannot be checked in time the verdict is recorded and the request stays
        pending; reconcile decides it. Raises `Refused`, `Unavailable`, `NotFound` or, after three attempts,
        `Conflict`.
        """
        token = self._tokens.open(press.token, act="review", now=now)
        for _ in range(_ATTEMPTS):
            try:
                return self._review(identity, press, token, now)
            except (Conflict, AlreadyReviewed):
                continue
        raise Conflict("too many people decide on this request at this moment")

    def withdraw(self, identity: Identity, request_id: str, *, now: datetime) -> Request:
        """Withdraw one's own pending request."""

        def step(request: Request) -> Change:
            by = request.requester if self._is_holder(identity, request) else identity.principal
            return transitions.withdraw(request, by=by, now=now)

        return self._apply(request_id, step)

    def end(self, identity: Identity, request_id: str, *, now: datetime) -> Request:
        """End access early: the holder at any time, approvers of this entitlement as well."""

        def step(request: Request) -> Change:
            if self._is_holder(identity, request):
                return transitions.end(request, by=request.requester, now=now)
            if identity.account.guest:
                raise Refused("guest", "Guests cannot end the access of others.")
            self._cases.of(request, now=now, by=identity).require_approver(identity.principal)
            return transitions.end(request, by=identity.principal, now=now)

        return self._apply(request_id, step)

    def shown(self, request_id: str, *, now: datetime) -> Card:
        """What a request's card says, for somebody who sees that card. Raises `NotFound`."""
        return self._cases.of(self._store.request(request_id), now=now).card()

    def mine(self, identity: Identity, *, now: datetime) -> Sequence[Request]:
        """The person's own requests that wait or give access now, newest first."""
        return [request for request in self._store.open_of(identity.principal) if _open(request, now)]

    def pending(self, identity: Identity, *, now: datetime) -> Waiting:
        """Requests on which this person's approval would count, as far as one look can tell, oldest first."""
        oldest = self._store.pending(limit=LISTED + 1)
        waiting = [request for request in oldest[:LISTED] if _waits(request, now)]
        cases = self._cases.listed(waiting, by=identity, now=now)
        found = [case.request for case in cases if _may_decide(identity, case)]
        return Waiting(requests=found, more=len(oldest) > LISTED)

    def explain(self, identity: Identity, entitlement: str, *, now: datetime) -> Sequence[str]:
        """Say in plain words what an entitlement is, whether this person may ask for it, and who approves."""
        policy = self._cases.policy()
        found = policy.entitlements.get(entitlement)
        known = self._cases.about(identity.principal, selectors=found.requesters if found else (), now=now)
        return explain(policy, entitlement, requester=identity.principal, memberships=known.memberships)

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

    def _review(self, identity: Identity, press: Press, token: ActivationToken, now: datetime) -> Reviewed:
        request = self._store.request(token.request)
        token.require(request)
        case = self._cases.of(request, now=now, by=identity)
        earlier = next((r for r in request.reviews if r.person == identity.principal), None)
        if earlier is not None:
            return Reviewed(request=request, repeated=True, verdict=earlier.verdict)
        _still_open(request, now=now)
        review = _review_of(identity, press, token, now)
        change = self._denial(case, review, now) if press.verdict == "deny" else self._vote(case, review, now)
        self._store.commit(change)
        self._woken(change.wake)
        return Reviewed(request=change.request, repeated=False, verdict=press.verdict)

    def _denial(self, case: Case, review: Review, now: datetime) -> Change:
        case.require_approver(review.person)
        change = transitions.record(case.request, review, now=now)
        return transitions.both(
            change, lambda r: transitions.deny(r, by=review.person, comment=review.comment, now=now)
        )

    def _vote(self, case: Case, review: Review, now: datetime) -> Change:
        with suppress(Unavailable):
            case.offer()
        case.require_turn(review.person, signed=review.attestation is not None)
        change = transitions.record(case.request, review, now=now)
        try:
            return transitions.both(change, lambda request: self._approval(case.after(request), now=now))
        except (Refused, Unavailable):
            # Not enough people yet, or they cannot be checked in time: the vote stands, the request waits.
            return change

    def _approval(self, case: Case, *, now: datetime) -> Change:
        return approval(case, generation=self._tokens.generation, now=now)

    def _is_holder(self, identity: Identity, request: Request) -> bool:
        # An alias may have come into the policy since.
        holder = self._cases.policy().identity.primary(request.requester)
        return identity.principal == holder or identity.account.ref == request.account

    def _apply(self, request_id: str, step: Callable[[Request], Change]) -> Request:
        for _ in range(_ATTEMPTS):
            change = step(self._store.request(request_id))
            try:
                self._store.commit(change)
            except Conflict:
                continue
            self._woken(change.wake)
            return change.request
        raise Conflict("too much happens to this request at this moment")


def _may_decide(identity: Identity, case: Case) -> bool:
    if any(review.person == identity.principal for review in case.request.reviews):
        return False
    try:
        case.require_turn(identity.principal, signed=True)
    except (Refused, Unavailable):
        return False
    return True


def _review_of(identity: Identity, press: Press, token: ActivationToken, now: datetime) -> Review:
    attestation = None
    if says_something(press.printed_name) and says_something(press.meaning):
        attestation = Attestation(
            printed_name=typed(press.printed_name.strip(), salt=new_salt()),
            meaning=typed(press.meaning.strip(), salt=new_salt()),
        )
    comment = typed(press.comment.strip(), salt=new_salt()) if says_something(press.comment) else None
    return Review(
        person=identity.principal,
        verdict=press.verdict,
        at=now,
        channel=identity.account.channel,
        account=identity.account.ref,
        jti=token.jti,
        attestation=attestation,
        comment=comment,
    )


def _still_open(request: Request, *, now: datetime) -> None:
    if request.state != "pending":
        raise Refused("decided", f"This request is {request.state} already.")
    if now >= request.terms.expires:
        raise Refused("expired", "The time to decide this request is over.")


def _open(request: Request, now: datetime) -> bool:
    """It waits for a decision, or gives access."""
    return _waits(request, now) or (request.grant is not None and request.grant.state in LIVE)


def _waits(request: Request, now: datetime) -> bool:
    return request.state == "pending" and now < request.terms.expires
