"""The buttons of the cards. Refusals are raised; `failures` words them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt import Ack, App

from approvals.cards import Card
from approvals.errors import Refused
from approvals.reviewing import Press, Reviewed
from handlers.slack.desk import Desk
from handlers.slack.markup import Block
from handlers.slack.modals import deny_form, details_view, end_form, sign_form
from handlers.slack.payloads import Payload, read
from handlers.wording.late import repeated, taken_back


def register(app: App, desk: Desk) -> None:
    """Connect every button."""
    _register_votes(app, desk)
    _register_others(app, desk)


def _register_votes(app: App, desk: Desk) -> None:
    """Connect `approve`, `sign`, `deny` and `take_back`."""

    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="decide", now=now)
        press = Press(token=payload.pressed(), verdict="approve")
        reviewed = desk.access.review(identity, press, now=now)
        ack()
        if reviewed.repeated:
            desk.whisper(payload, repeated(reviewed, pressed="approve"))

    @app.action("sign")
    def sign(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="decide", now=now)
        press = Press(token=payload.pressed(), verdict="approve")
        form = partial(sign_form, name=identity.account.name)
        _open(payload, press, desk.access.look(identity, press, now=now), form)
        ack()

    @app.action("deny")
    def deny(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="decide", now=now)
        press = Press(token=payload.pressed(), verdict="deny")
        _open(payload, press, desk.access.look(identity, press, now=now), deny_form)
        ack()

    @app.action("take_back")
    def take_back(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="decide", now=now)
        press = Press(token=payload.pressed(), verdict="take_back")
        reviewed = desk.access.review(identity, press, now=now)
        ack()
        desk.whisper(payload, taken_back(reviewed))

    def _open(payload: Payload, press: Press, found: Card | Reviewed, form: Callable[[Card], Block]) -> None:
        if isinstance(found, Reviewed):
            desk.whisper(payload, repeated(found, pressed=press.verdict))
        else:
            desk.open_form(payload, form(found))


def _register_others(app: App, desk: Desk) -> None:
    """Connect `withdraw`, `end` and `details`."""

    @app.action("withdraw")
    def withdraw(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="request", now=now)
        desk.access.withdraw(identity, payload.pressed(), now=now)
        ack()

    @app.action("end")
    def end(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="request", now=now)
        try:
            desk.access.end(identity, payload.pressed(), now=now)
        except Refused as refusal:
            if refusal.code != "why":
                raise
            desk.open_form(payload, end_form(desk.access.shown(payload.pressed(), now=now)))
        ack()

    @app.action("details")
    def details(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        desk.callers.require_member(payload)
        desk.open_form(payload, details_view(desk.access.shown(payload.pressed_there(), now=now)))
        ack()
