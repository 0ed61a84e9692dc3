"""Assertions as Identity-Aware Proxy makes them, by PyJWT with keys of our own, and the page of those keys."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from approvals.backends.calls import Response
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW

AUDIENCE = "/projects/123456789/locations/europe-west1/services/countersign-pages"
ISSUER = "https://cloud.google.com/iap"
HEADER = b"x-goog-iap-jwt-assertion"


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def headers(*assertions: str) -> list[tuple[bytes, bytes]]:
    """A request's headers with these assertions among them."""
    return [(b"host", b"pages"), *((HEADER, each.encode()) for each in assertions)]


class Proxy:
    """Signs for whoever is said to be signed in."""

    def __init__(self, kid: str = "k1", *, now: Callable[[], datetime] = lambda: NOW) -> None:
        self.kid = kid
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._now = now

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        x, y = (encoded(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid, "x": x, "y": y}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good assertion says; a change to None leaves the claim out."""
        now = int(self._now().timestamp())
        good = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now - 5,
            "exp": now + 595,
            "sub": "accounts.google.com:118133858486581853996",
            "email": "bob@example.com",
            "hd": "example.com",
            "google": {"access_levels": ["accessPolicies/1/accessLevels/managed"]},
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def mint(self, **changes: Any) -> str:
        """A good assertion, but for these changes."""
        return self.sign(self.claims(**changes))

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": self.kid, **header})

    def sign_octets(self, payload: bytes, **header: Any) -> str:
        """Sign a payload that need not be claims, under a header that says exactly this."""
        return jwt.PyJWS().encode(payload, self.key, algorithm="ES256", headers={"kid": self.kid, **header})


class KeyPage:
    """Where keys are published: answers what it is told to, and counts how often it was asked."""

    def __init__(self, *proxies: Proxy) -> None:
        self.body = json.dumps({"keys": [proxy.jwk for proxy in proxies]}).encode()
        self.status = 200
        self.down = False
        self.asked = 0

    def publish(self, *proxies: Proxy) -> None:
        self.body = json.dumps({"keys": [proxy.jwk for proxy in proxies]}).encode()

    def send(self, method: str, url: str, *, timeout: float, headers: Any = None) -> Response:
        self.asked += 1
        if self.down:
            raise Unavailable("nobody answers")
        return Response(self.status, {}, self.body)
