"""Keys of fixed numbers, and receipts that they sign. Nothing here is a secret: everybody has these keys."""

import base64
import json
from collections.abc import Mapping
from copy import deepcopy
from hashlib import sha256
from typing import Any, NamedTuple

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

ISSUER = "countersign:example"


class Case(NamedTuple):
    """A receipt with keys and the issuer to demand. An empty `code`: it holds, and these lines were shown."""

    name: str
    what: str
    receipt: str
    code: str = ""
    shown: list[list[str]] = []  # noqa: RUF012 - nobody changes it
    keys: Mapping[str, Any] = {}
    issuer: str | None = ISSUER


def base64url(octets: bytes) -> str:
    """Octets as a JWS has them."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


class Key:
    """A P-256 key that is made of a number."""

    def __init__(self, number: int) -> None:
        self._private = ec.derive_private_key(number, ec.SECP256R1())
        point = self._private.public_key().public_numbers()
        x, y = (base64url(value.to_bytes(32)) for value in (point.x, point.y))
        self.public = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        self.kid = base64url(sha256(rfc8785.dumps(self.public)).digest())

    def signature(self, said: str) -> bytes:
        """The two numbers of an ES256 signature (RFC 7518 section 3.4)."""
        r, s = decode_dss_signature(self.der(said))
        return r.to_bytes(32) + s.to_bytes(32)

    def der(self, said: str) -> bytes:
        """The same as OpenSSL writes it, which is none of a JWS."""
        return self._private.sign(said.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))

    def jwk(self, **changes: Any) -> dict[str, Any]:
        """The key as its issuer publishes it; None leaves a member out."""
        found = self.public | {"use": "sig", "alg": "ES256", "countersign_purpose": "receipts", "kid": self.kid}
        return {name: value for name, value in (found | changes).items() if value is not None}


KEY, OLDER, STRANGER = Key(0xC0FFEE), Key(0xBEEF), Key(0xBAD)


def key_set(*jwks: Mapping[str, Any]) -> dict[str, Any]:
    """A set of keys; without any named, the issuer's two."""
    return {"keys": list(jwks or (KEY.jwk(), OLDER.jwk()))}


def part(value: object) -> str:
    """A part of a JWS: of a text its octets, of anything else its JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return base64url(text.encode("utf-8", "surrogatepass"))


def signed(claims: object, *, key: Key = KEY, **header: Any) -> str:
    """Sign claims, or a text in their place."""
    said = f"{part({'alg': 'ES256', 'kid': key.kid} | header)}.{part(claims)}"
    return f"{said}.{base64url(key.signature(said))}"


def digest(terms: object) -> str:
    """The digest of terms."""
    return "sha256:" + sha256(rfc8785.dumps(terms)).hexdigest()  # type: ignore[arg-type]


def altered(claims: Mapping[str, Any], path: str, value: Any = None) -> dict[str, Any]:
    """Put something else in one place (`terms.person.acr`, `reviews.0.at`), or take out what stands there."""
    found = deepcopy(dict(claims))
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    inside: Any = found
    for step in way:
        inside = inside[step]
    if value is None:
        del inside[last]
    elif isinstance(inside, list) and last == len(inside):
        inside.append(value)
    else:
        inside[last] = value
    return found


def covered(claims: Mapping[str, Any], path: str, value: Any = None) -> dict[str, Any]:
    """The same with the digest of what it comes to, as an issuer would have signed it."""
    found = altered(claims, path, value)
    return found | {"dig": digest(found["terms"])}
