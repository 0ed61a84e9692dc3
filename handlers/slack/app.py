"""The Slack app: listeners registered, nothing checked twice. `front` (or Socket Mode) feeds it."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.later import Later
from handlers.slack import (
    actions,
    commands,
    countering,
    drills,
    emergencies,
    extending,
    failures,
    shortcuts,
    submissions,
    suggestions,
)
from handlers.slack.authentication import Authentication
from handlers.slack.client import SlackApi
from handlers.slack.home import listening
from handlers.slack.home.gathering import Gatherer
from handlers.slack.home.publishing import Homes
from handlers.slack.listeners import Listeners
from handlers.slack.responder import Responder
from handlers.slack.workspace import Workspace

if TYPE_CHECKING:  # loaded with the first payload that nobody here listens for, or by Socket Mode
    from handlers.slack.bolt import Bolt


class SlackApp(msgspec.Struct, frozen=True):
    """Who listens for what, and Bolt for the rest."""

    table: Listeners
    bolt: "Later[Bolt]"


def build(
    *,
    uses: Uses,
    accounts: Entrance,
    workspace: Workspace,
    api: SlackApi,
    clock: Callable[[], datetime],
    background: Executor,
    command: str = "/jit",
    pages_url: str = "",
) -> SlackApp:
    """Make the app. `background` whispers refusals, and `pages_url` is where the pages are.

    Signatures are checked before: by `Front` on the raw bytes, or by Slack's own connection in Socket Mode.
    """
    authentication = Authentication(accounts, workspace)
    responder = Responder(
        looking=uses.looking,
        authentication=authentication,
        workspace=workspace,
        api=api,
        clock=clock,
        background=background,
        pages_url=pages_url,
    )
    listeners = Listeners(failures.answering(responder))
    commands.register(listeners, responder, uses, command=command)
    actions.register(listeners, responder, uses)
    submissions.register(listeners, responder, uses)
    countering.register(listeners, responder, uses.countering)
    drills.register(listeners, responder, uses.drilling)
    emergencies.register(listeners, responder, uses)
    extending.register(listeners, responder, uses.asking)
    suggestions.register(listeners, responder, uses)
    shortcuts.register(listeners, responder, uses, workspace, command=command)
    homes = Homes(Gatherer(uses, responder, command=command), api, clock=clock, background=background)
    listening.register(listeners, responder, uses, homes, command=command)
    return SlackApp(table=listeners, bolt=Later(partial(_bolt, listeners, background)))


def _bolt(listeners: Listeners, background: Executor) -> "Bolt":
    from handlers.slack.bolt import Bolt  # noqa: PLC0415 - a tenth of a start, which hardly any payload needs

    return Bolt(listeners, background=background)
