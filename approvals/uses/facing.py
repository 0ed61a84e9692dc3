"""Facing a request on its page: who may see it, and what of theirs would count."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.access.keeping import kept_by_others
from approvals.already import asked_before
from approvals.auditing.story import Happening, story
from approvals.deeds import Deeds, recorded
from approvals.freezes.frozen import Freeze, require_free
from approvals.identities import Identity
from approvals.ids import deeds_subject, is_request_id
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.people.accounts import require_accepted
from approvals.ports.store import Reads, Work
from approvals.refusals.errors import CountersignError, NotFound, Refused, Unavailable, Unreadable
from approvals.requests import Request, allows, held_up, lives, under_freeze, unreviewed, waits
from approvals.reviews import Verdict, standing
from approvals.showing import require_whole
from approvals.telling.cards import Card
from approvals.tokens import Act, Pointed, Tokens
from approvals.uses.administrators import require_may_take
from approvals.uses.own import is_holder
from approvals.uses.seeing import Seeing
from countersign_client.chain import Entry

OPEN = timedelta(hours=1)
"""So long a page's forms can be sent: its token has to last for it."""


class FacingStore(Reads, Work, Protocol):
    """The part of a store that facing needs."""

    def entries(self, chain: str) -> Sequence[Entry]: ...


class Faced(msgspec.Struct, frozen=True, kw_only=True):
    """What one person sees of a request. While people can vote on it, as `waits` says, the card carries a token.

    `holder`: it is their own. `against` says of each verdict why it would not count; what is not there would.
    `stands` is their vote, where one stands; `renewable`: it counts no more, and can be given again. `takes`: they
    could end what others have by it, with a reason.
    """

    card: Card
    holder: bool
    against: dict[Verdict, Refused]
    waits: bool = False
    stands: Verdict | None = None
    renewable: bool = False
    takes: bool = False

    def would_count(self, verdict: Verdict) -> bool:
        """Whether it would count now, as far as one look tells, by an account that decides at all."""
        if not self.waits or self.holder or self.card.frozen is not None:
            return False
        if verdict == "take_back":
            return self.stands == "approve"
        if verdict == "approve" and self.stands is not None and not self.renewable:
            return False
        return verdict not in self.against

    @property
    def finds(self) -> bool:
        """Whether they could review it, as far as one look tells: it is an emergency that nobody has reviewed."""
        return unreviewed(self.card.request) and not self.holder and "deny" not in self.against


