"""Extending access in Slack: the button opens a form, and so does a command that says too little."""

from typing import Any

from approvals.refusals.errors import Refused
from approvals.reviews import TYPED_LENGTH
from approvals.times import in_words
from approvals.uses.asking import Asking
from approvals.uses.continuing import Extension
from handlers.slack.answers import Ack
from handlers.slack.inputs import Problem, labelled, wrong
from handlers.slack.listeners import Listeners
from handlers.slack.markup import Block, plain_text, sections
from handlers.slack.payloads import Malformed, View, read
from handlers.slack.responder import Responder
from handlers.wording.approvals import noun
from handlers.wording.lasting import extending
from handlers.wording.reading.commands import Extend, duration_of
from handlers.wording.refusing.fields import EXTENDING, too_long
from handlers.wording.refusing.refusals import Said, told

_MENDED = {"duration": "duration", "justification": "justification", "extends.long": "duration"}
_LENGTH = 60  # characters of a typed duration


def register(listeners: Listeners, responder: Responder, asking: Asking) -> None:
    """Connect the button and the form `extend`."""

    @listeners.action("extend")
    def extend(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        found = asking.extension(identity, payload.pressed(), now=now)
        responder.open_form(payload, extend_form(found, Extend(request=payload.pressed())))
        ack()

    @listeners.view("extend")
    def extended(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        if payload.view is None or not payload.view.id:
            raise Malformed("a submission without its form")
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        typed = _typed(payload.view)
        asking.extend(
            identity,
            typed.request,
            duration=duration_of(typed.duration),
            justification=typed.justification,
            key=f"view:{payload.view.id}",
            now=now,
        )
        ack()


def extend_form(found: Extension, typed: Extend, problems: tuple[Problem, ...] = ()) -> Block:
    """What goes on, until when it lasts, and the two things to say; `problems` stand above their fields."""
    time: Block = {
        "type": "plain_text_input",
        "action_id": "duration",
        "max_length": _LENGTH,
        "initial_value": (typed.duration or in_words(found.usual))[:_LENGTH],
    }
    why: Block = {
        "type": "plain_text_input",
        "action_id": "justification",
        "multiline": True,
        "max_length": TYPED_LENGTH,
    }
    if typed.justification:
        why["initial_value"] = typed.justification[:TYPED_LENGTH]
    rule = found.entitlement.justification
    return {
        "type": "modal",
        "callback_id": "extend",
        "private_metadata": typed.request,
        "title": plain_text(f"Extend {noun(found.request)}", most=24),
        "submit": plain_text("Send request", most=24),
        "close": plain_text("Cancel", most=24),
        "blocks": [
            *sections([extending(found.request)]),
            *wrong(problems, "duration"),
            labelled("duration", "For how much longer?", time, hint=f"At most {in_words(found.most)} more."),
            *wrong(problems, "justification"),
            labelled("justification", "Why do you still need it?", why, hint=rule.hint),
        ],
    }


def mendable(refusal: Refused) -> list[Problem]:
    """What is wrong with a line, where all of it can be mended in the form; nothing where it cannot."""
    fields = {each.code: _MENDED.get(each.code) or _MENDED.get(each.kind, "") for each in refusal.all}
    if not all(fields.values()):
        return []
    return [Problem(field=fields[each.code], text=told(each)) for each in refusal.all]


def _typed(form: View) -> Extend:
    """What the form says. Raises `Refused` with all that is wrong with it."""
    duration, why = form.field("duration").strip(), form.field("justification").strip()
    faults: list[Refused] = []
    try:
        duration_of(duration)
    except Refused as refusal:
        faults.append(refusal)
    if not why:
        faults.append(Said("justification", EXTENDING))
    elif len(why) > TYPED_LENGTH:
        faults.append(Said("justification", too_long(TYPED_LENGTH)))
    if faults:
        raise faults[0].besides(faults[1:])
    return Extend(request=form.private_metadata, duration=duration, justification=why)
