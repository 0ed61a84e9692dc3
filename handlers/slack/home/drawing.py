"""The Home tab in Block Kit: at most a hundred blocks, whatever there is to show."""

from collections.abc import Sequence
from typing import Literal

from approvals.ports.messages import ChannelError, Notice, ToPerson
from approvals.uses.history import Past
from handlers.links import request_link
from handlers.slack.cards import button, message
from handlers.slack.home.gathering import OWN
from handlers.slack.home.places import LONGEST, Place, kept
from handlers.slack.home.records import Entry, Shown
from handlers.slack.markup import Block, contexts, plain_text, sections
from handlers.wording import offers
from handlers.wording.actions import Action, Kind, actions
from handlers.wording.grants import CHOICES
from handlers.wording.history.places import named
from handlers.wording.listing import CONFIRMING, none_waits, own, past, waiting
from handlers.wording.text.lines import Code, Line, Link, Strong, plain

BLOCKS = 100
"""Blocks of a Home tab (docs.slack.dev, Home tab views)."""

_WAITING = 50
"""Blocks of what waits; the first request always has room, for a message takes no more."""
_AT_HOME: frozenset[Kind] = frozenset({"accept", "withdraw", "end", "extend"})
# Whoever voted already sees it no more, and nobody else can take a vote of theirs back.
_OF_OTHERS: frozenset[Kind] = frozenset({"take_back"})
_DECIDING: frozenset[Kind] = _OF_OTHERS | {
    "approve", "several", "remark", "sign", "sign_several", "page", "offer", "deny", "justified", "unjustified",
}  # fmt: skip