class Facing:
    """A request, for its requester and for whom `Seeing` names. To everybody else there is none."""

    def __init__(
        self, *, store: FacingStore, tokens: Tokens, cases: Cases, freeze: Freeze, seeing: Seeing
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._cases = cases
        self._freeze = freeze
        self._seeing = seeing

    def pointed(self, token: str) -> Pointed:
        """What a link leads to, however old it is. Raises `Refused` of kind `token`."""
        return self._tokens.pointed(token, act="review")

    def require_concerned(self, identity: Identity, request_id: str, *, now: datetime) -> Request:
        """The request, for whom `face` shows it. Raises as that does."""
        return self._concerning(identity, request_id, now=now)[0].request

    def face(
        self,
        identity: Identity,
        request_id: str,
        *,
        now: datetime,
        token: bool = True,
        held: Pointed | None = None,
        paged: bool = True,
    ) -> Faced:
        """Show a request to somebody. Raises `NotFound` for whom it does not concern, or `Unavailable`.

        Without `token` the card carries none: a program has no buttons. `held` is the one by which they came.
        Not `paged`: it is shown elsewhere than on its page, so it says what is decided on the page alone, and its
        holder's token accepts what is offered.
        """
        case, holder = self._concerning(identity, request_id, now=now)
        request = case.request
        waiting = waits(request, now=now)
        own = [vote for vote in standing(request.reviews) if vote.person == identity.principal]
        renewable = bool(own) and waiting and own[0] not in case.reviews
        act: Act = "accept" if holder and not paged and request.counter is not None else "review"
        minted = self._token(request, held, act=act, now=now) if token and waiting else ""
        card = self._card(case, now=now, token=minted, waiting=waiting, viewer=identity.principal)
        card = msgspec.structs.replace(card, reader=identity.principal)
        if paged:
            # Here is the page that it would lead to, and it shows all.
            card = msgspec.structs.replace(card, by_page=False, too_long=False)
        return Faced(
            card=card,
            holder=holder,
            waits=waiting,
            against=self._against(case, identity, whole=token, now=now),
            stands=own[0].verdict if own else None,
            renewable=renewable,
            takes=not holder and self._takes(identity, request, now=now),
        )

    def _takes(self, identity: Identity, request: Request, *, now: datetime) -> bool:
        """Whether somebody may take from its holder what it gave; where nobody knows, they may try."""
        if not lives(request) and not allows(request):
            return False
        with suppress(Unavailable):
            try:
                require_may_take(self._cases, identity, request, now=now)
            except Refused:
                return False
        return True

    def _found(self, request_id: str) -> Request:
        if not is_request_id(request_id):
            raise NotFound("no id of a request")
        try:
            return self._store.request(request_id)
        except Unreadable as error:
            # Whom it concerns nobody can tell any more. The history tells them that it is there.
            raise NotFound(str(error)) from error

    def story(self, faced: Faced) -> tuple[Happening, ...] | None:
        """What happened to it, oldest first; None where its record and its chain do not prove that."""
        request = faced.card.request
        try:
            return story(request, self._store.entries(request.id))
        except Unavailable:
            raise
        except CountersignError:
            return None  # an entry that cannot be read proves nothing

    def deeds(self, faced: Faced) -> Deeds | None:
        """What was found of what was done with its access; None where that was not looked for, or not yet."""
        request = faced.card.request
        if not request.grants or request.erased is not None:
            return None
        found = recorded(self._store.recorded(deeds_subject(request.id)))
        return found if found.looks else None

    def _concerning(self, identity: Identity, request_id: str, *, now: datetime) -> tuple[Case, bool]:
        """A request for somebody whom it concerns, and whether it is their own."""
        request = self._found(request_id)
        case = self._cases.of(request, now=now, by=identity)
        holder = is_holder(request, identity, self._cases.policy().identity)
        if not holder:
            self._seeing.require(case, identity, now=now)
        return case, holder

    def _token(self, request: Request, held: Pointed | None, *, act: Act, now: datetime) -> str:
        if held is None:
            return self._tokens.mint(request, act=act, now=now)
        return self._tokens.carried(held, request, act="review", now=now, lasting=OPEN)

    def _card(self, case: Case, *, now: datetime, token: str, waiting: bool, viewer: str) -> Card:
        request = case.request
        asked = [request.terms.entitlement, request.requester, *([viewer] if waiting else [])]
        held = waiting or (lives(request) and held_up(request, now=now))
        return case.card(
            token=token,
            before=asked_before(request, self._store) if waiting else None,
            kept=kept_by_others(request, self._store, now=now),
            frozen=self._freeze.against(*asked, exempt=under_freeze(request)) if held else None,
        )

    def _against(self, case: Case, identity: Identity, *, whole: bool, now: datetime) -> dict[Verdict, Refused]:
        """`whole`: this person sees all of it, as nobody can tell of a program's."""
        try:
            require_accepted(identity.account, case.policy.identity, purpose="decide")
            case.require_approver(identity.principal)
            if unreviewed(case.request):  # of what waits for a decision the card says it
                with suppress(Unavailable):
                    require_free(self._freeze.parts(), identity.principal)
        except Refused as refusal:
            return {"approve": refusal, "deny": refusal}
        try:
            with suppress(Unavailable):
                case.offer()
            case.require_turn(identity, signed=True)
            if not whole:
                require_whole(case.request)
        except Refused as refusal:
            return {"approve": refusal}
        return {}
