"""Messages to applications, signed as Standard Webhooks 1.0.0 has it, by the one fetcher.

`v1a` is Ed25519 by the service's own key for webhooks, `v1` HMAC-SHA256 by a secret that the policy names.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from approvals.backends.fetching import PATIENCE_OF_WEBHOOKS
from approvals.backends.signers.keyset import KeysError
from approvals.policy.parties import Application
from approvals.ports.receivers import Answer
from approvals.refusals.errors import Unavailable
from countersign_client.aside import Aside

GRACE = 2.0
"""Seconds that are left to an answer once the service ends. What is left alone then is sent again."""

_PREFIX = "whsec_"
_LEAST, _MOST = 24, 64
_READING = 2.0
_LATEST = "/versions/latest"


class Stamps(Protocol):
    def stamp(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message. Raises `KeysError` or `Unavailable`."""


class Webhooks:
    """Implements `Receivers`. `fetch` is the one fetcher, `secret` reads a version of a secret."""

    def __init__(self, *, stamps: Stamps | None, fetch: Callable[..., Any], secret: Callable[..., bytes]) -> None:
        self._stamps = stamps
        self._fetch = fetch
        self._secret = secret
        self._calls: Aside[Any] = Aside("webhook-call")
        self._ended: Future[None] = Future()

    def post(self, application: Application, message_id: str, body: bytes, *, now: datetime) -> Answer:
        """Send a message once.

        Raises `Unavailable` where it cannot be signed, or no whole answer came in time, or before the end.
        """
        sent = str(int(now.timestamp()))
        signatures = self._signatures(application, f"{message_id}.{sent}.".encode() + body)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": sent,
            "webhook-signature": " ".join(signatures),
        }
        port = urlsplit(application.webhook).port
        call = partial(
            self._fetch,
            "POST",
            application.webhook,
            headers=headers,
            body=body,
            timeout=PATIENCE_OF_WEBHOOKS,
            ports=(port,) if port else (),
        )
        answer = self._awaited((application.webhook, message_id, sent), call)
        return Answer(status=answer.status, retry_after=answer.headers.get("retry-after", ""))

    def end(self) -> None:
        """Wait no longer for whoever takes their time. Never blocks and never raises."""
        if not self._ended.done():
            self._ended.set_result(None)

    def _awaited(self, key: Hashable, call: Callable[[], Any]) -> Any:
        """What a receiver answers. The call itself has a thread that keeps no process from ending."""
        try:
            begun = self._calls.begun(key, call)
            wait((begun, self._ended), return_when=FIRST_COMPLETED)
            return begun.result(GRACE if self._ended.done() else None)
        except TimeoutError as error:
            raise Unavailable("the service ended before an answer came") from error
        except OSError as error:
            raise Unavailable(str(error)) from error

    def _signatures(self, application: Application, signed: bytes) -> Iterator[str]:
        if self._stamps is None:
            raise Unavailable("COUNTERSIGN_WEBHOOK_SIGNER is not set, so nothing signs webhooks")
        try:
            yield f"v1a,{base64.b64encode(self._stamps.stamp(signed)).decode()}"
        except KeysError as error:
            raise Unavailable(str(error)) from error
        if application.webhook_secret:
            key = self._shared(application.webhook_secret)
            yield f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"

    def _shared(self, reference: str) -> bytes:
        """The secret that a policy names, as its receivers have it. What it is stands in no sentence."""
        name = reference.partition(":")[2]
        held = self._secret(name if "/versions/" in name else name + _LATEST, timeout=_READING)
        try:
            text = held.decode().strip()
            found = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            found = b""
            text = ""
        if not text.startswith(_PREFIX) or not _LEAST <= len(found) <= _MOST:
            raise Unavailable(
                f"{reference} holds no secret for webhooks: {_PREFIX} and base64 of {_LEAST} to {_MOST} octets"
            )
        return found
