"""The forms, sent. Every check of the button that opened a form runs again here."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from approvals.identities import Identity
from approvals.policy.evaluate import Ask
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import TYPED_LENGTH, says_something
from approvals.uses import Uses
from approvals.uses.asking import Asking
from approvals.uses.votes import Press
from handlers.slack.answers import Ack
from handlers.slack.emergencies import glass_form
from handlers.slack.listeners import Listeners
from handlers.slack.modals import notice_view
from handlers.slack.payloads import Malformed, Payload, View, read
from handlers.slack.responder import Responder
from handlers.slack.zones import zone_for
from handlers.wording.already import not_replaced
from handlers.wording.late import after
from handlers.wording.reading.starts import period
from handlers.wording.refusing.fields import ENDING, MEANING, PRINTED_NAME, REASON, too_long
from handlers.wording.refusing.refusals import Said

Voting = Callable[[Ack, dict[str, Any], Press], None]


def register(listeners: Listeners, responder: Responder, uses: Uses) -> None:
    """Connect the forms `request`, `remark`, `sign`, `sign_several`, `deny` and `end`."""
    review = _voting(responder, uses)

    @listeners.view("request")
    def request(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        form = _form(payload)
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        ask, key = _ask(uses.asking, identity, form, now=now), f"view:{form.id}"
        if (chosen := uses.asking.declared(identity, ask, now=now)) is not None:
            ack(response_action="push", view=glass_form(chosen, ask))
            return
        older = form.replaces()
        if not older:
            uses.asking.file(identity, ask, key=key, now=now)
            ack()
            return
        said = not_replaced(uses.asking.replace(identity, ask, older=older, key=key, now=now))
        ack(response_action="update", view=notice_view(said)) if said else ack()

    @listeners.view("remark")
    def remark(ack: Ack, body: dict[str, Any]) -> None:
        form = _form(read(body))
        typed = _filled(form, "comment")
        review(ack, body, Press(token=form.private_metadata, verdict="approve", window=False, **typed))

    @listeners.view("deny")
    def deny(ack: Ack, body: dict[str, Any]) -> None:
        form = _form(read(body))
        typed = _filled(form, reason=REASON)
        review(ack, body, Press(token=form.private_metadata, verdict="deny", comment=typed["reason"]))

    @listeners.view("end")
    def end(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        form = _form(payload)
        typed = _filled(form, reason=ENDING)
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        uses.ending.end(identity, form.private_metadata, why=typed["reason"], now=now)
        ack()

    _register_signing(listeners, review)


def _voting(responder: Responder, uses: Uses) -> Voting:
    """What takes a vote that a form has brought."""

    def review(ack: Ack, body: dict[str, Any], press: Press) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="decide", now=now)
        reviewed = uses.deciding.review(identity, press, now=now)
        said = after(reviewed, pressed=press.verdict)
        ack(response_action="update", view=notice_view(said)) if said else ack()

    return review


def _register_signing(listeners: Listeners, review: Voting) -> None:
    """Connect `sign` and `sign_several`."""

    @listeners.view("sign")
    def sign(ack: Ack, body: dict[str, Any]) -> None:
        _signed(ack, body, several=False)

    @listeners.view("sign_several")
    def sign_several(ack: Ack, body: dict[str, Any]) -> None:
        _signed(ack, body, several=True)

    def _signed(ack: Ack, body: dict[str, Any], *, several: bool) -> None:
        form = _form(read(body))
        typed = _filled(form, "comment", printed_name=PRINTED_NAME, meaning=MEANING)
        press = Press(token=form.private_metadata, verdict="approve", window=several, **typed)
        review(ack, body, press)


def _form(payload: Payload) -> View:
    if payload.view is None or not payload.view.id:
        raise Malformed("a submission without its form")
    return payload.view


def _ask(asking: Asking, identity: Identity, form: View, *, now: datetime) -> Ask:
    """Read what the form asks for. Raises `Refused` with everything that is wrong, also by the policy."""
    wrong: list[Refused] = []
    zone = zone_for(identity, else_=asking.timezone)
    found = period(start=form.field("start"), lasts=form.field("duration"), zone=zone, now=now)
    wrong += found.wrong
    try:
        needed = _filled(form, entitlement="Choose what you need.", justification="Say why you need it.")
    except Refused as refusal:
        wrong += refusal.all
        needed = {name: form.field(name) for name in ("entitlement", "justification")}
    ask = Ask(
        entitlement=needed["entitlement"],
        duration=found.duration,
        start=found.start,
        justification=needed["justification"],
    )
    if wrong and ask.entitlement:
        with suppress(Unavailable):
            wrong += _against(asking, identity, ask, now=now)
    _raise(wrong)
    return ask


def _against(asking: Asking, identity: Identity, ask: Ask, *, now: datetime) -> Sequence[Refused]:
    try:
        asking.check(identity, ask, now=now)
    except Refused as refusal:
        return refusal.all
    return ()


def _filled(form: View, *optional: str, **otherwise: str) -> dict[str, str]:
    """What stands in fields of a form. Raises `Refused` with what is to be said of each that must be filled in."""
    found = {name: form.field(name).strip() for name in (*otherwise, *optional)}
    wrong = [Said(name, said) for name, said in otherwise.items() if not says_something(found[name])]
    long = too_long(TYPED_LENGTH)
    _raise([*wrong, *(Said(name, long) for name, text in found.items() if len(text) > TYPED_LENGTH)])
    return found


def _raise(refused: Sequence[Refused]) -> None:
    if refused:
        raise refused[0].besides(refused[1:])
