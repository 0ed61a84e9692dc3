"""Service accounts with their system-managed keys: what IAM Credentials signs with, and what Google publishes.

Source: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt.
"""

import base64
import json
import re
import secrets
import threading
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.google.errors import GoogleError, invalid

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
            return {"keys": [_public(kid, key) for kid, key in self._of(email)]}

    def sign(self, name: str, payload: str, *, now: float) -> dict[str, Any]:
        """Sign a claims set as signJwt does, or raise what it answers."""
        email = _account(name)
        with self._lock:
            kid, key = self._of(email)[-1]
        _check_claims(payload, now=now)
        header = json.dumps({"alg": "RS256", "kid": kid, "typ": "JWT"}, separators=(",", ":"))
        signed = f"{_base64url(header.encode())}.{_base64url(payload.encode())}"
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {"keyId": kid, "signedJwt": f"{signed}.{_base64url(signature)}"}

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


def _public(kid: str, key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kid": kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _base64url(numbers.e.to_bytes(3, "big")),
    }


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
