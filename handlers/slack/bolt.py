"""Bolt, for what nobody here listens for, and for Socket Mode. It loads when one of them first needs it."""

import logging
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk import WebClient

from handlers.slack import rejections
from handlers.slack.answers import Answer, answer
from handlers.slack.listeners import Listeners


class Bolt(App):
    """Bolt's app, behind the table of listeners. What it finds nothing for either is `failed`'s to answer."""

    def __init__(self, listeners: Listeners, *, background: Executor) -> None:
        super().__init__(
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
        self._table = listeners

        # No method: Bolt takes `self` away from a list of names that all threads share.
        def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
            return self._failed(error, body)

        self.error(failed)

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        heard = self._table.answer(req.body)
        return super().dispatch(req) if heard is None else response(heard)

    def unheard(self, parsed: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        """Answer what nobody listens for. Raises `Rejected` where it is in a shape that Bolt cannot read."""
        answered = super().dispatch(_request(headers, parsed))
        return Answer(status=answered.status, body=answered.body, headers=answered.first_headers())

    def _failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            return response(_unhandled(body))
        return response(self._table.failed(error, body))


def response(said: Answer) -> BoltResponse:
    """An answer as Bolt has it."""
    return BoltResponse(status=said.status, body=said.body, headers=dict(said.headers))


def _unhandled(body: dict[str, Any]) -> Answer:
    # An event that nobody subscribed to needs no answer, but a 404 would make Slack repeat it.
    return answer(200 if body.get("type") in ("event_callback", "view_closed") else 404)


def _request(headers: Mapping[str, str], parsed: dict[str, Any]) -> BoltRequest:
    """Make Bolt's request of a body that is parsed already."""
    retry = {name: headers[name] for name in ("x-slack-retry-num", "x-slack-retry-reason") if name in headers}
    try:
        # In the other mode Bolt takes no body that is parsed.
        return BoltRequest(body=parsed, headers=dict(retry), mode="socket_mode")
    except (TypeError, AttributeError, ValueError, KeyError, IndexError) as error:
        raise rejections.garbage("a payload in a shape of its own") from error


def _authorized(**_: Any) -> AuthorizeResult:
    # Listeners call Slack through `SlackApi`; who may do what is decided by `Authentication` and the uses.
    return AuthorizeResult(enterprise_id=None, team_id=None)


def _quiet_logger() -> logging.Logger:
    # Below ERROR, Bolt logs bodies of requests that it does not like, and with them tokens and trigger ids.
    logger = logging.getLogger("countersign.slack.bolt")
    logger.setLevel(logging.ERROR)
    return logger
