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
from handlers.slack import commands, failures
from handlers.slack.authentication import Authentication
from handlers.slack.client import SlackApi
from handlers.slack.listeners import Listeners
from handlers.slack.responder import Responder
from handlers.slack.workspace import Workspace

if TYPE_CHECKING:  # loaded with the first payload that nobody here listens for, or by Socket Mode
    from handlers.slack.bolt import Bolt


class SlackApp(msgspec.Struct, frozen=True):
    """Who listens for what, and Bolt for the rest."""

    table: Listeners
    bolt: "Later[Bolt]"


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What listeners are made of."""

    uses: Uses
    responder: Responder
    workspace: Workspace
    api: SlackApi
    clock: Callable[[], datetime]
    background: Executor
    command: str


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
    parts = Parts(
        uses=uses,
        responder=responder,
        workspace=workspace,
        api=api,
        clock=clock,
        background=background,
        command=command,
    )
    listeners = Listeners(failures.answering(responder), others=partial(_others, parts))
    commands.register(listeners, responder, uses, command=command)
    return SlackApp(table=listeners, bolt=Later(partial(_bolt, listeners, background)))


def _others(parts: Parts, listeners: Listeners) -> None:
    from handlers.slack import pressing  # noqa: PLC0415 - what no command needs, and much to load

    pressing.register(listeners, parts)


def _bolt(listeners: Listeners, background: Executor) -> "Bolt":
    from handlers.slack.bolt import Bolt  # noqa: PLC0415 - a tenth of a start, which hardly any payload needs

    return Bolt(listeners, background=background)
