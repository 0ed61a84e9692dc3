"""The use cases of those who decide: look, review, take back. Each ends in one durable commit or raises."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from approvals import transitions
from approvals.accounts import Account
from approvals.cards import Card
from approvals.cases import Case, Cases, approval
from approvals.changes import Change
from approvals.errors import Conflict, Late, Refused, Unavailable
from approvals.freezing import Freeze
from approvals.guards import Guard, GuardFailed
from approvals.identities import Identity
from approvals.ids import new_salt
from approvals.limits import Filings
from approvals.names import noted
from approvals.ports.store import AlreadyReviewed, Reads, Requests, Work
from approvals.principals import IdentityRules
from approvals.requests import Request, Settled, earlier, votes_open
from approvals.reviews import Attestation, Review, Verdict, says_something, standing, typed
from approvals.tokens import ActivationToken, Tokens

Stored = TypeVar("Stored")

ATTEMPTS = 3
"""How often a change is applied anew when somebody else was first."""


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


class RequestStore(Requests, Reads, Filings, Work, Protocol):
    """The part of a store that the use cases need."""


class Reviewing:
    """Voting. `woken` is told which subjects a commit made due; it must not raise or block."""

    def __init__(
        self,
        *,
        store: RequestStore,
        tokens: Tokens,
        cases: Cases,
        freeze: Freeze,
        woken: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._cases = cases
        self._freeze = freeze
        self._woken = woken

    def look(self, identity: Identity, press: Press, *, now: datetime) -> Card | Reviewed:
        """What somebody whose verdict would count is about to decide, or their vote that stands already.

        Raises like `review`.
        """
        opened = self._tokens.open(press.token, act="review", now=now)
        request = self._store.request(opened.request)
        opened.require(request)
        own = self._votes_of(identity, request)
        if repeated := _repeated(request, own, press.verdict, by=identity):
            return repeated
        _still_open(request, now=now)
        self._freeze.require_thawed()
        opened.require_after(own)
        case = self._cases.of(request, now=now, by=identity)
        if press.verdict == "approve":
            case.require_turn(identity.principal, signed=True)
        else:
            case.require_approver(identity.principal)
        return case.card(token=press.token, before=earlier(request, self._store.open_of(request.requester)))

    def review(self, identity: Identity, press: Press, *, now: datetime) -> Reviewed:
        """Record one person's verdict, and decide the request when it is the last one needed.

        A press of a card that is older than this person's last vote is refused: it may be a late duplicate.
        When the people who count cannot be checked in time the verdict is recorded and the request stays
        pending; reconcile decides it. Raises `Refused`, `Unavailable`, `NotFound` or, after three attempts,
        `Conflict`.
        """
        token = self._tokens.open(press.token, act="review", now=now)
        for _ in range(ATTEMPTS):
            try:
                return self._review(identity, press, token, now)
            except (Conflict, AlreadyReviewed):
                continue
        raise Conflict("too many people decide on this request at this moment")

    def take_back(self, identity: Identity, request_id: str, *, now: datetime) -> Reviewed:
        """Take one's own approval back while the request waits. It counts no more; one may approve again.

        Raises `Refused`, `NotFound` or, after three attempts, `Conflict`.
        """
        for _ in range(ATTEMPTS):
            request = self._store.request(request_id)
            own = self._votes_of(identity, request)
            if repeated := _repeated(request, own, "take_back", by=identity):
                return repeated
            review = _review_of(identity, Press(token="", verdict="take_back"), jti="", now=now)
            change = _taken_back(request, own, review, now=now)
            try:
                return self._commit(change, "take_back", guards=self._freeze.guards())
            except (Conflict, AlreadyReviewed):
                continue
        raise Conflict("too much happens to this request at this moment")

    def _review(self, identity: Identity, press: Press, token: ActivationToken, now: datetime) -> Reviewed:
        request = self._store.request(token.request)
        token.require(request)
        own = self._votes_of(identity, request)
        if repeated := _repeated(request, own, press.verdict, by=identity):
            return repeated
        _still_open(request, now=now)
        guards = self._freeze.guards()
        token.require_after(own)
        review = _review_of(identity, press, jti=token.jti, now=now)
        if press.verdict == "take_back":
            return self._commit(_taken_back(request, own, review, now=now), press.verdict, guards=guards)
        case = self._cases.of(request, now=now, by=identity)
        if press.verdict == "deny":
            return self._commit(self._denial(case, review, now), press.verdict, guards=guards)
        return self._commit(self._vote(case, review, identity, now), press.verdict, guards=guards)

    def _commit(self, change: Change, verdict: Verdict, *, guards: tuple[Guard, ...]) -> Reviewed:
        guarded = msgspec.structs.replace(change, guards=guards)
        self._kept(guarded, partial(self._store.commit, guarded))
        return Reviewed(request=change.request, repeated=False, verdict=verdict)

    def _kept(self, change: Change, write: Callable[[], Stored]) -> Stored:
        """Write a change and wake what it made due, also where it is kept after its person was told."""
        try:
            stored = write()
        except Late as late:
            late.when_kept(lambda: self._woken(change.wake))
            raise
        except GuardFailed:
            self._freeze.forget()
            raise
        self._woken(change.wake)
        return stored

    def _votes_of(self, identity: Identity, request: Request) -> Mapping[int, Review]:
        """This person's votes on a request by their places in its record."""
        return {place: vote for place, vote in enumerate(request.reviews) if self._is(vote.person, identity)}

    def _denial(self, case: Case, review: Review, now: datetime) -> Change:
        case.require_approver(review.person)
        change = transitions.record(case.request, review, now=now)
        return transitions.both(
            change, lambda r: transitions.deny(r, by=review.person, comment=review.comment, now=now)
        )

    def _vote(self, case: Case, review: Review, identity: Identity, now: datetime) -> Change:
        with suppress(Unavailable):
            case.offer()
        case.require_turn(review.person, signed=review.attestation is not None)
        _require_one_address(case.request, review.person)
        review = _named(review, identity.account, case.policy.identity)
        change = transitions.record(case.request, review, now=now)
        try:
            return transitions.both(change, lambda request: self._approval(case.after(request), now=now))
        except (Refused, Unavailable):
            # Not enough people yet, or they cannot be checked in time: the vote stands, the request waits.
            return change

    def _approval(self, case: Case, *, now: datetime) -> Change:
        return approval(case, generation=self._tokens.generation, now=now)

    def _is(self, recorded: str, identity: Identity) -> bool:
        """A recorded address is this person's; an alias may have come into the policy since."""
        return self._cases.policy().identity.primary(recorded) == identity.principal


