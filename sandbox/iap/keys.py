"""IAP's keys: P-256, the newest signs, and all of them are published until they are dropped."""

import secrets
import string
import threading
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.jws import base64url, es256

_LETTERS = string.ascii_letters + string.digits + "-_"


class Keys:
    """What signs the assertions. Google publishes it at `www.gstatic.com/iap/verify/public_key-jwk`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.rotate()

    def rotate(self) -> str:
        """Make the next key, which signs from now on, and return its id. The others stay published."""
        kid = "".join(secrets.choice(_LETTERS) for _ in range(6))
        with self._lock:
            self._held[kid] = ec.generate_private_key(ec.SECP256R1())
        return kid

    def drop_old(self) -> None:
        """Stop publishing every key but the one that signs."""
        with self._lock:
            newest = next(reversed(self._held))
            self._held = {newest: self._held[newest]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Sign as IAP does."""
        with self._lock:
            kid, key = next(reversed(self._held.items()))
        return es256(key, kid=kid, claims=claims)

    def forge(self, claims: Mapping[str, Any]) -> str:
        """Sign in the name of the published key, with another one."""
        with self._lock:
            kid = next(reversed(self._held))
        return es256(ec.generate_private_key(ec.SECP256R1()), kid=kid, claims=claims)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as a JWK set (RFC 7517)."""
        with self._lock:
            return {"keys": [_jwk(kid, key) for kid, key in self._held.items()]}

    def pems(self) -> dict[str, str]:
        """Return the public keys in the other form in which Google publishes them: PEM by id."""
        with self._lock:
            return {kid: _pem(key) for kid, key in self._held.items()}


def _jwk(kid: str, key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"alg": "ES256", "crv": "P-256", "kid": kid, "kty": "EC", "use": "sig", "x": x, "y": y}


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
