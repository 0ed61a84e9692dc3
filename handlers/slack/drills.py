"""A drill in Slack: a direct message with one button, which says that somebody is there and does nothing else."""

from typing import Any

from approvals.drills import Drill
from approvals.uses.drilling import Drilling
from handlers.slack.answers import Ack
from handlers.slack.cards import Message
from handlers.slack.listeners import Listeners
from handlers.slack.markup import Block, escape, sections
from handlers.slack.payloads import read
from handlers.slack.responder import Responder
from handlers.wording import drills
from handlers.wording.text.lines import Line, plain


def call(drill: Drill) -> Message:
    """The call. Its button names the drill alone, which is no token of anything."""
    button: Block = {
        "type": "button",
        "action_id": "here",
        "text": {"type": "plain_text", "text": drills.BUTTON, "emoji": False},
        "value": drill.id,
        "accessibility_label": drills.LABEL,
        "style": "primary",
    }
    said = _said(drills.call(drill))
    return Message(text=said.text, blocks=[*said.blocks, {"type": "actions", "elements": [button]}])


def recall(drill: Drill, person: str) -> Message:
    """The call when it is answered or over, without its button."""
    return _said(drills.after(drill, person))


def register(listeners: Listeners, responder: Responder, drilling: Drilling) -> None:
    """Connect the button `here`."""

    @listeners.action("here")
    def here(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="decide", now=now)
        drilling.answer(identity, payload.pressed(), now=now)
        ack()


def _said(lines: tuple[Line, ...]) -> Message:
    return Message(text=escape(plain(lines[0])), blocks=sections(lines))
