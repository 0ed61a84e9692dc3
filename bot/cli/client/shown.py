"""How requests look on a terminal: narrow, plain, and each text on lines of its own that steer nothing."""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cli.lines import say

if TYPE_CHECKING:
    from countersign_client.answers import Card, Entitlements, Listing, Past, Place, Request, Requests, Summary

WIDTH = 79
_LABEL = 12

_ACCESS = {
    "scheduled": "approved; the access begins later",
    "activating": "approved; the access is being made",
    "active": "approved; the access is there",
    "ended": "approved; the access has ended",
    "revoked": "approved; the access was revoked",
    "failed": "approved, but the access could not be made",
}


_APPROVAL = {
    "scheduled": "approved; that begins later",
    "active": "approved, and that stands",
    "ended": "approved; that has ended",
    "revoked": "approved; that was revoked",
    "failed": "approved, but that came to nothing",
}
"""The same of an approval alone, which grants nothing."""

_ACTION = {"used": "approved, and used", "lapsed": "approved, but revoked or not used in time"}
"""How an action stands whose approval lets nothing be done any more."""

_VOTES = {"approve": "your approval is kept; ", "deny": "your denial is kept; "}


def show(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        say(line)


def standing(request: "Summary") -> str:
    """How a request stands, in words."""
    words = _APPROVAL if request.grant == "none" else _ACCESS
    if request.state != "approved":
        return _ACTION.get(request.state, request.state)
    return words.get(request.access or "", request.state)


def in_short(request: "Summary") -> Iterator[str]:
    """What became of a request by what was just done."""
    kept = _VOTES.get(request.vote or "", "")
    yield f"{request.id}: {kept}{standing(request)}"
    yield from _field("Page", request.page)


def in_full(request: "Request") -> Iterator[str]:
    """A request as the card shows it, and what a vote is for: its revision and digest."""
    yield from _card(request.card)
    yield from _parts(request)
    yield ""
    yield from _field("State", standing(request))
    yield from _field("Request", f"{request.id}, revision {request.revision}")
    yield from _field("Digest", request.digest)
    yield from _field("Page", request.page)


def what_ends(request: "Request") -> Iterator[str]:
    """What to end it comes to, as cards and pages ask it."""
    if request.card.ends:
        yield from (*_wrapped(request.card.ends), "")


def in_a_list(found: "Requests | Past") -> Iterator[str]:
    """Some lines for each request: how it stands, and what it asks."""
    for one in found.items:
        yield f"{one.id}  {standing(one)}"
        yield from _wrapped(one.line or one.title, indent=2)


def on_offer(found: "Entitlements") -> Iterator[str]:
    """Some lines for each thing that may be asked for."""
    for one in found.items:
        yield one.id
        yield from _wrapped(one.title, indent=2)
        if one.grant == "none":
            yield from _wrapped("Grants nothing: an approval alone", indent=2)
        for place in one.targets:
            yield from _wrapped(_gives(place), indent=2)
            yield from _wrapped(f"Only where {place.condition}" if place.condition else "", indent=2)
        if one.duration is not None:
            yield from _wrapped(f"For at most {_long(one.duration.max)}", indent=2)
        if one.approval:
            yield from _wrapped(f"Approval: {one.approval}", indent=2)


def _gives(place: "Place") -> str:
    kind, _, name = place.resource.partition("/")
    if kind == "groups":
        return f"Membership of {name}"
    return f"{', '.join(place.roles)} on {place.resource}"


def beside(found: "Listing") -> Iterator[str]:
    """What else is to be known of a list."""
    yield from _wrapped(found.frozen or "")
    yield from _wrapped(found.partly or "")
    if found.more and not found.partly:
        yield "More wait than were looked at: decide some of these, and list again."


def _long(seconds: int) -> str:
    from approvals.times import in_words  # noqa: PLC0415

    return in_words(timedelta(seconds=seconds))


def _card(card: "Card") -> Iterator[str]:
    yield from _wrapped(card.headline)
    yield from _wrapped(card.meaning)
    for fact in card.facts:
        yield from _field(fact.label, fact.text)
    for label, texts in (("Roles", card.roles), ("Approvals", card.approvals), ("Reviews", card.reviews)):
        for number, text in enumerate(texts):
            yield from _field(label if not number else "", text)
    for condition in card.conditions:
        yield from _field("Condition", f"{condition.label}: {condition.text}")
    for label, text in (("Why", card.why), ("Before", card.before)):
        yield from _field(label, text)
    if card.reason:
        yield from _wrapped(f"{card.reason_title or 'Reason given'}:")
        yield from _wrapped(card.reason, indent=2)
    for note in card.notes:
        yield from _wrapped(note)
    yield from _wrapped(card.effect)
    yield from _wrapped(card.footer)


def _parts(request: "Request") -> Iterator[str]:
    """What a bundle consists of, by the numbers by which `offer --only` names it."""
    for number, part in enumerate(request.targets if len(request.targets) > 1 else (), start=1):
        yield from _field(f"Part {number}", f"{', '.join(part.roles)} on {part.resource}")


def _field(label: str, text: str) -> Iterator[str]:
    first, *rest = list(_wrapped(text, indent=_LABEL + 2)) or [""]
    if text:
        yield f"{label:<{_LABEL}}  {first.strip()}"
        yield from rest


def _wrapped(text: str, *, indent: int = 0) -> Iterator[str]:
    """A text in lines of its own; long words, such as an address or a digest, stay whole to be copied."""
    blank = " " * indent
    for line in text.splitlines():
        yield from textwrap.wrap(
            line,
            WIDTH,
            initial_indent=blank,
            subsequent_indent=blank,
            break_long_words=False,
            break_on_hyphens=False,
        )
