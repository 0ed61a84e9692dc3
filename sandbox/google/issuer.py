"""Google as an OpenID provider: its ID tokens, and what they say of people and of service accounts.

Source: https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload.
"""

import hashlib
import secrets
from collections.abc import Callable
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.jws import Jws, public_jwk, rs256

NAMES = ("https://accounts.google.com", "accounts.google.com")
"""Both are Google's, by the page above."""

LIFE = 3600
"""Seconds that an ID token lives."""


class Issuer:
    """Signs ID tokens. The keys are published at `https://www.googleapis.com/oauth2/v3/certs`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kid = secrets.token_hex(20)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        # Made when it is first used: it takes a while, and few use it.
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, *, audience: str, azp: str, sub: str, **claims: Any) -> str:
        """Sign who somebody is, for an audience; `azp` is the client, or the service account, that asked."""
        now = int(self._clock())
        told = {"iss": NAMES[0], "aud": audience, "azp": azp, "sub": sub, "iat": now, "exp": now + LIFE}
        return rs256(self._key, kid=self._kid, claims=told | claims)

    def of_service_account(self, email: str, *, audience: str, with_email: bool) -> str:
        """Sign who a service account is. Its address is told on demand only."""
        told = {"email": email, "email_verified": True} if with_email else {}
        number = number_of(email)
        return self.token(audience=audience, azp=email if with_email else number, sub=number, **told)

    def signed(self, token: Jws) -> bool:
        """Whether a token is one of these."""
        return token.header.get("kid") == self._kid and token.is_by(self._key.public_key())

    def certs(self) -> dict[str, Any]:
        """The public keys as a JWK set (RFC 7517)."""
        return {"keys": [public_jwk(self._kid, self._key.public_key())]}


def number_of(email: str) -> str:
    """A service account's unique id: 21 digits."""
    return f"1{int(hashlib.sha256(email.encode()).hexdigest(), 16):080d}"[:21]
