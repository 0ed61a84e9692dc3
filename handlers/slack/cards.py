"""Cards in Block Kit: what an approver decides on, what a requester follows, and one-sentence steps."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from approvals.ports.messages import ChannelError, Notice
from approvals.requests import lives
from approvals.telling.cards import Card
from approvals.uses.votes import Shown
from handlers.links import request_link, review_link
from handlers.slack.markup import (
    Block,
    contexts,
    escape,
    mentioned,
    plain_text,
    rich_box,
    rich_call,
    rich_facts,
    rich_line,
    rich_lines,
    rich_quote,
    sections,
)
from handlers.slack.payloads import Malformed
from handlers.wording.actions import Action, Kind, Question, actions
from handlers.wording.deeds import ERASED, TITLE, said
from handlers.wording.offers import offer
from handlers.wording.steps import Step, step
from handlers.wording.text.lines import Code, Line, Strong, joined, plain, unlaid
from handlers.wording.text.tickets import unlinked
from handlers.wording.text.typed import clip, visible
from handlers.wording.turns import turn
from handlers.wording.views import View, view

BLOCKS = 50
"""Blocks of one message (docs.slack.dev, Block Kit)."""

WHOLE = 12_000
"""Characters of one message's blocks, written as JSON.

Slack refuses somewhat more than 13,000 (`msg_blocks_too_long`). It documents no number: people measured it, and
found that the blocks' own structure counts as well (github.com/slackapi/bolt-js, issues 2509 and 2867).
"""

MOST_LINES = 60
"""Lines of what was done with access; its page has all of them."""

SUMMARY = 600
"""Characters of a message's text, before escaping; Slack recommends at most 4,000 in all."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the Web API takes it: `text` is what notifications show, escaped."""

    text: str
    blocks: Sequence[Block]


def message(
    notice: Notice, card: Card, *, buttons: bool, pages_url: str = "", without: Collection[Kind] = ()
) -> Message:
    """Lay a notice out. `pages_url` is where it is decided what is decided on a page alone.

    `without` are the buttons that its one reader has no use for.

    Raises `ChannelError` when it cannot be shown whole: then nobody may decide on it.
    """
    if notice.kind == "deeds":
        return _deeds(card)
    if notice.kind == "step":
        return _step(
            step(notice.step, card),
            [*_read(notice, card, pages_url), *(_pressed(notice, card) if buttons else [])],
        )
    for shown in _shorter(_without(view(card), without)):
        blocks = _laid_out(shown, notice, card, buttons=buttons, pages_url=pages_url)
        if _fits(blocks):
            return Message(text=_summary(shown.summary), blocks=blocks)
    raise ChannelError(f"request {card.request.id} is too long to be shown in one Slack message")


def _deeds(card: Card) -> Message:
    """What was done with access. Names of methods are others' words, and stand where no markup is read."""
    lines = said(card.deeds) if card.deeds is not None else ((ERASED,),)
    heading = {"type": "section", "text": plain_text(TITLE, most=150)}
    blocks = [heading, rich_lines(lines[:MOST_LINES])]
    return Message(text=_summary(f"{TITLE}: {plain(lines[0])}"), blocks=blocks)


def _without(shown: View, kinds: Collection[Kind]) -> View:
    left = tuple(each for each in shown.actions.approvers if each.kind not in kinds)
    return msgspec.structs.replace(shown, actions=msgspec.structs.replace(shown.actions, approvers=left))


def _laid_out(shown: View, notice: Notice, card: Card, *, buttons: bool, pages_url: str) -> list[Block]:
    pressed = _buttons(notice, shown, card, pages_url) if buttons else []
    if shown.over:
        return _finished(shown, card.request.id, button=buttons) + pressed
    return [*above(shown, deciding=notice.kind == "card"), *pressed, *below(shown)]


def _shorter(shown: View) -> Iterator[View]:
    """The whole view, then what one decides without gives way, more and more of it.

    That is how lines are laid out, links, the offer, and earlier decisions. A button carries its token, of some
    four hundred characters. A comment can be given and less offered on the page as well.
    """
    yield shown
    shown = msgspec.structs.replace(shown, lines=tuple(map(unlaid, shown.lines)))
    yield shown
    shown = msgspec.structs.replace(shown, why=unlinked(shown.why), reason=unlinked(shown.reason))
    yield shown
    voting = tuple(each for each in shown.actions.approvers if each.kind not in _MORE)
    shown = msgspec.structs.replace(shown, actions=msgspec.structs.replace(shown.actions, approvers=voting))
    yield shown
    for left in range(1, len(shown.reviews) + 1):
        earlier = (f"{left} earlier: the audit has all of them",)
        yield msgspec.structs.replace(shown, reviews=(earlier, *shown.reviews[left:]))


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= BLOCKS and len(msgspec.json.encode(blocks).decode()) <= WHOLE


def call(notice: Notice, card: Card, *, users: Mapping[str, str], link: str) -> Message:
    """Tell people that it is their turn. Whoever has an id of the workspace in `users` is mentioned by it."""
    said = turn(card, whole=notice.whole, step=notice.step)
    people = [mentioned(users.get(person, ""), person) for person in notice.people]
    blocks = [rich_call(people, said, link=link)]
    return Message(text=_summary(plain(said)), blocks=blocks)


