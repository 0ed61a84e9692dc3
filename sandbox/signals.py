"""A transmitter of Shared Signals: publishes its keys, and pushes signed events (RFC 8417, RFC 8935).

Sources: https://openid.net/specs/openid-sharedsignals-framework-1_0.html,
https://openid.net/specs/openid-caep-1_0.html and https://openid.net/specs/openid-risc-1_0.html.
"""

import http.client
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.jws import public_jwk, rs256

SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
ACCOUNT_DISABLED = "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
VERIFICATION = "https://schemas.openid.net/secevent/ssf/event-type/verification"


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver answered: 202, or why not."""

    status: int
    body: str


class Transmitter:
    """Signs and pushes events to one audience."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        """`url` is where it is reached, and what its events say under `iss`."""
        self.url = url
        self.audience = "https://approvals.example.com/signals"
        self._clock = clock
        self._kid = secrets.token_hex(8)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        # Made when it is first used: it takes a while, and few use it.
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def jwks_uri(self) -> str:
        return f"{self.url}/jwks.json"

    def routes(self) -> list[BaseRoute]:
        """Routes below its address."""
        return [Route("/jwks.json", self._jwks), Route("/push", self._pushed, methods=["POST"])]

    async def _pushed(self, request: Request) -> Response:
        """Say that a person's session was revoked, to a receiver on this machine."""
        asked = await request.json()
        if urlsplit(asked["to"]).hostname not in ("localhost", "127.0.0.1"):
            return JSONResponse({"error": "only a receiver on this machine is told"}, status_code=400)
        token = self.mint(SESSION_REVOKED, email(asked["email"]))
        answer = await run_in_threadpool(self.push, asked["to"], token)
        return JSONResponse({"status": answer.status})

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [public_jwk(self._kid, self._key.public_key())]})

    def mint(self, event: str, subject: Mapping[str, Any], **changes: Any) -> str:
        """Sign one event about a subject (RFC 9493); a change to None leaves a claim out."""
        now = int(self._clock())
        claims = {
            "iss": self.url,
            "jti": secrets.token_hex(16),
            "iat": now,
            "aud": self.audience,
            "txn": secrets.token_hex(8),
            "sub_id": dict(subject),
            "events": {event: {"event_timestamp": now}},
        } | changes
        told = {name: value for name, value in claims.items() if value is not None}
        return rs256(self._key, kid=self._kid, claims=told, typ="secevent+jwt")

    def push(self, url: str, token: str) -> Pushed:
        """Deliver a SET. Raises `OSError` where nobody answers."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        headers = {"Content-Type": "application/secevent+jwt", "Accept": "application/json"}
        try:
            connection.request("POST", parts.path, body=token.encode(), headers=headers)
            response = connection.getresponse()
            return Pushed(status=response.status, body=response.read().decode())
        finally:
            connection.close()


def email(address: str) -> dict[str, str]:
    return {"format": "email", "email": address}