def home(shown: Shown) -> Block:
    """Lay everything out. What is pressed is checked again, so the moment stands above it."""
    blocks: list[Block] = [
        *_top(shown),
        *_confirming(shown),
        *_list("Emergencies for you to review", shown.emergencies, most=_WAITING // 2, pages_url=shown.pages_url),
        *_waiting(shown),
        *_own("Your requests", shown.requests, shown.command),
        *_own("Your access", shown.access, shown.command),
    ]
    past = _history(shown)
    return _view([*blocks[: BLOCKS - len(past)], *past], shown.place)


def refused(text: str) -> Block:
    """The tab of whom nothing can be shown, with the reason."""
    again = _press("home_refresh", "Look again")
    said: Block = {"type": "section", "text": plain_text(text, most=2900)}
    return _view([said, {"type": "actions", "elements": [again]}], Place())


def search_form(place: Place) -> Block:
    """Who, what, how it stands, and when."""
    states: list[Block] = [
        {"text": plain_text(words, most=75), "value": state} for state, words in CHOICES.items()
    ]
    state: Block = {"type": "static_select", "action_id": "state", "options": states}
    chosen = [each for each in states if each["value"] == place.state]
    state |= {"initial_option": chosen[0]} if chosen else {}
    return {
        "type": "modal",
        "callback_id": "home_search",
        "title": plain_text("Search your history", most=24),
        "submit": plain_text("Search", most=24),
        "close": plain_text("Cancel", most=24),
        "blocks": [
            _field("who", "Who asked?", _text("who", place.who), hint="An address; empty for everybody."),
            _field("what", "What?", _text("what", place.what), hint="Words of its title, roles or resources."),
            _field("state", "How does it stand?", state),
            _field("since", "From which day on?", _day("since", place.since)),
            _field("until", "Until which day?", _day("until", place.until)),
        ],
    }


def _view(blocks: Sequence[Block], place: Place) -> Block:
    return {"type": "home", "private_metadata": kept(place), "blocks": list(blocks)}


def _top(shown: Shown) -> list[Block]:
    pressed = [_press("home_ask", "Ask for access", style="primary"), _press("home_refresh", "Look again")]
    seen: Line = ("As it was ", shown.at, ". What you press is checked again when you press it.")
    pages: list[Line] = [(Link("All of it on the pages", f"{shown.pages_url}/"),)] if shown.pages_url else []
    return [
        *[{"type": "section", "text": plain_text(each, most=2900)} for each in shown.standing],
        {"type": "actions", "elements": pressed},
        *contexts([seen, *pages]),
    ]


def _confirming(shown: Shown) -> list[Block]:
    """What is the reader's to confirm, each whole: they confirm what they were shown."""
    most, pages_url = _WAITING // 2, shown.pages_url
    return _list(CONFIRMING, shown.confirming, most=most, pages_url=pages_url, kind="status")


def _waiting(shown: Shown) -> list[Block]:
    blocks = _list("Waiting for you", shown.waiting, most=_WAITING, pages_url=shown.pages_url)
    if not blocks and not shown.emergencies:
        blocks = [*_heading("Waiting for you"), *sections([(none_waits(confirming=bool(shown.confirming)),)])]
    return [*blocks, *(contexts([(shown.unseen,)]) if shown.unseen else [])]


def _list(
    title: str,
    entries: Sequence[Entry],
    *,
    most: int,
    pages_url: str,
    kind: Literal["card", "status"] = "card",
) -> list[Block]:
    """The first ones as their cards are, as far as there is room, and the others by a line."""
    if not entries:
        return []
    cards, short = list[list[Block]](), list[Entry]()
    for each in entries:
        whole = _card(each, pages_url, kind)
        if whole and not short and (not cards or sum(map(len, cards)) + len(whole) < most):
            cards.append(whole)
        else:
            short.append(each)
    lines = [
        (*waiting(each.request, frozen=each.frozen), *_named(each.request.id), *_linked(each, pages_url))
        for each in short
    ]
    apart = [block for each in cards for block in ({"type": "divider"}, *each)]
    return [*_heading(title), *apart[1:], *sections(lines)]


def _card(entry: Entry, pages_url: str, kind: Literal["card", "status"]) -> list[Block]:
    """All that the card shows, with its buttons; nothing where it does not fit, or is not known."""
    if entry.card is None:
        return []
    request = entry.request
    without = _DECIDING if entry.idle else _OF_OTHERS
    notice = Notice(key="home", kind=kind, to=ToPerson(request.requester))
    try:
        laid = message(notice, entry.card, buttons=True, pages_url=pages_url, without=without)
    except ChannelError:
        return []
    return [_smaller(block) for block in laid.blocks]


def _smaller(block: Block) -> Block:
    """A card's own title is less than the title of the list that it stands in."""
    return sections([(Strong(block["text"]["text"]),)])[0] if block["type"] == "header" else block


def _own(title: str, entries: Sequence[Entry], command: str) -> list[Block]:
    blocks = _heading(title) if entries else []
    for each in entries[:OWN]:
        left = each.card.kept if each.card is not None else ()
        what, *rest = own(each.request, kept=left, frozen=each.frozen)
        said: Line = (Strong(plain((what,))), *rest, *_named(each.request.id), *_linked(each, ""))
        blocks += sections([said, *offers.accepted(each.request)])
        pressed = [button(one, token=_token(each)) for one in _possible(each)]
        blocks += [{"type": "actions", "elements": pressed}] if pressed else []
    if len(entries) > OWN:
        blocks += contexts(
            [
                (
                    f"and {len(entries) - OWN} more: ",
                    Code(f"{command} mine"),
                    " lists them",
                )
            ]
        )
    return blocks


def _possible(entry: Entry) -> list[Action]:
    if entry.card is None:
        return []
    return [each for each in actions(entry.card).requester if each.kind in _AT_HOME]


def _token(entry: Entry) -> str:
    return entry.card.token if entry.card is not None else ""


def _history(shown: Shown) -> list[Block]:
    found = shown.past
    blocks = _heading("History")
    for each in found.requests:
        line = past(each, kept=found.kept.get(each.id, ()))
        first, *rest = sections([(*line, *_named(each.id), *_page(each.id, shown.pages_url))])
        blocks += [first | {"accessory": _press("home_details", "Details", value=each.id, about=each.id)}, *rest]
    if not found.requests:
        nothing = "Nothing that was looked for is here." if shown.place.filtered else "Nothing else yet."
        blocks += [{"type": "section", "text": plain_text(shown.unknown or nothing, most=2900)}]
    return [*blocks, {"type": "actions", "elements": _turning(shown)}, *contexts(_missing(found, shown.place))]


def _turning(shown: Shown) -> list[Block]:
    pressed = [_press("home_search", "Search…")]
    if shown.place.filtered or shown.place.before:
        pressed.append(_press("home_newest", "Newest of everything"))
    if shown.past.older is not None:
        pressed.append(_press("home_older", "Older", value=named(shown.past.older)))
    return pressed


def _missing(found: Past, place: Place) -> list[Line]:
    said: list[Line] = [("Only what you looked for is listed.",)] if place.filtered else []
    if found.damaged:
        said.append((f"{len(found.damaged)} of these cannot be read: tell your administrators.",))
    if found.unsure:
        said.append(("Not all that you decide on could be looked up, so something may be missing.",))
    if found.cut:
        said.append(("Not everything was looked through yet: see what is older.",))
    return said


def _linked(entry: Entry, pages_url: str) -> Line:
    if entry.link:
        return (" ", Link("Open it", entry.link))
    return _page(entry.request.id, pages_url)


def _page(request_id: str, pages_url: str) -> Line:
    return (" ", Link("Open its page", request_link(pages_url, request_id))) if pages_url else ()


def _named(request_id: str) -> Line:
    return (" ", Code(request_id))


def _heading(text: str) -> list[Block]:
    """What a list begins with."""
    return [{"type": "divider"}, {"type": "header", "text": plain_text(text, most=150)}]


def _press(action: str, text: str, *, value: str = "", about: str = "", style: str = "") -> Block:
    made: Block = {"type": "button", "action_id": action, "text": plain_text(text, most=75)}
    made |= {"value": value} if value else {}
    made |= {"accessibility_label": f"{text} of request {about}"} if about else {}
    return made | ({"style": style} if style else {})


def _field(block_id: str, label: str, element: Block, *, hint: str = "") -> Block:
    made = {"type": "input", "block_id": block_id, "optional": True, "label": plain_text(label, most=200)}
    return made | {"element": element} | ({"hint": plain_text(hint, most=200)} if hint else {})


def _text(action: str, typed: str) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action, "max_length": LONGEST}
    return made | ({"initial_value": typed} if typed else {})


def _day(action: str, day: str) -> Block:
    return {"type": "datepicker", "action_id": action} | ({"initial_date": day} if day else {})
