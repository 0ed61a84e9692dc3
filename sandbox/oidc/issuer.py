"""An issuer of tokens: what it publishes about itself, its keys, and what it signs.

Sources: OpenID Connect Core 1.0 section 2, Discovery 1.0 section 3; RFC 9068 for access tokens.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.jws import public_jwk, rs256
from sandbox.world import Person

LIFE = 3600
"""Seconds that a token lives."""

CLASSES = ("pwd", "mfa", "phr", "phrh")
"""How one can sign in, the weakest first; the last two are those of OpenID's EAP ACR Values 1.0."""

_AMR = {"pwd": ["pwd"], "mfa": ["pwd", "otp", "mfa"], "phr": ["fpt", "pop"], "phrh": ["hwk", "user"]}


class Issuer:
    """Signs ID tokens and access tokens, and publishes its keys."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self.url = url
        self.clock = clock
        self._kid = secrets.token_hex(8)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        # Made when it is first used: it takes a while, and few use it.
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def metadata(self) -> dict[str, Any]:
        """What stands at `/.well-known/openid-configuration`."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "groups"],
            "acr_values_supported": list(CLASSES),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "claims_parameter_supported": False,
        }

    def keys(self) -> dict[str, Any]:
        """What stands at the `jwks_uri`."""
        return {"keys": [public_jwk(self._kid, self._key.public_key())]}

    def sign(self, claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
        """Sign claims as they stand."""
        return rs256(self._key, kid=self._kid, claims=claims, typ=typ)

    def id_token(
        self,
        person: Person,
        *,
        client: str,
        acr: str = "pwd",
        age: float = 0,
        nonce: str = "",
        **claims: Any,
    ) -> str:
        """Sign who somebody is, for a client. They signed in by `acr`, `age` seconds ago."""
        return self.sign(
            self._common(person, acr=acr, age=age)
            | {"aud": client}
            | ({"nonce": nonce} if nonce else {})
            | {"email": person.email, "email_verified": person.email_confirmed, "name": person.real_name}
            | claims
        )

    def access_token(
        self, person: Person, *, client: str, resource: str, acr: str = "pwd", age: float = 0, **claims: Any
    ) -> str:
        """Sign what a client may show to a resource in somebody's name (RFC 9068)."""
        told = {
            "aud": resource,
            "client_id": client,
            "azp": client,
            "jti": secrets.token_hex(12),
            "scope": "openid",
        }
        return self.sign(self._common(person, acr=acr, age=age) | told | claims, typ="at+jwt")

    def _common(self, person: Person, *, acr: str, age: float) -> dict[str, Any]:
        now = int(self.clock())
        return {
            "iss": self.url,
            "sub": subject(person.email),
            "iat": now,
            "exp": now + LIFE,
            "auth_time": int(now - age),
            "acr": acr,
            "amr": _AMR.get(acr, ["pwd"]),
        }


def subject(email: str) -> str:
    """What the issuer calls somebody for good."""
    return f"u-{hashlib.sha256(email.encode()).hexdigest()[:20]}"
