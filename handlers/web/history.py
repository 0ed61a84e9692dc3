"""The history: every request that concerns whoever is signed in, to be filtered, and page by page."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from approvals.people.principals import principal
from approvals.ports.store import Position, Span
from approvals.refusals.errors import Refused, Unavailable
from approvals.uses import Uses
from approvals.uses.history import LOOKED, Past, Wanted
from handlers.channel import Equipment
from handlers.identity.visitors import Visitors
from handlers.web.pages import Page, Sent, Visit
from handlers.wording.dates import DateError, edge
from handlers.wording.errors import in_words
from handlers.wording.grants import CHOICES
from handlers.wording.history.exports import FORMS, MEDIA, Form, written
from handlers.wording.history.places import named, place_named
from handlers.wording.listing import parted, past
from handlers.wording.refusing.refusals import Said

SHOWN = 50
"""Requests that one page shows."""

_FIELDS = ("who", "what", "entitlement", "state", "from", "to")
_LONGEST = 200
_DAY = "Write a day as 2026-11-27."
_ORDER = "The first day is after the last one: change one of them."
_STATE = "Choose a state from the list."
_FILES = (("csv", "CSV, for spreadsheets"), ("json", "JSON"), ("jsonl", "JSON Lines, for programs"))
_FORM = "Choose CSV, JSON or JSON Lines on the page of the history."

T = TypeVar("T")


class History:
    """Lists what was asked for, each with a link to its page. Nothing is decided here."""

    def __init__(self, uses: Uses, visitors: Visitors, equipment: Equipment) -> None:
        self._uses = uses
        self._visitors = visitors
        self._equipment = equipment

    def show(self, visit: Visit) -> Page:
        """The page. What is wrong with a filter is said above the list, which is empty then."""
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        typed = {name: visit.query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
        # Whatever else stands there than a link of ours begins at the newest.
        before = place_named(visit.query.get("before", ""))
        problems: list[str] = []
        try:
            wanted = self._wanted(typed, before)
            found = self._uses.history.look(identity, wanted, most=SHOWN, now=visit.now)
        except (Refused, Unavailable) as error:
            wrong = error.all if isinstance(error, Refused) else (error,)
            problems = list(dict.fromkeys(map(in_words, wrong)))
            everything = self._uses.history.everything(identity, now=visit.now)
            found = Past(requests=(), damaged=(), everything=everything)
        context: dict[str, Any] = {
            "typed": typed,
            "states": CHOICES,
            "problems": problems,
            "found": _in_order(found),
            "filtered": any(typed.values()),
            "begun": before is None,
            "cut": f"{LOOKED:,}" if found.cut else "",
            "unsure": found.unsure,
            "everything": found.everything,
            "first": _address(typed),
            "older": _address(typed, found.older) if found.older is not None else "",
            "files": [(words, _file(typed, form)) for form, words in _FILES] if not problems else [],
            "zone": self._equipment.policy().timezone,
        }
        return Page(template="history.html", context=context, status=400 if problems else 200)

    def export(self, visit: Visit) -> Sent:
        """The same list whole, as a file in the form that the query names. Raises `Refused` for a wrong filter."""
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        form = visit.query.get("form", "")
        if form not in FORMS:
            raise Said("form", _FORM)
        typed = {name: visit.query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
        found = self._uses.history.export(identity, self._wanted(typed, None), form=form, now=visit.now)
        kind = cast("Form", form)
        return Sent(pieces=written(found, kind), media_type=MEDIA[kind], name=f"countersign-history.{form}")

    def _wanted(self, typed: Mapping[str, str], before: Position | None) -> Wanted:
        """What is looked for. Raises `Refused` with all that is wrong with it."""
        zone = ZoneInfo(self._equipment.policy().timezone)
        wrong: list[Refused] = []
        if typed["who"]:
            _tried(lambda: principal(typed["who"]), wrong)
        if typed["state"] and typed["state"] not in CHOICES:
            wrong.append(Said("state", _STATE))
        since = _tried(lambda: _edge(typed["from"], zone), wrong)
        until = _tried(lambda: _edge(typed["to"], zone, last=True), wrong)
        if since is not None and until is not None and since >= until:
            wrong.append(Said("day", _ORDER))
        if wrong:
            raise wrong[0].besides(wrong[1:])
        span = Span(since=since, until=until, before=before)
        return Wanted(
            person=typed["who"],
            words=typed["what"],
            entitlement=typed["entitlement"],
            standing=typed["state"],
            span=span,
        )


def _in_order(found: Past) -> list[tuple[Position, Any]]:
    """Where each stands and what is said of it, newest first; nothing of what cannot be read."""
    whole = [
        (Position(each.filed, each.id), parted(each, past(each, kept=found.kept.get(each.id, ()))))
        for each in found.requests
    ]
    spoilt = [(each, None) for each in found.damaged]
    return sorted([*whole, *spoilt], key=lambda each: each[0], reverse=True)


def _tried(read: Callable[[], T], wrong: list[Refused]) -> T | None:
    """What was read; None where it was refused, which is noted."""
    try:
        return read()
    except Refused as refusal:
        wrong.append(refusal)
        return None


def _edge(text: str, zone: ZoneInfo, *, last: bool = False) -> datetime | None:
    """Where what is looked for begins or ends. Raises `Refused` for what is no day."""
    try:
        return edge(text, zone, last=last) if text else None
    except DateError:
        raise Said("day", _DAY) from None


def _file(typed: Mapping[str, str], form: str) -> str:
    return f"/export?{urlencode({name: value for name, value in typed.items() if value} | {'form': form})}"


def _address(typed: Mapping[str, str], older: Position | None = None) -> str:
    said = {name: value for name, value in typed.items() if value}
    if older is not None:
        said["before"] = named(older)
    return f"/history?{urlencode(said)}" if said else "/history"
