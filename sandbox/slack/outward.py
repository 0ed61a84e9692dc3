"""What the workspace sends to the app: signed HTTP requests, or envelopes over Socket Mode; never twice."""

import hashlib
import hmac
import http.client
import json
import socket
from collections.abc import Callable
from typing import Literal, Protocol
from urllib.parse import urlencode, urlsplit

import msgspec

from sandbox.slack.records import Json

ANSWER_SECONDS = 3.0
FORM = "application/x-www-form-urlencoded"

Kind = Literal["slash_commands", "interactive", "events_api"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The app's acknowledgement, or in `error` why there is none that counts."""

    status: int = 0
    body: str = ""
    error: str = ""

    def json(self) -> object:
        """The decoded body, or `None` when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Sockets(Protocol):
    """Socket Mode connections of the app."""

    def connected(self) -> bool:
        """Whether the app listens."""

    def send(self, kind: Kind, payload: Json, *, seconds: float) -> Json | None:
        """Send one envelope and return the acknowledgement's payload. Raises `TimeoutError`."""


class Outward:
    """Sends one interaction at a time of any person to the app, and waits at most three seconds."""

    def __init__(self, *, signing_secret: str, clock: Callable[[], float], sockets: Sockets) -> None:
        self.bot_url = ""
        self.signing_secret = signing_secret
        self.clock = clock
        self.sockets = sockets

    def signed(self, body: bytes, *, content_type: str = FORM) -> dict[str, str]:
        """The headers of a genuine request (docs.slack.dev, Verifying requests from Slack)."""
        stamp = str(int(self.clock()))
        base = b"v0:" + stamp.encode() + b":" + body
        digest = hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
        }

    def check_certificate(self) -> Answer:
        """See whether the app's certificate is good, as Slack does now and then: without a signature."""
        return self.post(b"ssl_check=1&token=gIkuvaNzQIHg97ATvDxqgjtO", headers={"Content-Type": FORM})

    def reachable(self) -> bool:
        """Whether anything listens where the app should; nothing is sent."""
        url = urlsplit(self.bot_url)
        if self.sockets.connected() or not url.hostname:
            return self.sockets.connected()
        try:
            socket.create_connection((url.hostname, url.port or 80), timeout=1).close()
        except OSError:
            return False
        return True

    def deliver(self, kind: Kind, payload: Json) -> Answer:
        """Send a payload the way that the app listens."""
        if self.sockets.connected():
            return self._over_socket(kind, payload)
        if kind == "events_api":
            return self.post(json.dumps(payload).encode(), content_type="application/json")
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return self.post(urlencode(form).encode())

    def post(self, body: bytes, *, content_type: str = FORM, headers: dict[str, str] | None = None) -> Answer:
        """Send raw bytes to the app, signed unless `headers` are given: what a forger or a replay would send."""
        url = urlsplit(self.bot_url)
        if not url.hostname:
            return Answer(error="dispatch_failed")
        connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=ANSWER_SECONDS)
        try:
            heads = self.signed(body, content_type=content_type) if headers is None else headers
            connection.request("POST", url.path or "/", body=body, headers=heads)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except TimeoutError:
            return Answer(error="operation_timeout")
        except (OSError, http.client.HTTPException):
            return Answer(error="dispatch_failed")
        finally:
            connection.close()
        failed = response.status < 200 or response.status >= 300
        return Answer(status=response.status, body=text, error="dispatch_failed" if failed else "")

    def _over_socket(self, kind: Kind, payload: Json) -> Answer:
        try:
            held = self.sockets.send(kind, payload, seconds=ANSWER_SECONDS)
        except TimeoutError:
            return Answer(error="operation_timeout")
        return Answer(status=200, body=json.dumps(held) if held else "")
