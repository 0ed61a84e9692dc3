"""Socket Mode: Slack's requests come over a connection that the service opens; it needs no public address."""

import logging
import time
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.errors import Unavailable
from handlers.slack import patience
from handlers.slack.client import SlackRefused, refusal
from handlers.slack.workspace import WrongInstallation

_CONCURRENCY = 32


class SocketMode:
    """One connection, which reconnects by itself once it was there."""

    def __init__(self, app: App, *, app_token: str, base_url: str) -> None:
        self._handler = _Handler(
            app,
            app_token,
            # The client's own logger writes whole messages when something goes wrong, and with them tokens.
            logger=_quiet_logger(),
            web_client=WebClient(base_url=base_url),
            concurrency=_CONCURRENCY,
        )

    def connect(self) -> None:
        """Connect once. Raises `WrongInstallation`, or `Unavailable` when it is worth another try."""
        try:
            self._handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        except SlackApiError as error:
            said = refusal("apps.connections.open", error)
            if isinstance(said, SlackRefused):
                raise WrongInstallation(f"SLACK_APP_TOKEN does not work: {said.code}") from error
            raise said from error
        except (SlackClientError, OSError) as error:
            raise Unavailable(f"Slack cannot be reached for Socket Mode: {type(error).__name__}") from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._handler.close()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped


class _Handler(SocketModeHandler):
    def handle(self, client: Any, req: Any) -> None:
        patience.begin(time.monotonic())
        super().handle(client, req)


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("countersign.slack.socket")
    logger.setLevel(logging.CRITICAL)
    return logger
