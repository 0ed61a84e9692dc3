"""Public keys that verify receipts: the P-256 keys of a JWK set (RFC 7517) that are for receipts.

What a key is for stands in the member `countersign_purpose`, beside `use`, `alg` and `key_ops`. Sets that were
saved from 0.1.0 have no such member, and hold the keys of activation tokens as well: they verify, with a warning.
"""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec

from countersign_client.jws import base64url

MEMBERS = ("crv", "kty", "x", "y")
"""The public members of an elliptic curve key (RFC 7518 section 6.2.1)."""

OCTETS = 32

PURPOSE = "countersign_purpose"
"""The member of a JWK that says what the key is for: `receipts`, or something that is none."""

KIND = "receipt"
"""The claim `knd`, which tells receipts from every other token of the same issuer."""

CHECKPOINT = "checkpoint"
"""The same of checkpoints, which keys of receipts sign as well: both are kept for as long as anybody likes."""


class ReceiptKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key. `unfit` says why it verifies no receipt (empty: it may), `marked` that it is for receipts."""

    public: ec.EllipticCurvePublicKey
    unfit: str
    marked: bool


Keys = Mapping[str, ReceiptKey]
"""Public keys by their thumbprints."""


class KeySetError(Exception):
    """A JWK set cannot be used; the text says why."""


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The key's id: the SHA-256 thumbprint (RFC 7638) of an elliptic curve key, in base64url."""
    members = rfc8785.dumps({name: jwk[name] for name in MEMBERS})
    return base64url(sha256(members).digest())


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

    Raises `KeySetError` when none of them may verify a receipt, or one is broken.
    """
    keys: dict[str, ReceiptKey] = {}
    try:
        jwks = [jwk for jwk in json.loads(raw)["keys"] if (jwk["kty"], jwk.get("crv")) == ("EC", "P-256")]
        for jwk in jwks:
            kid, key = thumbprint(jwk), _receipt_key(jwk)
            # One that stands there twice is no more than the lesser of the two.
            keys[kid] = key if kid not in keys else _lesser(key, keys[kid])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeySetError(f"this is no set of public keys (JWK): {error}") from error
    if not keys:
        raise KeySetError("this set holds no P-256 key")
    if all(key.unfit for key in keys.values()):
        raise KeySetError("this set holds no key of receipts: save the issuer's /.well-known/jwks.json anew")
    return keys


def _receipt_key(jwk: Mapping[str, Any]) -> ReceiptKey:
    return ReceiptKey(public=public_key(jwk), unfit=_unfit(jwk), marked=PURPOSE in jwk)


def _unfit(jwk: Mapping[str, Any]) -> str:
    """What a key says of itself that keeps it from verifying receipts (RFC 7517 sections 4.2 to 4.4)."""
    if jwk.get(PURPOSE, "receipts") != "receipts":
        return f"it is for {jwk[PURPOSE]}, not for receipts"
    if jwk.get("use", "sig") != "sig":
        return f"it is not for signatures (use: {jwk['use']})"
    if jwk.get("alg", "ES256") != "ES256":
        return f"it is for {jwk['alg']}, not for ES256"
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return f"it may not verify (key_ops: {operations})"
    return ""


def _lesser(one: ReceiptKey, other: ReceiptKey) -> ReceiptKey:
    return ReceiptKey(public=one.public, unfit=one.unfit or other.unfit, marked=one.marked and other.marked)
