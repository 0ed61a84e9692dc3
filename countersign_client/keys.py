"""Public keys that verify receipts: the P-256 keys of a JWK set (RFC 7517)."""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec

MEMBERS = ("crv", "kty", "x", "y")
"""The public members of an elliptic curve key (RFC 7518 section 6.2.1)."""

OCTETS = 32

Keys = Mapping[str, ec.EllipticCurvePublicKey]
"""Public keys by their thumbprints."""


class KeySetError(Exception):
    """A JWK set cannot be used; the text says why."""


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The key's id: the SHA-256 thumbprint (RFC 7638) of an elliptic curve key, in base64url."""
    members = rfc8785.dumps({name: jwk[name] for name in MEMBERS})
    return base64.urlsafe_b64encode(sha256(members).digest()).decode().rstrip("=")


def public_key(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    """Return the public key of a P-256 JWK. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
    return _point(jwk).public_key()


def private_key(jwk: Mapping[str, str]) -> ec.EllipticCurvePrivateKey:
    """Return the private key of a P-256 JWK. Raises as `public_key` does."""
    return ec.EllipticCurvePrivateNumbers(number(jwk["d"]), _point(jwk)).private_key()


def _point(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicNumbers:
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("not a P-256 key")
    return ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), ec.SECP256R1())


def number(text: str) -> int:
    """Read a number of a P-256 key: 32 octets in base64url (RFC 7518 section 6.2). Raises `ValueError`."""
    octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(octets) != OCTETS:
        raise ValueError("not a number of a P-256 key")
    return int.from_bytes(octets)


def read_keys(raw: bytes) -> Keys:
    """Read the P-256 keys of a JWK set, as `/.well-known/jwks.json` gives it; other kinds are passed over.

    Raises `KeySetError` when there is none, or one is broken.
    """
    try:
        jwks = [jwk for jwk in json.loads(raw)["keys"] if (jwk["kty"], jwk.get("crv")) == ("EC", "P-256")]
        keys = {thumbprint(jwk): public_key(jwk) for jwk in jwks}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeySetError(f"this is no set of public keys (JWK): {error}") from error
    if not keys:
        raise KeySetError("this set holds no P-256 key")
    return keys
