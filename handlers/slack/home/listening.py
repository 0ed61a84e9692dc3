"""What is pressed in the Home tab itself. The buttons of requests there are those of their cards."""

from typing import Any
from zoneinfo import ZoneInfo

from approvals.refusals.errors import Refused
from approvals.uses import Uses
from handlers.slack import orders
from handlers.slack.answers import Ack
from handlers.slack.home.drawing import search_form
from handlers.slack.home.places import Place, older, place_of, typed, wanted
from handlers.slack.home.publishing import Homes
from handlers.slack.invocations import Invocation
from handlers.slack.listeners import Listeners
from handlers.slack.modals import details_view
from handlers.slack.payloads import Malformed, opened, read
from handlers.slack.responder import Responder
from handlers.wording.reading.commands import Form
from handlers.wording.refusing.refusals import Said, told


def register(listeners: Listeners, responder: Responder, uses: Uses, homes: Homes, *, command: str) -> None:
    """Connect the event, the tab's own buttons, and the form of its search."""
    listeners.followed_by(homes.after)
    _register_turning(listeners, responder, uses, homes)

    @listeners.event("app_home_opened")
    def came(ack: Ack, body: dict[str, Any]) -> None:
        payload = opened(body)
        ack()
        if payload is not None:
            homes.show(payload, Place())

    @listeners.action("home_refresh")
    def refresh(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        ack()
        homes.show(payload, place_of(payload.view))

    @listeners.action("home_ask")
    def ask(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        asked = Invocation(
            responder=responder, uses=uses, payload=payload, identity=identity, now=now, command=command
        )
        orders.form(asked, Form())
        ack()

    @listeners.action("home_details")
    def details(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        faced = uses.facing.face(identity, payload.pressed(), now=now, token=False)
        responder.open_form(payload, details_view(faced.card))
        ack()


def _register_turning(listeners: Listeners, responder: Responder, uses: Uses, homes: Homes) -> None:
    """Connect what leads through the history."""

    @listeners.action("home_newest")
    def newest(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        homes.show(read(body), Place())

    @listeners.action("home_older")
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        ack()
        homes.show(payload, older(place_of(payload.view), payload.pressed()))

    @listeners.action("home_search")
    def search(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        responder.open_form(payload, search_form(place_of(payload.view)))
        ack()

    @listeners.view("home_search")
    def searched(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        if payload.view is None:
            raise Malformed("a submission without its form")
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        place = typed(payload.view)
        try:
            uses.history.look(identity, wanted(place, ZoneInfo(uses.standing_in.timezone)), most=1, now=now)
        except Refused as refusal:
            raise Said("who", told(refusal)) from refusal
        ack()
        homes.show(payload, place)
