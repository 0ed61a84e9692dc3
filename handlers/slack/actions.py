"""The buttons of the cards. Refusals are raised; `failures` words them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from approvals.identities import Identity
from approvals.refusals.errors import Refused
from approvals.reviews import Verdict
from approvals.telling.cards import Card
from approvals.uses import Uses
from approvals.uses.confirming import Confirming
from approvals.uses.deciding import Deciding
from approvals.uses.ending import Ending
from approvals.uses.looking import Looking
from approvals.uses.votes import Press, Voted
from handlers.slack.answers import Ack
from handlers.slack.cards import confirmed
from handlers.slack.listeners import Listeners
from handlers.slack.markup import Block
from handlers.slack.modals import deny_form, details_view, end_form, remark_form, sign_form
from handlers.slack.payloads import Payload, read
from handlers.slack.responder import Responder
from handlers.wording.late import after


def register(listeners: Listeners, responder: Responder, uses: Uses) -> None:
    """Connect every button."""
    _register_votes(listeners, responder, uses.deciding)
    _register_others(listeners, responder, uses.ending, uses.looking)
    _register_confirmation(listeners, responder, uses.confirming)


class _Vote(msgspec.Struct, frozen=True):
    """A vote for which somebody pressed a button."""

    payload: Payload
    identity: Identity
    press: Press
    now: datetime


def _vote(responder: Responder, body: dict[str, Any], verdict: Verdict, *, several: bool = False) -> _Vote:
    payload, now = read(body), responder.clock()
    identity = responder.authentication.identify(payload, purpose="decide", now=now)
    return _Vote(payload, identity, Press(token=payload.pressed(), verdict=verdict, window=several), now)


def _register_votes(listeners: Listeners, responder: Responder, deciding: Deciding) -> None:
    """Connect `approve`, `several`, `remark`, `sign`, `sign_several`, `deny` and `take_back`."""

    @listeners.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        _cast(responder, deciding, ack, _vote(responder, body, "approve"))

    @listeners.action("several")
    def several(ack: Ack, body: dict[str, Any]) -> None:
        _cast(responder, deciding, ack, _vote(responder, body, "approve", several=True))

    @listeners.action("remark")
    def remark(ack: Ack, body: dict[str, Any]) -> None:
        _open(responder, deciding, _vote(responder, body, "approve"), remark_form)
        ack()

    @listeners.action("sign")
    def sign(ack: Ack, body: dict[str, Any]) -> None:
        vote = _vote(responder, body, "approve")
        _open(responder, deciding, vote, partial(sign_form, name=vote.identity.account.name))
        ack()

    @listeners.action("sign_several")
    def sign_several(ack: Ack, body: dict[str, Any]) -> None:
        vote = _vote(responder, body, "approve", several=True)
        _open(responder, deciding, vote, partial(sign_form, name=vote.identity.account.name, several=True))
        ack()

    @listeners.action("deny")
    def deny(ack: Ack, body: dict[str, Any]) -> None:
        _open(responder, deciding, _vote(responder, body, "deny"), deny_form)
        ack()

    @listeners.action("take_back")
    def take_back(ack: Ack, body: dict[str, Any]) -> None:
        _cast(responder, deciding, ack, _vote(responder, body, "take_back"))


def _cast(responder: Responder, deciding: Deciding, ack: Ack, vote: _Vote) -> None:
    reviewed = deciding.review(vote.identity, vote.press, now=vote.now)
    ack()
    if said := after(reviewed, pressed=vote.press.verdict):
        responder.whisper(vote.payload, said)


def _open(responder: Responder, deciding: Deciding, vote: _Vote, form: Callable[[Card], Block]) -> None:
    found = deciding.look(vote.identity, vote.press, now=vote.now)
    if isinstance(found, Voted):
        responder.whisper(vote.payload, after(found, pressed=vote.press.verdict))
    else:
        responder.open_form(vote.payload, form(found))


def _register_confirmation(listeners: Listeners, responder: Responder, confirming: Confirming) -> None:
    """Connect `confirm` and `confirm_several`."""

    def said(ack: Ack, body: dict[str, Any], *, several: bool) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        confirming.confirm(identity, confirmed(payload.pressed()), window=several, now=now)
        ack()

    @listeners.action("confirm")
    def confirm(ack: Ack, body: dict[str, Any]) -> None:
        said(ack, body, several=False)

    @listeners.action("confirm_several")
    def confirm_several(ack: Ack, body: dict[str, Any]) -> None:
        said(ack, body, several=True)


def _register_others(listeners: Listeners, responder: Responder, ending: Ending, looking: Looking) -> None:
    """Connect `page`, `withdraw`, `end` and `details`."""

    @listeners.action("page")
    def page(ack: Ack, _: dict[str, Any]) -> None:
        """It leads to the request's page, and Slack wants an answer all the same."""
        ack()

    @listeners.action("withdraw")
    def withdraw(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        ending.withdraw(identity, payload.pressed(), now=now)
        ack()

    @listeners.action("end")
    def end(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        try:
            ending.end(identity, payload.pressed(), now=now)
        except Refused as refusal:
            if refusal.code != "why":
                raise
            responder.open_form(payload, end_form(looking.shown(payload.pressed(), now=now)))
        ack()

    @listeners.action("details")
    def details(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        responder.authentication.require_member(payload)
        responder.open_form(payload, details_view(looking.shown(payload.pressed_there(), now=now)))
        ack()
