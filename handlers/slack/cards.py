"""Cards in Block Kit: what an approver decides on, what a requester follows, and one-sentence steps."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from approvals.grants import LIVE
from approvals.ports import Card, ChannelError, Notice
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

WHOLE = 12_000
"""Characters of one message's blocks, written as JSON.

Slack refuses somewhat more than 13,000 (`msg_blocks_too_long`). It documents no number: people measured it, and
found that the blocks' own structure counts as well (github.com/slackapi/bolt-js, issues 2509 and 2867).
"""

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
    below = _buttons(notice, card) if buttons else []
    for shown in _shorter(view(card)):
        blocks = [*facts(shown), *below, _footer(shown)]
        if _fits(blocks):
            return Message(text=_summary(shown.summary), blocks=blocks)
    raise ChannelError(f"request {card.request.id} is too long to be shown in one Slack message")


def _shorter(whole: View) -> Iterator[View]:
    """The whole view, then with fewer and fewer of the earlier decisions: one decides without them."""
    yield whole
    for left in range(1, len(whole.reviews) + 1):
        earlier = (f"{left} earlier: the audit has all of them",)
        yield msgspec.structs.replace(whole, reviews=(earlier, *whole.reviews[left:]))


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= BLOCKS and len(msgspec.json.encode(blocks).decode()) <= WHOLE


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
        buttons = _deciding(card)
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
