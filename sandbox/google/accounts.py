"""Service accounts with their system-managed keys: what IAM Credentials signs with, and what Google publishes.

Source: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt.
"""

import json
import re
import secrets
import threading
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox.google.errors import GoogleError, invalid
from sandbox.google.issuer import number_of
from sandbox.jws import Jws, public_jwk, rs256_text

LONGEST = 12 * 3600
"""Seconds that a signed JWT may live at most."""

Key = tuple[str, rsa.RSAPrivateKey]


class Accounts:
    """The accounts and their keys, oldest first; the newest signs, all of them are published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, list[Key]] = {}

    def add(self, email: str) -> str:
        """Make an account, or give one its next key; return the key's id."""
        key = secrets.token_hex(20), rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with self._lock:
            self._keys.setdefault(email, []).append(key)
        return key[0]

    def drop(self, email: str, kid: str) -> None:
        """Stop publishing a key, as Google does some time after its successor signs."""
        with self._lock:
            self._keys[email] = [key for key in self._keys[email] if key[0] != kid]

    def published(self, email: str) -> dict[str, Any]:
        """Return the account's public keys as a JWK set (RFC 7517)."""
        with self._lock:
            return {"keys": [public_jwk(kid, key.public_key()) for kid, key in self._of(email)]}

    def named(self, name: str) -> str:
        """The address of the account of a resource name, or raise what Google answers."""
        email = _account(name)
        with self._lock:
            self._of(email)
        return email

    def has(self, email: str) -> bool:
        """Whether there is such an account."""
        with self._lock:
            return email in self._keys

    def signed(self, email: str, token: Jws) -> bool:
        """Whether one of the account's keys made a token, whoever held it."""
        with self._lock:
            held = list(self._keys.get(email, ()))
        return any(token.header.get("kid") in (kid, None) and token.is_by(key.public_key()) for kid, key in held)

    def key_file(self, email: str, *, token_url: str) -> dict[str, str]:
        """Give an account a key of its owner's, and return the file that Google hands out once."""
        self.add(email)
        with self._lock:
            held = self._keys[email]
            kid, key = held[-1]
            # Google's own keys go on signing for the account; this one is for its owner alone.
            self._keys[email] = [held[-1], *held[:-1]]
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {
            "type": "service_account",
            "project_id": email.partition("@")[2].partition(".")[0],
            "private_key_id": kid,
            "private_key": pem,
            "client_email": email,
            "client_id": number_of(email),
            "token_uri": token_url,
        }

    def sign(self, name: str, payload: str, *, now: float) -> dict[str, Any]:
        """Sign a claims set as signJwt does, or raise what it answers."""
        email = self.named(name)
        with self._lock:
            kid, key = self._of(email)[-1]
        _check_claims(payload, now=now)
        return {"keyId": kid, "signedJwt": rs256_text(key, kid=kid, payload=payload)}

    def _of(self, email: str) -> list[Key]:
        if email not in self._keys:
            raise GoogleError(404, f"Not found; Gaia id not found for email {email}")
        return self._keys[email]


def _account(name: str) -> str:
    match = re.fullmatch(r"projects/-/serviceAccounts/(.+)", name)
    if match is None:
        raise invalid("Invalid form of resource name: the project must be the wildcard '-'.", field="name")
    return match[1]


def _check_claims(payload: str, *, now: float) -> None:
    try:
        claims = json.loads(payload)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise invalid("The payload must be a serialized JSON object that contains a JWT claims set.")
    if "exp" not in claims:
        return
    expires = claims["exp"]
    if isinstance(expires, bool) or not isinstance(expires, int):
        raise invalid("The expiration time (exp) must be an integer timestamp.")
    if not now < expires <= now + LONGEST:
        raise invalid("The expiration time (exp) must be in the future and no more than 12 hours ahead.")
