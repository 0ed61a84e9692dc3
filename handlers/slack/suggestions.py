"""The list of the request form: what this person may ask for, filtered by what they type, and what they choose."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from approvals.uses import Uses
from approvals.uses.offering import Found
from handlers.slack.answers import Ack
from handlers.slack.drafts import OPTION, OPTIONS, Draft, option, request_form
from handlers.slack.listeners import Listeners
from handlers.slack.markup import Block, plain_text
from handlers.slack.payloads import read
from handlers.slack.responder import Responder
from handlers.slack.zones import zone_for
from handlers.wording.reading.choosing import NONE_AND_PARTLY, PARTLY_IN_SHORT


def register(listeners: Listeners, responder: Responder, uses: Uses) -> None:
    """Connect the list `entitlement`, and the choice in it."""

    @listeners.options("entitlement")
    def entitlement(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        found = uses.offering.search(identity, payload.value or "", now=now)
        options, label = _first(found), PARTLY_IN_SHORT
        if found.partly and not options:
            # Slack shows no label without options, and of an empty list that there is nothing: nobody knows that.
            options, label = _first(uses.offering.search(identity, "", now=now)), NONE_AND_PARTLY
        if options and found.partly:
            ack(option_groups=[{"label": plain_text(label, most=OPTION), "options": options}])
        else:
            ack(options=options)

    @listeners.action("entitlement")
    def chosen(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        if payload.view is not None:
            responder.choices.note(payload.view.id, payload.moment())
        ack()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        found = uses.offering.one(identity, payload.chosen() or "", now=now)
        if found is not None and payload.view is not None:
            typed = Draft(
                entitlement=found,
                start=payload.view.field("start"),
                duration=payload.view.field("duration"),
                justification=payload.view.field("justification"),
                already=responder.already(identity, found.id, now=now),
                who=identity.principal,
            )
            zone = zone_for(identity, else_=uses.asking.timezone).key
            responder.redraw_form(payload.view, request_form(typed, zone=zone), moment=payload.moment())


def _first(found: Found) -> Sequence[Block]:
    return [option(each) for each in islice(found.entitlements, OPTIONS)]
