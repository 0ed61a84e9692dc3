"""Looking: what one has, what waits for one, what a request's card says. Nothing here changes anything."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from typing import Protocol

import msgspec

from approvals.access.keeping import kept_by_others
from approvals.already import Already, already
from approvals.freezes.frozen import Freeze
from approvals.grants import Kept
from approvals.identities import Identity
from approvals.ids import request_subject
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.parts import Part
from approvals.ports.messages import Posted
from approvals.ports.store import UNREVIEWED, Reads, Work
from approvals.reconcile.posts import Posts
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request, allows, held_up, is_over, lives, undecided, unreviewed, waits
from approvals.reviews import stands
from approvals.telling.cards import AnyFreeze, Card
from countersign_client import shapes

LISTED = 300
"""Requests, the oldest of all that wait, that one list is made from."""


class LookingStore(Reads, Work, Protocol):
    """The part of a store that looking needs."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that wait for one person. `more`: others wait that were not looked at; `cut`: for them, too."""

    requests: Sequence[Request]
    more: bool
    cut: bool = False


class Looking:
    """What can be seen without a card's token."""

    def __init__(self, *, store: LookingStore, cases: Cases, freeze: Freeze) -> None:
        self._store = store
        self._cases = cases
        self._freeze = freeze

    def mine(self, identity: Identity, *, now: datetime) -> Sequence[Request]:
        """The person's own requests that wait or give access now, newest first.

        What the same account asked for under an address that it had before is its own as well.
        """
        own = (*self._store.open_of(identity.principal), *self._store.open_by(identity.proof.account))
        found = {request.id: request for request in own if _is_open(request, now)}
        return sorted(found.values(), key=lambda request: request.filed, reverse=True)

    def already(self, identity: Identity, entitlement: str, *, now: datetime) -> Already:
        """What the person has of an entitlement: access that stands, and a request that waits."""
        known = self._cases.policy().entitlements.get(entitlement)
        targets = known.targets if known is not None else ()
        return already(entitlement, self.mine(identity, now=now), targets=targets)

    def pending(self, identity: Identity, *, most: int = LISTED, now: datetime) -> Waiting:
        """The oldest requests on which this person's approval would count, as far as one look can tell.

        Before them stand the emergencies that they can review.
        """
        oldest = self._store.pending(limit=LISTED + 1)
        waiting = [request for request in oldest[:LISTED] if waits(request, now=now)]
        cases = self._cases.listed(waiting, by=identity, now=now)
        approving = (case.request for case in cases if _may_approve(identity, case))
        found = list(islice(chain(self._unreviewed(identity, now), approving), most + 1))
        return Waiting(requests=found[:most], more=len(oldest) > LISTED, cut=len(found) > most)

    def _unreviewed(self, identity: Identity, now: datetime) -> Iterator[Request]:
        """The emergencies that wait for this person's review, oldest first."""
        oldest = self._store.on(UNREVIEWED).requests[:LISTED]
        for case in self._cases.listed(oldest, by=identity, now=now):
            with suppress(Refused, Unavailable):
                case.require_approver(identity.principal)
                yield case.request

    def shown(self, request_id: str, *, now: datetime) -> Card:
        """What a request's card says, for somebody who sees that card. Raises `NotFound`."""
        request = self._store.request(request_id)
        return self._cases.of(request, now=now).card(kept=self.kept(request, now=now))

    def kept(self, request: Request, *, now: datetime) -> tuple[Kept, ...]:
        """What the holder's other requests keep of access that was ended."""
        return kept_by_others(request, self._store, now=now)

    def versions(self, request_ids: Collection[str]) -> Mapping[str, int]:
        """How often each of these requests was changed, for who waits for a change. Nothing else is told."""
        return self._store.versions(request_ids)

    def message(self, request: Request, *, keys: Sequence[str]) -> Posted | None:
        """Where the first of these messages of a request stands that was posted; None while there is none."""
        posts = self._posts(request)
        return next((posted for posted in (posts.of(key).posted for key in keys) if posted is not None), None)

    def link(self, request: Request) -> str:
        """The link to the card that people decide on, as its channel gave it when it was posted; mostly none."""
        return next((posted.link for posted in self._posts(request).cards() if posted.link), "")

    def _posts(self, request: Request) -> Posts:
        body = self._store.recorded(request_subject(request.id))
        return shapes.decode(body, Posts) if body else Posts()

    def frozen(self, identity: Identity | None = None, entitlement: str = "") -> AnyFreeze | None:
        """The freeze of everything, of this person or of this entitlement, while there is one."""
        return self._freeze.against(entitlement, *(() if identity is None else (identity.principal,)))

    def held(self, requests: Collection[Request], *, reader: Identity, now: datetime) -> Mapping[str, Part]:
        """What of these a freeze of its entitlement, or of who asked, holds up, by id.

        A freeze of everything or of the reader is not among them: `frozen` is that one.
        """
        if not requests:
            return {}
        epoch, parts = self._freeze.whole()
        if epoch.frozen or parts.against("", (reader.principal,)) is not None:
            return {}
        waiting = [each for each in requests if held_up(each, now=now)]
        found = {each.id: parts.against(each.terms.entitlement, (each.requester,)) for each in waiting}
        return {request: part for request, part in found.items() if part is not None}

    def known_frozen(self) -> bool:
        """Whether everything was frozen when that was read last, without asking the store."""
        return self._freeze.known_frozen


def _is_open(request: Request, now: datetime) -> bool:
    """It waits for a decision, or for the review of an emergency; it gives access, or can be used."""
    waiting = undecided(request) and not is_over(request, now=now)
    return waiting or lives(request) or allows(request) or unreviewed(request)


def _may_approve(identity: Identity, case: Case) -> bool:
    # A vote under what is an alias by now counts no more, and can be given anew.
    if stands(case.request.reviews, of=identity.principal):
        return False
    try:
        case.require_turn(identity, signed=True)
    except (Refused, Unavailable):
        return False
    return True
