"""The connection of Socket Mode, set up under one deadline: Slack's own client counts a limit for each read."""

import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection, ConnectionState

from approvals.refusals.errors import Unavailable
from handlers.slack.client import RateLimited, SlackApi

ASK = 10.0
"""Seconds for `apps.connections.open`."""

OPEN = 10.0
"""Seconds to connect to the address that it gave, up to the end of the WebSocket handshake."""

PING = 10.0
"""Seconds between two looks whether the connection still answers."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


class SocketClient(SocketModeClient):
    """Slack's client, which asks by `api` and connects by `upgraded`."""

    def __init__(
        self,
        api: SlackApi,
        *,
        upgraded: Callable[..., Any],
        app_token: str,
        logger: logging.Logger,
        concurrency: int,
    ) -> None:
        super().__init__(app_token=app_token, logger=logger, concurrency=concurrency, ping_interval=PING)
        self._api = api
        self._upgraded = upgraded

    def issue_new_wss_url(self) -> str:
        """Ask for an address. Raises `SlackRefused` or `Unavailable`."""
        try:
            return str(self._api.form("apps.connections.open", timeout=ASK).get("url", ""))
        except RateLimited as error:
            # Whoever called tries again at once.
            time.sleep(min(error.retry_after, 60.0))
            raise

    def connect(self) -> None:
        """Connect to the address, and then let the connection before go."""
        before, its_state = self.current_session, self.current_session_state
        if self.wss_uri is None:
            self.wss_uri = self.issue_new_wss_url()
        session = _Session(
            self._upgraded,
            url=self.wss_uri,
            logger=self.logger,
            ping_interval=self.ping_interval,
            receive_buffer_size=self.receive_buffer_size,
            on_message_listener=self._on_message,
            on_error_listener=self._on_error,
            on_close_listener=self._on_close,
        )
        session.connect()
        its_state.terminated = True
        if before is not None:
            before.close()
        self.current_session, self.current_session_state = session, ConnectionState()  # type: ignore[no-untyped-call]
        self.auto_reconnect_enabled = self.default_auto_reconnect_enabled
        if not self.current_app_monitor_started:
            self.current_app_monitor_started = True
            self.current_app_monitor.start()


class _Session(Connection):
    def __init__(self, upgraded: Callable[..., Any], **given: Any) -> None:
        super().__init__(**given)
        self._upgraded = upgraded

    def connect(self) -> None:
        """Connect, or leave the session without a socket: the client sees that and asks for another address."""
        key = base64.b64encode(secrets.token_bytes(16))
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key.decode(),
            "Sec-WebSocket-Version": "13",
        }
        try:
            status, said, sock = self._upgraded(_http(self.url.strip()), timeout=OPEN, headers=headers)
        except Unavailable as error:
            self.logger.warning("no connection for Socket Mode: %s", error)
            return
        accepted = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
        if status != 101 or not hmac.compare_digest(said.get("sec-websocket-accept", ""), accepted):
            self.logger.warning("no connection for Socket Mode: HTTP %s", status)
            sock.close()
            return
        sock.settimeout(self.receive_timeout)
        self.sock = sock
        self.ping(f"{self.session_id}:{time.time()}")

    def disconnect(self) -> None:
        """Close it once. Several threads may find out at once that it is over; Slack's own closes it twice."""
        with self.sock_send_lock, self.sock_receive_lock:
            sock, self.sock = self.sock, None
            if sock is not None:
                sock.close()


def _http(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(scheme="https" if parts.scheme == "wss" else "http").geturl()
