"""The forms, sent. Every check of the button that opened a form runs again here."""

from typing import Any

from slack_bolt import Ack, App

from approvals.errors import Refused
from approvals.policy.evaluate import Ask
from approvals.reviewing import Press
from approvals.reviews import says_something
from handlers.slack.desk import Desk
from handlers.slack.grammar import duration_of
from handlers.slack.modals import TYPED, notice_view
from handlers.slack.payloads import Malformed, Payload, View, read
from handlers.wording.late import repeated


def register(app: App, desk: Desk) -> None:
    """Connect the forms `request`, `sign` and `deny`."""

    @app.view("request")
    def request(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        form = _form(payload)
        identity = desk.callers.identify(payload, purpose="request", now=now)
        desk.access.file(identity, _ask(form), key=f"view:{form.id}", now=now)
        ack()

    @app.view("sign")
    def sign(ack: Ack, body: dict[str, Any]) -> None:
        form = _form(read(body))
        press = Press(
            token=form.private_metadata,
            verdict="approve",
            printed_name=_required(form, "printed_name", "Type your name as it is printed."),
            meaning=_required(form, "meaning", "Say what your signature means."),
        )
        _review(ack, body, press)

    @app.view("deny")
    def deny(ack: Ack, body: dict[str, Any]) -> None:
        form = _form(read(body))
        reason = _required(form, "reason", "Say why, so that the requester knows what to change.")
        _review(ack, body, Press(token=form.private_metadata, verdict="deny", comment=reason))

    def _review(ack: Ack, body: dict[str, Any], press: Press) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="decide", now=now)
        reviewed = desk.access.review(identity, press, now=now)
        if reviewed.repeated:
            ack(response_action="update", view=notice_view(repeated(reviewed, pressed=press.verdict)))
        else:
            ack()


def _form(payload: Payload) -> View:
    if payload.view is None or not payload.view.id:
        raise Malformed("a submission without its form")
    return payload.view


def _ask(form: View) -> Ask:
    entitlement = _required(form, "entitlement", "Choose what you need.")
    justification = _required(form, "justification", "Say why you need it.")
    duration = duration_of(form.field("duration"))
    return Ask(entitlement=entitlement, duration=duration, justification=justification)


def _required(form: View, name: str, otherwise: str) -> str:
    text = form.field(name).strip()
    if not says_something(text):
        raise Refused(name, otherwise)
    if len(text) > TYPED:
        raise Refused(name, f"Write at most {TYPED:,} characters.")
    return text
