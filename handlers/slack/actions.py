"""The buttons of the cards. Refusals are raised; `failures` words them."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App

from approvals.access import Press, Reviewed
from approvals.cards import Card
from approvals.grants import LIVE
from approvals.requests import Request
from approvals.reviews import Verdict
from handlers.slack.desk import Desk
from handlers.slack.markup import Block
from handlers.slack.modals import deny_form, details_view, sign_form
from handlers.slack.payloads import Payload, read


def register(app: App, desk: Desk) -> None:
    """Connect `approve`, `sign`, `deny`, `withdraw`, `end` and `details`."""

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
        _open(payload, press, desk.access.look(identity, press, now=now), sign_form)
        ack()

    @app.action("deny")
    def deny(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="decide", now=now)
        press = Press(token=payload.pressed(), verdict="deny")
        _open(payload, press, desk.access.look(identity, press, now=now), deny_form)
        ack()

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
        desk.access.end(identity, payload.pressed(), now=now)
        ack()

    @app.action("details")
    def details(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        desk.callers.require_member(payload)
        desk.open_form(payload, details_view(desk.access.shown(payload.pressed_there(), now=now)))
        ack()

    def _open(payload: Payload, press: Press, found: Card | Reviewed, form: Callable[[Card], Block]) -> None:
        if isinstance(found, Reviewed):
            desk.whisper(payload, repeated(found, pressed=press.verdict))
        else:
            desk.open_form(payload, form(found))


def repeated(reviewed: Reviewed, *, pressed: Verdict) -> str:
    """Say that somebody's vote stood already; to who pressed the opposite, what can still be done."""
    verb = "approved" if reviewed.verdict == "approve" else "denied"
    open_still = _open_still(reviewed.request) if pressed != reviewed.verdict else ""
    return f"You {verb} request {reviewed.request.id} already. That stands{open_still or '; nothing was changed'}."


def _open_still(request: Request) -> str:
    if request.state == "pending":
        return ", but somebody else who may decide can still deny it"
    if request.state == "denied":
        return "; it can be asked for anew"
    if request.grant is not None and request.grant.state in LIVE:
        return ", but the access can be ended: press End access now on its card"
    return ""