def _repeated(request: Request, own: Mapping[int, Review], verdict: Verdict, *, by: Identity) -> Reviewed | None:
    """What to answer where a person's last vote says the same, or stands in a request that is decided.

    An approval that was given under what is an alias by now counts no more while the request waits.
    """
    vote = own[max(own)] if own else None
    last = vote.verdict if vote else None
    settled = not votes_open(request) and "take_back" not in (last, verdict)
    counts = vote is not None and (vote.person == by.principal or verdict != "approve")
    if last is None or not ((last == verdict and counts) or settled):
        return None
    return Reviewed(request=request, repeated=True, verdict=last)


def _require_one_address(request: Request, person: str) -> None:
    """Raise for an approval that stands and counts no more, because the same person gave another one after it.

    That one was given under what was somebody else's address then.
    """
    if standing(vote for vote in request.reviews if vote.person == person):
        raise Refused("reviewed.addresses")


def _taken_back(request: Request, own: Mapping[int, Review], review: Review, *, now: datetime) -> Change:
    # Under an alias that is newer than the vote it is still that vote which is taken back.
    person = own[max(own)].person if own else review.person
    return transitions.record(request, msgspec.structs.replace(review, person=person), now=now)


def _review_of(identity: Identity, press: Press, *, jti: str, now: datetime) -> Review:
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
        channel=identity.proof.channel,
        account=identity.proof.account,
        how=identity.proof.how,
        jti=jti,
        attestation=attestation,
        comment=comment,
    )


def _named(review: Review, account: Account, rules: IdentityRules) -> Review:
    """Note the account's name beside a signature by another, or refuse it, as the policy says."""
    signed = review.attestation
    name = noted(signed.printed_name.text, account, rules) if signed is not None else ""
    if signed is None or not name:
        return review
    beside = msgspec.structs.replace(signed, account_name=typed(name, salt=new_salt()))
    return msgspec.structs.replace(review, attestation=beside)


def _still_open(request: Request, *, now: datetime) -> None:
    if not votes_open(request):
        raise Settled("decided", request, state=request.state)
    if now >= request.terms.expires:
        raise Refused("expired")
