"""Socket Mode: Slack's requests come over a connection that the service opens; it needs no public address."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from approvals.backends import calls
from bot.socket_connection import SocketClient
from handlers.slack import patience
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.crowd import Crowd, Crowded, sender
from handlers.slack.failures import crowded
from handlers.slack.workspace import WrongInstallation

P = ParamSpec("P")
Done = TypeVar("Done")
_CONCURRENCY = 32
_log = logging.getLogger("countersign.slack")


class SocketMode:
    """One connection, which reconnects by itself once it was there."""

    def __init__(self, app: App, *, app_token: str, base_url: str) -> None:
        self._app = app
        self._crowd = Crowd()
        self._client = SocketClient(
            SlackApi(token=app_token, send=calls.send, base_url=base_url),
            app_token=app_token,
            # The client's own logger writes whole messages when something goes wrong, and with them tokens.
            logger=_quiet_logger(),
            concurrency=_CONCURRENCY,
        )
        self._client.socket_mode_request_listeners.append(self._answer)
        self._client.message_workers = _Workers(_CONCURRENCY)

    def connect(self) -> None:
        """Connect once. Raises `WrongInstallation`, or `Unavailable` when it is worth another try."""
        try:
            self._client.connect()
        except SlackRefused as error:
            raise WrongInstallation(f"SLACK_APP_TOKEN does not work: {error.code}") from error
        if not self._client.is_connected():
            # It says nothing of a connection that could not be opened, and tries again by itself.
            _log.warning("Slack gave an address for Socket Mode that cannot be reached yet")

    def _answer(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        arrived = time.time()
        send_response(client, request, self._answered(request), arrived)

    def _answered(self, request: SocketModeRequest) -> BoltResponse:
        person = sender(request.payload)
        try:
            self._crowd.enter(person)
        except Crowded:
            return crowded(request.payload)
        try:
            answer: BoltResponse = run_bolt_app(self._app, request)
            return answer
        finally:
            self._crowd.leave(person)

    def close(self) -> None:
        """Take no more clicks, answer those that were taken, and close the connection, if there is one."""
        self._client.closed = True
        self._client.message_workers.shutdown(wait=True)
        self._client.close()


class _Workers(ThreadPoolExecutor):
    """The client's threads. Whoever waits for one of them waits for Slack's three seconds, too."""

    def submit(self, fn: Callable[P, Done], /, *args: P.args, **kwargs: P.kwargs) -> Future[Done]:
        arrived = time.monotonic()

        def begun() -> Done:
            patience.begin(arrived)
            return fn(*args, **kwargs)

        return super().submit(begun)


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("countersign.slack.socket")
    logger.setLevel(logging.CRITICAL)
    return logger
