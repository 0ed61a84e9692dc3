"""Cards in Block Kit: what an approver decides on, what a requester follows, and one-sentence steps."""

from collections.abc import Sequence
from typing import Any

import msgspec

from approvals.grants import LIVE
from approvals.ports import Card, ChannelError, Notice
from approvals.reviews import standing
from handlers.slack.markup import (
    Block,
    escape,
    field,
    marked,
    mrkdwn,
    plain_text,
    rich_lines,
    rich_quote,
    sections,
)
from handlers.wording.lines import plain
from handlers.wording.steps import Step, step
from handlers.wording.texts import clip, visible
from handlers.wording.views import View, view

BLOCKS = 50
"""Blocks of one message (docs.slack.dev, Block Kit)."""

SUMMARY = 600
"""Characters of a message's text, before escaping; Slack recommends at most 4,000 in all."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the Web API takes it: `text` is what notifications show, escaped."""

    text: str
    blocks: Sequence[Block]


def message(notice: Notice, card: Card, *, buttons: bool) -> Message:
    """Lay a notice out. Raises `ChannelError` when it cannot be shown whole: then nobody may decide on it."""
    if notice.kind == "step":
        return _step(step(notice.step, card))
    shown = view(card)
    blocks = facts(shown)
    if buttons:
        blocks += _buttons(notice, card)
    blocks.append(_footer(shown))
    if len(blocks) > BLOCKS:
        raise ChannelError(f"request {card.request.id} is too long to be shown in one Slack message")
    return Message(text=_summary(shown.summary), blocks=blocks)


def facts(shown: View) -> list[Block]:
    """Every fact of a request, in the order in which one decides: what, who, how long, how far, why."""
    fields = [field(fact.label, fact.value) for fact in shown.facts]
    blocks = [
        {"type": "header", "text": plain_text(shown.headline, most=150, emoji=True)},
        *sections([shown.meaning]),
        {"type": "section", "fields": fields},
        *sections(shown.roles, title="Roles"),
    ]
    if shown.condition:
        blocks.append(rich_quote("Only where", shown.condition))
    blocks += sections(shown.approvals, title="Approval")
    if shown.reviews:
        blocks.append(rich_lines(shown.reviews, title="Decisions"))
    blocks.append(rich_quote("Why", shown.why))
    if shown.reason:
        blocks.append(rich_quote("Reason of the denial", shown.reason))
    return blocks


def _footer(shown: View) -> Block:
    return {"type": "context", "elements": [mrkdwn(marked(shown.footer))]}


def _summary(text: str) -> str:
    return escape(clip(visible(text), SUMMARY))


def _step(told: Step) -> Message:
    blocks = sections([told.sentence])
    if told.quote:
        blocks.append(rich_quote("Reason", told.quote))
    return Message(text=_summary(plain(told.sentence)), blocks=blocks)


def _buttons(notice: Notice, card: Card) -> list[Block]:
    request = card.request
    buttons: list[Block] = []
    if notice.kind == "card" and card.token and request.state == "pending":
        buttons = _deciding(card) + ([_take_back(card)] if standing(request.reviews) else [])
    elif notice.kind == "status" and request.state == "pending":
        buttons = [_withdraw(request.id)]
    elif request.grant is not None and request.grant.state in LIVE:
        buttons = [_end(request.id)]
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _deciding(card: Card) -> list[Block]:
    what = card.request.id
    deny = _button("deny", "Deny", card.token, style="danger", label=f"Deny request {what}")
    index = card.tally.open_stage
    if index is None:
        return [deny]
    if card.tally.requirement.stages[index].sign == "typed":
        return [
            _button(
                "sign", "Sign and approve", card.token, style="primary", label=f"Sign and approve request {what}"
            ),
            deny,
        ]
    return [_button("approve", "Approve", card.token, style="primary", label=f"Approve request {what}"), deny]


def _take_back(card: Card) -> Block:
    """The card is everybody's: who has not approved is told so."""
    label = f"Take back my approval of request {card.request.id}"
    button = _button("take_back", "Take back my approval", card.token, label=label)
    return button | {
        "confirm": _confirm(
            "Take your approval back?", "It counts no more. You can approve again.", "Take it back"
        )
    }


def _withdraw(request_id: str) -> Block:
    button = _button("withdraw", "Withdraw", request_id, label=f"Withdraw request {request_id}")
    return button | {
        "confirm": _confirm("Withdraw this request?", "Nobody can approve it afterwards.", "Withdraw")
    }


def _end(request_id: str) -> Block:
    button = _button("end", "End access now", request_id, style="danger", label=f"End access now: {request_id}")
    return button | {
        "confirm": _confirm("End this access?", "It is removed at once, and not given back.", "End it")
    }


def _button(action: str, text: str, value: str, *, label: str, style: str = "") -> Block:
    button: dict[str, Any] = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": text, "emoji": False},
        "value": value,
        "accessibility_label": label[:75],
    }
    return button | ({"style": style} if style else {})


def _confirm(title: str, text: str, yes: str) -> Block:
    return {
        "title": plain_text(title, most=100),
        "text": plain_text(text, most=300),
        "confirm": plain_text(yes, most=30),
        "deny": plain_text("Keep it", most=30),
    }
