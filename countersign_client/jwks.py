"""Public keys as JWKs (RFC 7517) that verify what others sign: P-256, Ed25519 (RFC 8037) and RSA keys.

A key's kind says its one algorithm: ES256, EdDSA, RS256. What a token names beside it decides nothing.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from countersign_client.jws import PublicKey, base64url, octets

SMALLEST, LARGEST = 2048, 8192
"""Bits of an RSA key: one that is smaller may be broken, and one that is larger costs whoever verifies by it."""

_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_NO_KIND = "it is no P-256, Ed25519 or RSA key"
_P256 = 32
_LEAST_EXPONENT = 65537
_MOST_EXPONENT_BITS = 256


def verifying(jwk: Mapping[str, Any]) -> PublicKey:
    """The key of a JWK that says nothing against verifying. Raises `ValueError` that says what is wrong."""
    for name in _PRIVATE:
        if name in jwk:
            raise ValueError(
                f"it holds a secret (the member {name}): give only the public key, and replace the key"
            )
    if jwk.get("use", "sig") != "sig":
        raise ValueError("it is not for signatures (use)")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise ValueError("it may not verify (key_ops)")
    key = _read(jwk)
    if jwk.get("alg", algorithm(key)) != algorithm(key):
        raise ValueError(f"a key of this kind verifies {algorithm(key)} and nothing else (alg)")
    return key


def algorithm(key: PublicKey) -> str:
    """The one algorithm that a key verifies (RFC 7518 section 3.1, RFC 8037 section 3.1)."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ES256"
    return "RS256" if isinstance(key, rsa.RSAPublicKey) else "EdDSA"


def public_jwk(key: object) -> dict[str, str]:
    """The public members of a key alone. Raises `ValueError` for one that `verifying` does not read."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        numbers = key.public_numbers()
        x, y = (base64url(each.to_bytes(_P256)) for each in (numbers.x, numbers.y))
        found = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    elif isinstance(key, rsa.RSAPublicKey):
        modulus = key.public_numbers()
        found = {"kty": "RSA", "n": _numberbase64url(modulus.n), "e": _numberbase64url(modulus.e)}
    elif isinstance(key, ed25519.Ed25519PublicKey):
        found = {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_bytes_raw())}
    else:
        raise ValueError(_NO_KIND)  # noqa: TRY004 - as for a JWK of another kind
    _read(found)
    return found


def key_id(key: PublicKey) -> str:
    """A key's thumbprint (RFC 7638), which is its id where its JWK names none."""
    return base64url(hashlib.sha256(rfc8785.dumps(public_jwk(key))).digest())


def _read(jwk: Mapping[str, Any]) -> PublicKey:
    kind = (jwk.get("kty"), jwk.get("crv"))
    try:
        if kind == ("EC", "P-256"):
            return ec.EllipticCurvePublicNumbers(
                _number(jwk["x"], _P256), _number(jwk["y"], _P256), ec.SECP256R1()
            ).public_key()
        if kind == ("OKP", "Ed25519"):
            return ed25519.Ed25519PublicKey.from_public_bytes(octets(jwk["x"]))
        if kind == ("RSA", None):
            return _rsa(_number(jwk["n"]), _number(jwk["e"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is a broken key: {error}") from error
    raise ValueError(_NO_KIND)


def _rsa(modulus: int, exponent: int) -> rsa.RSAPublicKey:
    if not SMALLEST <= modulus.bit_length() <= LARGEST:
        raise ValueError(f"an RSA key must have {SMALLEST} to {LARGEST} bits")
    if exponent < _LEAST_EXPONENT or exponent.bit_length() > _MOST_EXPONENT_BITS:
        raise ValueError(f"the exponent of an RSA key must be {_LEAST_EXPONENT} or more")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _number(text: str, length: int | None = None) -> int:
    found = octets(text)
    if length is not None and len(found) != length:
        raise ValueError(f"a number of this key takes {length} octets")
    return int.from_bytes(found)


def _numberbase64url(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8))
