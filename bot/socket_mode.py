"""Socket Mode: Slack's requests come over a connection that the service opens; it needs no public address."""

import logging

from slack_bolt import App
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.errors import CountersignError

_CONCURRENCY = 32


class SocketModeError(CountersignError):
    """Slack did not open a connection; the text names why."""


def connect(app: App, *, app_token: str, base_url: str) -> SocketModeHandler:
    """Connect once; afterwards the client reconnects by itself. Raises `SocketModeError`."""
    handler = SocketModeHandler(
        app,
        app_token,
        # The client's own logger writes whole messages when something goes wrong, and with them tokens.
        logger=_quiet_logger(),
        web_client=WebClient(base_url=base_url),
        concurrency=_CONCURRENCY,
    )
    try:
        handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    except SlackApiError as error:
        raise SocketModeError(f"SLACK_APP_TOKEN does not work: {error.response.get('error')}") from error
    except (SlackClientError, OSError) as error:
        raise SocketModeError(f"Slack cannot be reached for Socket Mode: {type(error).__name__}") from error
    return handler


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("countersign.slack.socket")
    logger.setLevel(logging.CRITICAL)
    return logger
