"""Where somebody is in their history: what they look for, and how far back. The Home tab itself keeps it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from approvals.ports.store import Span
from approvals.uses.history import Wanted
from countersign_client import shapes
from handlers.slack.payloads import View
from handlers.wording.dates import DateError, edge
from handlers.wording.grants import CHOICES
from handlers.wording.history.places import place_named
from handlers.wording.refusing.refusals import Said

LONGEST = 200
"""Characters of what somebody looks for."""


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is empty is anything; `since` and `until` are days, and the list goes on behind `before`."""

    who: str = ""
    what: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    before: str = ""

    @property
    def filtered(self) -> bool:
        return any((self.who, self.what, self.state, self.since, self.until))


def place_of(view: View | None) -> Place:
    """Where the Home tab says that its reader is; at the newest of everything, where it says nothing of ours."""
    try:
        return shapes.decode(view.private_metadata, Place) if view is not None else Place()
    except msgspec.DecodeError:
        return Place()


def kept(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def typed(form: View) -> Place:
    """What the form of the search holds. Raises `Said` for days in the wrong order."""
    found = Place(
        who=form.field("who").strip()[:LONGEST],
        what=form.field("what").strip()[:LONGEST],
        state=form.field("state"),
        since=form.field("since"),
        until=form.field("until"),
    )
    if found.since and found.until and found.since > found.until:
        raise Said("until", "The first day is after the last one: change one of them.")
    return found


def older(place: Place, before: str) -> Place:
    """The same search, from there on, as the button names it; what is no place begins at the newest."""
    return msgspec.structs.replace(place, before=before[:LONGEST])


def wanted(place: Place, zone: ZoneInfo) -> Wanted:
    """What is looked for; the days are those of the zone."""
    since, until = _edge(place.since, zone), _edge(place.until, zone, last=True)
    span = Span(since=since, until=until, before=place_named(place.before))
    return Wanted(
        person=place.who, words=place.what, standing=place.state if place.state in CHOICES else "", span=span
    )


def _edge(day: str, zone: ZoneInfo, *, last: bool = False) -> datetime | None:
    """Where what is looked for begins or ends; None for what is no day."""
    try:
        return edge(day, zone, last=last)
    except DateError:
        return None
