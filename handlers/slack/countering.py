"""Offering less in Slack: the button of the card opens a form; whoever asked accepts by the button of theirs."""

from typing import Any

from approvals.requests import Request
from approvals.reviews import TYPED_LENGTH
from approvals.revisions import Less
from approvals.targets import accesses
from approvals.telling.cards import Card
from approvals.times import in_words
from approvals.uses.countering import Countering
from handlers.slack.answers import Ack
from handlers.slack.cards import above, below
from handlers.slack.inputs import labelled
from handlers.slack.listeners import Listeners
from handlers.slack.markup import Block, plain_text
from handlers.slack.payloads import Malformed, View, read
from handlers.slack.responder import Responder
from handlers.wording.reading.commands import duration_of
from handlers.wording.refusing.fields import too_long
from handlers.wording.refusing.refusals import Said
from handlers.wording.text.typed import clip
from handlers.wording.views import view

_MOST = 10
"""Checkboxes of one group (docs.slack.dev, checkboxes). A bundle of more is made smaller on its page."""
_OPTION = 75


def register(listeners: Listeners, responder: Responder, countering: Countering) -> None:
    """Connect the buttons `less` and `accept`, and the form `less`."""

    @listeners.action("offer")
    def less(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="decide", now=now)
        responder.open_form(payload, less_form(countering.look(identity, payload.pressed(), now=now)))
        ack()

    @listeners.view("offer")
    def offered(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        if payload.view is None:
            raise Malformed("a submission without its form")
        identity = responder.authentication.identify(payload, purpose="decide", now=now)
        why = payload.view.field("why").strip()
        if len(why) > TYPED_LENGTH:
            raise Said("why", too_long(TYPED_LENGTH))
        countering.offer(identity, payload.view.private_metadata, _less(payload.view), why=why, now=now)
        ack()

    @listeners.action("accept")
    def accept(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        countering.accept(identity, payload.pressed(), now=now)
        ack()


def _less(form: View) -> Less:
    """What the form offers: a time, and of a bundle what stays."""
    return Less(duration=duration_of(form.field("duration")), keep=form.chosen("keep"))


def less_form(card: Card) -> Block:
    """The same facts again, the time that is asked for to be shortened, and of a bundle what is to stay."""
    shown, request = view(card), card.request
    time: Block = {
        "type": "plain_text_input",
        "action_id": "duration",
        "max_length": 60,
        "initial_value": in_words(request.terms.duration),
    }
    why: Block = {
        "type": "plain_text_input",
        "action_id": "why",
        "multiline": True,
        "max_length": TYPED_LENGTH,
    }
    hint = "The requester reads it, as does whoever opens the card's details. It is kept."
    inputs = [
        labelled("duration", "For how long at most?", time, hint=f"Asked for: {in_words(request.terms.duration)}"),
        *_keep(request),
        labelled("why", "Why less?", why, hint=hint) | {"optional": True},
    ]
    return {
        "type": "modal",
        "callback_id": "offer",
        "private_metadata": card.token,
        "title": plain_text("Offer less", most=24),
        "submit": plain_text("Offer it", most=24),
        "close": plain_text("Cancel", most=24),
        "blocks": [*above(shown, deciding=False), *inputs, *below(shown)],
    }


def _keep(request: Request) -> list[Block]:
    found = accesses(request.terms.targets)
    if not 1 < len(found) <= _MOST:
        return []
    options: list[Block] = [
        {
            "text": plain_text(clip(each.resource, _OPTION), most=_OPTION),
            "description": plain_text(clip(", ".join(each.roles), _OPTION), most=_OPTION),
            "value": str(number),
        }
        for number, each in enumerate(found)
    ]
    boxes = {"type": "checkboxes", "action_id": "keep", "options": options, "initial_options": options}
    return [labelled("keep", "What stays?", boxes)]