def above(shown: View, *, deciding: bool) -> list[Block]:
    """What stands above the buttons: all that is decided on, and, for who is deciding, what approving does."""
    heading = {"type": "header", "text": plain_text(shown.headline, most=150, emoji=True)}
    said = shown.effect if deciding and shown.effect else shown.meaning
    facts = rich_facts(shown.lines) if shown.lines else rich_line(_facts(shown))
    blocks = [heading, facts, *sections(shown.roles)]
    blocks += [rich_box(title, text) for title, text in shown.conditions]
    why = [rich_quote(shown.why)] if shown.why else []
    return [*blocks, *sections([shown.before, *shown.notes]), *why, *sections([said])]


def below(shown: View) -> list[Block]:
    """The rest, which is small: whose approvals are needed, who decided how, which request it is."""
    blocks: list[Block] = []
    if shown.reviews:
        blocks.append(rich_lines(shown.reviews))
    if shown.reason:
        blocks.append(rich_quote(shown.reason, title=shown.reason_title))
    approvals: list[Line] = [("Approval: ", *joined(shown.approvals, "; "))] if shown.approvals else []
    return [*blocks, *contexts([*approvals, shown.footer])]


def whole(shown: View) -> list[Block]:
    """All of a request, where nothing is to be pressed."""
    return [*above(shown, deciding=False), *below(shown)]


def _facts(shown: View) -> Line:
    return joined((fact.value for fact in shown.facts), " · ")


def _finished(shown: View, request_id: str, *, button: bool) -> list[Block]:
    """Two lines, and a button for the rest."""
    said: Line = (Strong(shown.headline), " · ", *shown.brief)
    blocks = sections([said, (*shown.meaning, " Request ", Code(request_id))])
    details = _button("details", "Details", request_id, label=f"Details of request {request_id}")
    return [blocks[0] | {"accessory": details}, *blocks[1:]] if button else blocks


def _summary(text: str) -> str:
    return escape(clip(visible(text), SUMMARY))


def _step(told: Step, pressed: Sequence[Block]) -> Message:
    blocks = [*sections([told.sentence]), *pressed]
    if told.quote:
        blocks.append(rich_quote(told.quote, title=told.title))
    return Message(text=_summary(plain(told.sentence)), blocks=blocks)


def _pressed(notice: Notice, card: Card) -> list[Block]:
    """What its holder can press where they are told that access ends soon; nothing below another step."""
    offered = actions(card).requester if notice.step == "ends" and lives(card.request) else ()
    buttons = [button(each) for each in offered if each.kind in _HELD]
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _read(notice: Notice, card: Card, pages_url: str) -> list[Block]:
    """The way to the page on which an offer is accepted. It needs no redraw, for it decides nothing."""
    if not (notice.step.startswith("countered:") and offer(card.request) and pages_url):
        return []
    text, request = "Look at the offer", card.request.id
    to_it = Action(kind="page", request=request, text=text, label=f"{text} for request {request}")
    return [{"type": "actions", "elements": [_to_the_page(to_it, "", pages_url)]}]


_HELD: Collection[str] = {"end", "extend"}


def _buttons(notice: Notice, shown: View, card: Card, pages_url: str) -> list[Block]:
    offered = shown.actions.approvers if notice.kind == "card" else shown.actions.requester
    buttons = [
        button(each, token=card.token) if each.kind != "page" else _to_the_page(each, card.token, pages_url)
        for each in offered
        if each.kind != "page" or pages_url
    ]
    return [{"type": "actions", "elements": buttons}] if buttons else []


_STYLES: Mapping[Kind, str] = {
    "approve": "primary",
    "sign": "primary",
    "deny": "danger",
    "end": "danger",
    "confirm": "primary",
    "accept": "primary",
    "justified": "primary",
    "unjustified": "danger",
}
_CONFIRMS: Collection[Kind] = {"confirm", "confirm_several"}
_MORE: Collection[Kind] = {"remark", "offer"}
_VOTES: Collection[Kind] = {
    "approve", "several", "remark", "sign", "sign_several", "deny", "take_back", "offer", "accept",
}  # fmt: skip


def button(action: Action, *, token: str = "") -> Block:
    """What somebody presses to do it. A vote carries the card's token, everything else names its request."""
    value = token if action.kind in _VOTES else action.request
    value = confirming(action.shown) if action.kind in _CONFIRMS and action.shown is not None else value
    style = _STYLES.get(action.kind, "")
    made = _button(action.kind, action.text, value, label=action.label, style=style)
    return made | ({"confirm": _confirm(action.question)} if action.question else {})


def _to_the_page(action: Action, token: str, pages_url: str) -> Block:
    """A button that leads to the page, by the request alone: pressing it decides nothing."""
    made = _button(action.kind, action.text, action.request, label=action.label, style="primary")
    return made | {"url": review_link(pages_url, token) if token else request_link(pages_url, action.request)}


def confirming(shown: Shown) -> str:
    """What the button carries by which somebody confirms what they were shown."""
    return f"{shown.request} {shown.revision} {shown.digest}"


def confirmed(value: str) -> Shown:
    """The same, read. Raises `Malformed`."""
    request, _, rest = value.partition(" ")
    revision, _, digest = rest.partition(" ")
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise Malformed("a confirmation of nothing")
    return Shown(request=request, revision=int(revision), digest=digest)


def _button(action: str, text: str, value: str, *, label: str, style: str = "") -> Block:
    made: dict[str, Any] = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": text, "emoji": False},
        "value": value,
        "accessibility_label": label[:75],
    }
    return made | ({"style": style} if style else {})


def _confirm(question: Question) -> Block:
    return {
        "title": plain_text(question.title, most=100),
        "text": plain_text(question.text, most=300),
        "confirm": plain_text(question.yes, most=30),
        "deny": plain_text("Keep it", most=30),
    }
