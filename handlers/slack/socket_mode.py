"""Socket Mode: Slack's requests come over a connection that the service opens; it needs no public address."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from approvals.refusals.errors import Unavailable
from handlers.channel import Equipment
from handlers.slack import deadline, rejections
from handlers.slack.app import SlackApp
from handlers.slack.bodies import Garbage
from handlers.slack.bolt import response
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.crowd import Crowd, Crowded, sender
from handlers.slack.failures import crowded
from handlers.slack.kinds import Unknown, require_known
from handlers.slack.pace import Pace
from handlers.slack.pulse import Pulse
from handlers.slack.socket_connection import PING, SocketClient
from handlers.slack.workspace import WrongInstallation
from handlers.wording.errors import error_id

P = ParamSpec("P")
Done = TypeVar("Done")
_CONCURRENCY = 32
_KINDS = frozenset({"events_api", "interactive", "slash_commands"})
_log = logging.getLogger("countersign.slack")


class SocketMode:
    """One connection, which reconnects by itself once it was there. `pulse` is told whether it is there.

    Each envelope has a thread already, so `pace` puts nothing off.
    """

    def __init__(
        self, app: SlackApp, *, app_token: str, base_url: str, equipment: Equipment, pace: Pace, pulse: Pulse
    ) -> None:
        self._bolt = app.bolt()
        self._pace = pace
        self._crowd = Crowd()
        self._seldom, self._watch = equipment.seldom, equipment.watch
        api = SlackApi(token=app_token, send=equipment.send, base_url=base_url)
        self._client = _Client(api, app_token=app_token, equipment=equipment, pulse=pulse)
        self._client.socket_mode_request_listeners.append(self._answer)
        self._client.message_workers = _Workers(_CONCURRENCY)

    def connect(self) -> None:
        """Connect once. Raises `WrongInstallation`, or `Unavailable` when it is worth another try."""
        try:
            self._client.connect()
        except SlackRefused as error:
            raise WrongInstallation(f"SLACK_APP_TOKEN does not work: {error.code}") from error

    def _answer(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Answer one envelope. What is not answered Slack shows as failed."""
        over, failed = self._watch(request.type if request.type in _KINDS else "other"), ""
        arrived = time.time()
        try:
            require_known(request.payload)
            answer = self._answered(request)
        except Garbage as error:
            failed = type(error).__name__
            rejections.garbage(str(error)).say(self._seldom)
        except Unknown as error:
            failed = type(error).__name__
            rejections.unknown(str(error)).say(self._seldom)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client would keep it to itself
            failed = type(error).__name__
            _log.exception("%s: unexpected", error_id())
        else:
            send_response(client, request, answer, arrived)
        finally:
            over(failed)

    def _answered(self, request: SocketModeRequest) -> BoltResponse:
        person = sender(request.payload)
        try:
            self._pace.delay(request.payload)
            self._crowd.enter(person)
        except Crowded:
            return response(crowded(request.payload))
        try:
            answer: BoltResponse = run_bolt_app(self._bolt, request)
            return answer
        finally:
            self._crowd.leave(person)

    def close(self) -> None:
        """Take no more clicks, answer those that were taken, and close the connection, if there is one."""
        self._client.closed = True
        self._client.message_workers.shutdown(wait=True)
        self._client.close()


class _Client(SocketClient):
    """Slack's client, which tells of the connection that it does not get."""

    def __init__(self, api: SlackApi, *, app_token: str, equipment: Equipment, pulse: Pulse) -> None:
        # The client's own logger writes whole messages when something goes wrong, and with them tokens.
        logger = _quiet_logger()
        super().__init__(
            api, upgraded=equipment.upgraded, app_token=app_token, logger=logger, concurrency=_CONCURRENCY
        )
        self._pulse = pulse
        self._seldom = equipment.seldom

    def issue_new_wss_url(self) -> str:
        """Ask for an address. Raises `SlackRefused` or `Unavailable`."""
        try:
            return super().issue_new_wss_url()
        except SlackRefused as error:
            self._pulse.refused(error.code)
            raise
        except Unavailable as error:
            self._unheard(str(error))
            raise

    def connect(self) -> None:
        super().connect()
        if self.is_connected():
            self._pulse.answered()
        else:
            self._unheard("the address that Slack gave cannot be reached")

    def _unheard(self, why: str) -> None:
        self._pulse.unanswered()
        self._seldom.warn(
            "socket", f"no click arrives without Socket Mode: {why}. It is tried again every {PING:g} s"
        )


class _Workers(ThreadPoolExecutor):
    """The client's threads. Whoever waits for one of them waits for Slack's three seconds, too."""

    def submit(self, fn: Callable[P, Done], /, *args: P.args, **kwargs: P.kwargs) -> Future[Done]:
        arrived = time.monotonic()

        def begun() -> Done:
            deadline.begin(arrived)
            return fn(*args, **kwargs)

        return super().submit(begun)


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("countersign.slack.socket")
    logger.setLevel(logging.CRITICAL)
    return logger
