"""Breaking the glass and reviewing it afterwards in Slack: a second form confirms it, one asks what was found."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.identities import Identity
from approvals.policy.evaluate import Ask
from approvals.policy.model import Entitlement
from approvals.reviews import TYPED_LENGTH, says_something
from approvals.telling.cards import Card
from approvals.times import in_words
from approvals.uses import Uses
from countersign_client import shapes
from handlers.slack.answers import Ack
from handlers.slack.cards import above
from handlers.slack.listeners import Listeners
from handlers.slack.markup import Block, plain_text, rich_quote, sections
from handlers.slack.payloads import Malformed, Payload, read
from handlers.slack.responder import Responder
from handlers.wording.emergencies import DECLARE, FINDING, WARNING, found
from handlers.wording.refusing.fields import too_long
from handlers.wording.refusing.refusals import Said
from handlers.wording.targets import role_lines, where_in_words
from handlers.wording.text.typed import clean
from handlers.wording.views import view


class _Declared(msgspec.Struct, frozen=True):
    """What the second form is about, as it carries it: it was checked before, and is checked again."""

    entitlement: str
    seconds: int | None
    justification: str


def glass_form(chosen: Entitlement, ask: Ask, *, close: str = "No, go back") -> Block:
    """The second confirmation: what is about to happen, and the button that does it. `close` says no to it."""
    seconds = None if ask.duration is None else int(ask.duration.total_seconds())
    lasting = in_words(ask.duration or chosen.duration.default)
    said = f"{chosen.title}, {where_in_words(chosen.targets)}, for {lasting}."
    carried = _Declared(ask.entitlement, seconds, ask.justification)
    return {
        "type": "modal",
        "callback_id": "break_glass",
        "private_metadata": msgspec.json.encode(carried).decode(),
        "title": plain_text("Is this an emergency?", most=24),
        "submit": plain_text(DECLARE, most=24),
        "close": plain_text(close, most=24),
        "blocks": [
            {"type": "section", "text": plain_text(f"🚨 {WARNING}", most=2900)},
            {"type": "section", "text": plain_text(said, most=2900)},
            *sections(role_lines(chosen.targets)),
            rich_quote((clean(ask.justification),), title="Your reason"),
        ],
    }


def finding_form(card: Card, *, justified: bool) -> Block:
    """The facts again, and why it was justified, or why not."""
    words = found(justified=justified)
    typed = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": TYPED_LENGTH}
    label = plain_text(f"Why was it {words}?", most=200)
    hint = plain_text("Whoever broke the glass reads it, as do its other reviewers. It is kept.", most=200)
    return {
        "type": "modal",
        "callback_id": "finding",
        "private_metadata": f"{card.request.id} {'justified' if justified else 'unjustified'}",
        "title": plain_text("Review an emergency", most=24),
        "submit": plain_text(f"It was {words}", most=24),
        "close": plain_text("Cancel", most=24),
        "blocks": [
            *above(view(card), deciding=False),
            {"type": "input", "block_id": "reason", "label": label, "element": typed, "hint": hint},
        ],
    }


def register(listeners: Listeners, responder: Responder, uses: Uses) -> None:
    """Connect the form `break_glass`, the buttons `justified` and `unjustified`, and their form `finding`."""

    @listeners.view("break_glass")
    def break_glass(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        form, declared = _carried(payload)
        uses.asking.file(identity, declared, key=f"view:{form}", now=now)
        ack(response_action="clear")

    def pressed(ack: Ack, body: dict[str, Any], *, justified: bool) -> None:
        payload, now = read(body), responder.clock()
        card = uses.reviewing.look(_reviewer(responder, payload, now), payload.pressed(), now=now)
        responder.open_form(payload, finding_form(card, justified=justified))
        ack()

    @listeners.action("justified")
    def justified(ack: Ack, body: dict[str, Any]) -> None:
        pressed(ack, body, justified=True)

    @listeners.action("unjustified")
    def unjustified(ack: Ack, body: dict[str, Any]) -> None:
        pressed(ack, body, justified=False)

    @listeners.view("finding")
    def finding(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = _reviewer(responder, payload, now)
        request_id, was_justified, why = _found(payload)
        uses.reviewing.find(identity, request_id, justified=was_justified, why=why, now=now)
        ack()


def _reviewer(responder: Responder, payload: Payload, now: datetime) -> Identity:
    return responder.authentication.identify(payload, purpose="decide", now=now)


def _carried(payload: Payload) -> tuple[str, Ask]:
    """The form's id, and what it declares. Raises `Malformed`."""
    form = payload.view
    if form is None or not form.id:
        raise Malformed("a submission without its form")
    try:
        found = shapes.decode(form.private_metadata, _Declared)
    except msgspec.MsgspecError:
        raise Malformed("a confirmation of nothing") from None
    duration = None if found.seconds is None else timedelta(seconds=found.seconds)
    ask = Ask(
        entitlement=found.entitlement, duration=duration, justification=found.justification, break_glass=True
    )
    return form.id, ask


def _found(payload: Payload) -> tuple[str, bool, str]:
    """Which emergency, what was found of it, and why. Raises `Malformed`, and `Said` where nothing was typed."""
    form = payload.view
    if form is None or not form.id:
        raise Malformed("a submission without its form")
    request_id, _, verdict = form.private_metadata.partition(" ")
    if verdict not in ("justified", "unjustified"):
        raise Malformed("a finding of nothing")
    why = form.field("reason").strip()
    if not says_something(why):
        raise Said("reason", FINDING)
    if len(why) > TYPED_LENGTH:
        raise Said("reason", too_long(TYPED_LENGTH))
    return request_id, verdict == "justified", why
