"""What one person's Home tab is made from: the same uses that the commands and the pages have."""

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from approvals.identities import Identity
from approvals.parts import Part
from approvals.ports.store import Position
from approvals.refusals.errors import CountersignError, Refused, Unavailable
from approvals.requests import Request, to_confirm, undecided, unreviewed
from approvals.uses import Uses
from approvals.uses.history import Past
from approvals.uses.looking import Waiting
from handlers.slack.home.places import Place, wanted
from handlers.slack.home.records import Entry, Shown
from handlers.slack.payloads import Payload
from handlers.slack.responder import Responder
from handlers.slack.zones import zone_for
from handlers.wording import absences
from handlers.wording.errors import in_words
from handlers.wording.freeze import frozen_in_words
from handlers.wording.listing import unseen

WHOLE = 4
"""Requests that are shown with all that is decided on, and their buttons; the others of a list by one line."""

LISTED_HERE = 10
"""Requests of one list."""

OWN = 8
"""Requests of one's own that stand in a list; the others are counted."""

PAST = 6
"""Entries of the history."""

_NOTHING = Waiting(requests=(), more=False)


class Gatherer:
    """Asks the uses. Nothing is changed."""

    def __init__(self, uses: Uses, responder: Responder, *, command: str) -> None:
        self._uses = uses
        self._responder = responder
        self._command = command

    def gather(self, payload: Payload, place: Place, *, now: datetime) -> Shown:
        """Everything for whoever the payload is of. Raises `Refused` or `Unavailable`."""
        identity = self._responder.authentication.identify(payload, purpose="request", now=now)
        waiting = self._waiting(payload, now)
        emergencies = [each for each in waiting.requests if unreviewed(each)]
        others = [each for each in waiting.requests if not unreviewed(each)]
        mine = self._uses.looking.mine(identity, now=now)
        asserted = [each for each in mine if to_confirm(each)]
        asked = [each for each in mine if undecided(each) and not to_confirm(each)]
        access = [each for each in mine if not undecided(each)]
        held = self._uses.looking.held([*waiting.requests, *mine], reader=identity, now=now)
        above = {each.id for some in (waiting.requests, asserted, asked[:OWN], access[:OWN]) for each in some}
        past, unknown = self._past(identity, place, set() if place.filtered else above, now)
        return Shown(
            at=now,
            standing=self._standing(identity, now),
            confirming=self._entries(identity, asserted, held, now),
            emergencies=self._entries(identity, emergencies, held, now, of_others=True),
            waiting=self._entries(identity, others, held, now, of_others=True),
            unseen=unseen(waiting, cards=True),
            requests=self._entries(identity, asked, held, now),
            access=self._entries(identity, access, held, now),
            past=past,
            unknown=unknown,
            place=place,
            command=self._command,
            pages_url=self._responder.pages_url,
        )

    def _waiting(self, payload: Payload, now: datetime) -> Waiting:
        """What waits for this person; nothing for whoever decides nothing, such as a guest."""
        with suppress(Refused):
            identity = self._responder.authentication.identify(payload, purpose="decide", now=now)
            return self._uses.looking.pending(identity, most=LISTED_HERE, now=now)
        return _NOTHING

    def _entries(
        self,
        identity: Identity,
        requests: Sequence[Request],
        held: Mapping[str, Part],
        now: datetime,
        *,
        of_others: bool = False,
    ) -> list[Entry]:
        """The first ones whole, the others by their link. `held` says what a freeze by name holds up."""
        keys = [f"card:{identity.principal}", "card"] if of_others else ["status"]
        whole = WHOLE if of_others else LISTED_HERE
        found: list[Entry] = []
        for number, each in enumerate(requests):
            card, idle = None, False
            if number < whole:
                with suppress(CountersignError):  # its link is there, where everything is checked anew
                    faced = self._uses.facing.face(identity, each.id, now=now, paged=False)
                    card = faced.card
                    idle = not faced.finds if unreviewed(each) else card.frozen is not None
            link = self._responder.link(each, keys=keys)
            found.append(Entry(request=each, card=card, link=link, idle=idle, frozen=held.get(each.id)))
        return found

    def _past(self, identity: Identity, place: Place, above: Set[str], now: datetime) -> tuple[Past, str]:
        """A page of what does not stand above it."""
        zone = ZoneInfo(self._uses.standing_in.timezone)
        most = PAST + len(above)
        try:
            return _besides(self._uses.history.look(identity, wanted(place, zone), most=most, now=now), above), ""
        except (Refused, Unavailable) as error:
            return Past(requests=(), damaged=()), in_words(error)

    def _standing(self, identity: Identity, now: datetime) -> list[str]:
        own = self._uses.standing_in.own(identity, now=now)
        zone = zone_for(identity, else_=self._uses.standing_in.timezone)
        away = [*absences.standing(own, zone)] if own.absence is not None or own.by else []
        away += [absences.how_back(self._command)] if own.absence is not None else []
        frozen = frozen_in_words(self._uses.looking.frozen(identity), identity.principal)
        return [*([frozen] if frozen else []), *away]


def _besides(found: Past, above: Set[str]) -> Past:
    """The first entries of a page that do not stand above it; the rest is older."""
    others = [each for each in found.requests if each.id not in above]
    if len(others) <= PAST:
        return msgspec.structs.replace(found, requests=others)
    last = Position(others[PAST - 1].filed, others[PAST - 1].id)
    damaged = [each for each in found.damaged if each > last]
    return msgspec.structs.replace(found, requests=others[:PAST], damaged=damaged, older=last, cut=False)
