"""Applications that call: their keys, and tokens as PyJWT makes them, for calls that are right or wrong."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from countersign_client.jwks import algorithm, public_jwk
from handlers.identity.application import Signed
from tests.support.builders import NOW

URL = "https://approvals.example.com"
"""What COUNTERSIGN_API_URL is set to."""

KEY = "0a1b2c3d-0000-4000-8000-000000000001"
BODY = b'{"action":"refund","parameters":{"amount":{"amount":"250.00","currency":"EUR"}}}'

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def body_hash(body: bytes) -> str:
    return encoded(hashlib.sha256(body).digest())


class App:
    """An application, or somebody who says that they are one."""

    def __init__(
        self,
        name: str = "payments",
        key: PrivateKey | None = None,
        *,
        kid: str = "k1",
        now: Callable[[], datetime] = lambda: NOW,
    ) -> None:
        self.name, self.kid, self._now = name, kid, now
        self.key = key if key is not None else ec.generate_private_key(ec.SECP256R1())
        self.algorithm = algorithm(self.key.public_key())

    @property
    def jwk(self) -> dict[str, str]:
        """What the policy lists."""
        return public_jwk(self.key.public_key()) | {"kid": self.kid}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token of `POST /v1/requests` says; a change to None leaves the claim out."""
        now = int(self._now().timestamp())
        good = {
            "iss": self.name,
            "aud": URL,
            "iat": now,
            "exp": now + 300,
            "jti": "jti-0000000000000001",
            "htm": "POST",
            "htu": f"{URL}/v1/requests",
            "bsh": body_hash(BODY),
            "ik": KEY,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def token(self, **changes: Any) -> str:
        """A good token, but for these changes."""
        return self.sign(self.claims(**changes))

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return self.sign_octets(json.dumps(claims).encode(), **header)

    def sign_octets(self, payload: bytes, **header: Any) -> str:
        """Sign a payload that need not be claims; a change to None leaves a member of the header out."""
        said = {"alg": self.algorithm, "kid": self.kid, "typ": "countersign-app+jwt", **header}
        return self.sign_raw(json.dumps({k: v for k, v in said.items() if v is not None}).encode(), payload)

    def sign_raw(self, header: bytes, payload: bytes) -> str:
        """Sign whatever it is, as PyJWT does, which checks none of it."""
        signed = f"{encoded(header)}.{encoded(payload)}"
        by: Any = jwt.get_algorithm_by_name(self.algorithm)
        return f"{signed}.{encoded(by.sign(signed.encode(), self.key))}"


def call(
    *tokens: str,
    method: str = "POST",
    target: str = "/v1/requests",
    body: bytes = BODY,
    key: str | None = KEY,
    more: tuple[tuple[bytes, bytes], ...] = (),
) -> Signed:
    """A call with these tokens as its credentials."""
    headers = [
        (b"host", b"elsewhere.example"),
        *((b"authorization", f"Bearer {each}".encode()) for each in tokens),
    ]
    headers += [(b"idempotency-key", key.encode())] if key is not None else []
    return Signed(method=method, target=target, headers=(*headers, *more), body=body)
