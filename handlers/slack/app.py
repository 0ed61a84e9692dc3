"""The Bolt app: listeners registered, nothing checked twice. `front` (or Socket Mode) feeds it."""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from approvals.identities import Entrance
from approvals.uses import Uses
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
from handlers.slack.listeners import Listeners, Listening
from handlers.slack.responder import Responder
from handlers.slack.workspace import Workspace


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
) -> Listening:
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
    failed = failures.answering(responder)
    listeners = Listeners(failed)
    app = Listening(
        listeners,
        # Bolt sets the level of a logger of this name: it must not be the parent of ours.
        name="bolt",
        logger=_quiet_logger(),
        client=WebClient(token=None),
        authorize=_authorized,
        token_verification_enabled=False,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        ignoring_self_assistant_message_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        listener_executor=background,
    )
    app.error(failed)
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
    return app


def _authorized(**_: Any) -> AuthorizeResult:
    # Listeners call Slack through `SlackApi`; who may do what is decided by `Authentication` and the uses.
    return AuthorizeResult(enterprise_id=None, team_id=None)


def _quiet_logger() -> logging.Logger:
    # Below ERROR, Bolt logs bodies of requests that it does not like, and with them tokens and trigger ids.
    logger = logging.getLogger("countersign.slack.bolt")
    logger.setLevel(logging.ERROR)
    return logger
