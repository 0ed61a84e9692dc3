"""Compact JSON Web Signatures (RFC 7515), by hand: the programs beside the sandbox are not to check their own."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_HALF = 32
"""Bytes of each of the two numbers of an ES256 signature (RFC 7518, section 3.4)."""


class Jws(msgspec.Struct, frozen=True, kw_only=True):
    """A token taken apart. Nothing about it is proved yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def is_by(self, key: rsa.RSAPublicKey) -> bool:
        """Whether the key made the RS256 signature."""
        if self.header.get("alg") != "RS256":
            return False
        try:
            key.verify(self.signature, self.signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def parse(token: str) -> Jws:
    """Take a token apart. Raises `ValueError` for what is none."""
    try:
        first, second, third = token.split(".")
        header, claims = json.loads(unpadded(first)), json.loads(unpadded(second))
        signature = unpadded(third)
    except (ValueError, binascii.Error) as error:
        raise ValueError("it is no JWT") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("it is no JWT")  # noqa: TRY004 - the text is wrong, whatever type it holds
    return Jws(header=header, claims=claims, signed=f"{first}.{second}".encode(), signature=signature)


def es256(key: ec.EllipticCurvePrivateKey, *, kid: str, claims: Mapping[str, Any]) -> str:
    """Sign claims with a P-256 key."""
    signed = _signed({"alg": "ES256", "kid": kid, "typ": "JWT"}, _json(claims))
    numbers = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return f"{signed.decode()}.{base64url(b''.join(number.to_bytes(_HALF, 'big') for number in numbers))}"


def rs256(key: rsa.RSAPrivateKey, *, kid: str, claims: Mapping[str, Any], typ: str = "JWT") -> str:
    """Sign claims with an RSA key."""
    return rs256_text(key, kid=kid, payload=_json(claims), typ=typ)


def rs256_text(key: rsa.RSAPrivateKey, *, kid: str, payload: str, typ: str = "JWT") -> str:
    """Sign a text as it stands with an RSA key."""
    signed = _signed({"alg": "RS256", "kid": kid, "typ": typ}, payload)
    return f"{signed.decode()}.{base64url(key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))}"


def public_jwk(kid: str, key: rsa.RSAPublicKey) -> dict[str, str]:
    """An RSA key as Google publishes it (RFC 7517)."""
    numbers = key.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    n, e = base64url(numbers.n.to_bytes(size, "big")), base64url(numbers.e.to_bytes(3, "big"))
    return {"kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e}


def base64url(raw: bytes) -> str:
    """Base64 as JOSE writes it: two other characters, and no padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpadded(text: str) -> bytes:
    """Read what `base64url` wrote. Raises `ValueError`."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _signed(header: Mapping[str, Any], payload: str) -> bytes:
    return f"{base64url(_json(header).encode())}.{base64url(payload.encode())}".encode()


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
