"""The first page: what waits for whoever is signed in, and what is theirs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from approvals.access.keeping import extended
from approvals.identities import Identity
from approvals.requests import to_confirm
from approvals.uses import Uses
from handlers.identity.visitors import Visitors
from handlers.web.pages import Page, Visit
from handlers.wording.absences import standing
from handlers.wording.freeze import frozen_in_words
from handlers.wording.listing import CONFIRMING, none_waits, own, parted, unseen, waiting

SHOWN = 50
"""Requests that one list shows."""


class Overview:
    """Lists requests, each with a link to its page. Nothing is decided here."""

    def __init__(self, uses: Uses, visitors: Visitors) -> None:
        self._uses = uses
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The page. Of others' requests it shows those on which this person's approval would count now."""
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        found = self._uses.looking.pending(identity, most=SHOWN, now=visit.now)
        mine = self._uses.looking.mine(identity, now=visit.now)
        asserted = [each for each in mine if to_confirm(each)]
        asked = [each for each in mine if not to_confirm(each)]
        held = self._uses.looking.held(
            [*found.requests, *asserted, *asked[:SHOWN]], reader=identity, now=visit.now
        )
        context: dict[str, Any] = {
            "confirming_title": CONFIRMING,
            "frozen": frozen_in_words(self._uses.looking.frozen(identity), identity.principal),
            "standing": self._standing(identity, now=visit.now),
            "confirming": [(each.id, *parted(each, own(each, frozen=held.get(each.id)))) for each in asserted],
            "waiting": [
                (each.id, *parted(each, waiting(each, frozen=held.get(each.id)))) for each in found.requests
            ],
            "none_waits": none_waits(confirming=bool(asserted)),
            "unseen": unseen(found, cards=False),
            "mine": [
                (each.id, *parted(each, own(each, kept=extended(each, mine), frozen=held.get(each.id))))
                for each in asked[:SHOWN]
            ],
            "more": max(0, len(asked) - SHOWN),
            "everything": self._uses.seeing.everything(identity, now=visit.now) == "yes",
            "administers": self._uses.administering.administers(identity, now=visit.now) == "yes",
        }
        return Page(template="overview.html", context=context)

    def _standing(self, identity: Identity, *, now: datetime) -> Sequence[str] | None:
        """That somebody is away, or for whom they stand in; None where nobody can be stood in for."""
        own = self._uses.standing_in.own(identity, now=now)
        if not own.delegates:
            return None
        return standing(own, ZoneInfo(self._uses.standing_in.timezone)) if own.absence or own.by else ()
