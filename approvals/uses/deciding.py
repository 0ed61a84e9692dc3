"""Deciding: look at what is to be decided, vote on it, and take one's own approval back."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from approvals import transitions
from approvals.again import again
from approvals.already import asked_before
from approvals.changes import Change
from approvals.freezes.frozen import Freeze
from approvals.guards import Guard
from approvals.identities import Identity
from approvals.judging.behalf import kept_with
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.people.accounts import require_accepted
from approvals.ports.store import Reads
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request, require_votes_open, votes_open
from approvals.reviews import Review, Verdict, standing
from approvals.showing import require_whole
from approvals.telling.cards import Card
from approvals.tokens import ActivationToken, Tokens
from approvals.uses.commits import Commits, With
from approvals.uses.own import own_votes
from approvals.uses.votes import (
    Press,
    Shown,
    Voted,
    named,
    repeated,
    require_new,
    require_one_address,
    require_same_choice,
    review_of,
)


class _Faced(msgspec.Struct, frozen=True):
    """A request that waits for votes, and what whoever pressed has voted on it so far.

    `renews`: their approval stands and counts no more, by what it was proven with, so that it can be given again.
    """

    request: Request
    own: Mapping[int, Review]
    renews: bool = False


class Deciding:
    """Voting by the cards of a request, and taking back without one."""

    def __init__(self, *, store: Reads, tokens: Tokens, cases: Cases, freeze: Freeze, commits: Commits) -> None:
        self._store = store
        self._tokens = tokens
        self._cases = cases
        self._freeze = freeze
        self._commits = commits

    def look(self, identity: Identity, press: Press, *, now: datetime) -> Card | Voted:
        """What somebody whose verdict would count is about to decide, or their vote that stands already.

        Raises like `review`.
        """
        token = self._tokens.open(press.token, act="review", now=now)
        faced = self._faced(identity, press, token, now)
        if isinstance(faced, Voted):
            return faced
        request = faced.request
        self._freeze.require_thawed(request.terms.entitlement, request.requester, you=identity.principal)
        token.require_after(faced.own)
        case = self._cases.of(request, now=now, by=identity)
        if press.verdict == "approve":
            self._require_offered(case)
            if press.window:
                case.require_several()
            case.require_turn(identity, signed=True)
            _require_seen(request, identity)
        else:
            case.require_approver(identity.principal)
        return case.card(token=press.token, before=asked_before(request, self._store))

    def review(self, identity: Identity, press: Press, *, now: datetime) -> Voted:
        """Record one person's verdict, and decide the request when it is the last one needed.

        A press of a card that is older than this person's last vote is refused: it may be a late duplicate.
        When the people who count cannot be checked in time the verdict is recorded and the request stays
        pending; reconcile decides it. Raises `Refused`, `Unavailable`, `NotFound` or, after three attempts,
        `Conflict`.
        """
        token = self._tokens.open(press.token, act="review", now=now)
        return again(
            lambda: self._review(identity, press, token, now),
            changing="the request",
        )

    def vote(
        self, identity: Identity, shown: Shown, press: Press, *, now: datetime, beside: With | None = None
    ) -> Voted:
        """The same by a program, which has no card: it says what it has shown to the person.

        Raises what `review` does, and `Refused` with code `changed` where the request is another one by now, or
        `page_only` where an approval takes its page.
        """
        request = self._store.request(shown.request)
        token = self._tokens.unsigned(request)
        if (shown.revision, shown.digest) != (token.revision, token.digest):
            raise Refused("changed")
        if press.verdict == "approve":
            require_whole(request)
        return again(
            lambda: self._review(identity, press, token, now, beside),
            changing="the request",
        )

    def take_back(self, identity: Identity, request_id: str, *, now: datetime) -> Voted:
        """Take one's own approval back while the request waits. It counts no more; one may approve again.

        Raises `Refused`, `NotFound` or, after three attempts, `Conflict`.
        """
        return again(
            lambda: self._take_back(identity, request_id, now),
            changing="the request",
        )

    def _faced(self, identity: Identity, press: Press, token: ActivationToken, now: datetime) -> _Faced | Voted:
        request = self._store.request(token.request)
        token.require(request)
        own = own_votes(request, identity, self._cases.policy().identity)
        same = repeated(request, own, press.verdict, by=identity)
        renews = same is not None and press.verdict == "approve" and self._counts_no_more(request, identity, now)
        if same is not None and not renews:
            require_same_choice(request, own, press)
            return same
        require_votes_open(request, now=now)
        if press.verdict != "take_back":
            require_accepted(identity.account, self._cases.policy().identity, purpose="decide")
        require_new(press, request)
        return _Faced(request, own, renews)

    def _counts_no_more(self, request: Request, identity: Identity, now: datetime) -> bool:
        """An approval of this person's stands, and its proof is too old by now, or of a kind that is not taken."""
        if not votes_open(request):
            return False
        votes = [vote for vote in standing(request.reviews) if vote.person == identity.principal]
        case = self._cases.of(request, now=now, by=identity)
        return any(vote.verdict == "approve" and not case.counts(vote) for vote in votes)

    def _review(
        self,
        identity: Identity,
        press: Press,
        token: ActivationToken,
        now: datetime,
        beside: With | None = None,
    ) -> Voted:
        faced = self._faced(identity, press, token, now)
        if isinstance(faced, Voted):
            return faced
        guards = self._guards(identity, faced.request)
        token.require_after(faced.own)
        change = self._voted(identity, press, token, faced, now)
        return self._reviewed(change, press.verdict, guards=guards, beside=beside)

    def _voted(
        self, identity: Identity, press: Press, token: ActivationToken, faced: _Faced, now: datetime
    ) -> Change:
        review = review_of(identity, press, jti=token.jti, now=now, renews=faced.renews)
        if press.verdict == "take_back":
            return _taken_back(faced, review, now=now)
        case = self._cases.of(faced.request, now=now, by=identity)
        if press.verdict == "deny":
            return _denial(case, review, now=now)
        return self._approved(case, review, identity, now)

    def _approved(self, case: Case, review: Review, identity: Identity, now: datetime) -> Change:
        self._require_offered(case)
        if review.window:
            case.require_several()
        case.require_turn(identity, signed=review.attestation is not None)
        _require_seen(case.request, identity)
        if not review.renews:
            require_one_address(case.request, review.person)
        review = kept_with(case, named(review, identity.account, case.policy.identity))
        change = transitions.record(case.request, review, now=now)
        try:
            return transitions.both(change, lambda request: self._cases.approval(case.after(request), now=now))
        except (Refused, Unavailable):
            # Not enough people yet, or they cannot be checked in time: the vote stands, the request waits.
            return change

    def _require_offered(self, case: Case) -> None:
        """Raise `Refused` where it would certainly come to nothing. What is not known now is looked up again."""
        for require in (case.offer, lambda: self._cases.require_free(case), case.require_able):
            try:
                require()
            except Unavailable:
                continue

    def _take_back(self, identity: Identity, request_id: str, now: datetime) -> Voted:
        request = self._store.request(request_id)
        own = own_votes(request, identity, self._cases.policy().identity)
        if same := repeated(request, own, "take_back", by=identity):
            return same
        review = review_of(identity, Press(token="", verdict="take_back"), jti="", now=now)
        change = _taken_back(_Faced(request, own), review, now=now)
        return self._reviewed(change, "take_back", guards=self._guards(identity, request))

    def _guards(self, identity: Identity, request: Request) -> tuple[Guard, ...]:
        return self._freeze.guards(request.terms.entitlement, request.requester, you=identity.principal)

    def _reviewed(
        self, change: Change, verdict: Verdict, *, guards: tuple[Guard, ...], beside: With | None = None
    ) -> Voted:
        request = self._commits.commit(
            msgspec.structs.replace(change, guards=(*guards, *change.guards)), beside=beside
        )
        return Voted(request=request, repeated=False, verdict=verdict)


def _require_seen(request: Request, identity: Identity) -> None:
    """Raise `Refused` where somebody approves what was shown to them in part: on a page they see all of it."""
    if identity.account.means != "web":
        require_whole(request)


def _taken_back(faced: _Faced, review: Review, *, now: datetime) -> Change:
    # Under an alias that is newer than the vote it is still that vote which is taken back.
    person = faced.own[max(faced.own)].person if faced.own else review.person
    return transitions.record(faced.request, msgspec.structs.replace(review, person=person), now=now)


def _denial(case: Case, review: Review, *, now: datetime) -> Change:
    case.require_approver(review.person)
    review = kept_with(case, review)
    change = transitions.record(case.request, review, now=now)
    return transitions.both(
        change, lambda request: transitions.deny(request, by=review.person, comment=review.comment, now=now)
    )
