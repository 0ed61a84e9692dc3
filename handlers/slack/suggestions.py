"""The type-ahead of the request form: what this person may ask for, filtered by what they type."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from slack_bolt import Ack, App

from approvals.policy.records import Entitlement
from handlers.slack.desk import Desk
from handlers.slack.modals import OPTIONS, option
from handlers.slack.payloads import read


def register(app: App, desk: Desk) -> None:
    """Connect the list `entitlement`."""

    @app.options("entitlement")
    def entitlement(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), desk.clock()
        identity = desk.callers.identify(payload, purpose="request", now=now)
        found = matching(desk.access.offered(identity, now=now), payload.value or "")
        ack(options=[option(each) for each in islice(found, OPTIONS)])


def matching(entitlements: Iterable[Entitlement], query: str) -> Iterable[Entitlement]:
    """Keep the entitlements in whose title, id, roles or resource every typed word occurs."""
    words = query.lower().split()
    for each in entitlements:
        text = " ".join((each.title, each.id, *each.roles, each.resource)).lower()
        if all(word in text for word in words):
            yield each
