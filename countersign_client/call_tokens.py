"""Signing an application's calls: the key that it keeps to itself, and the token that one call carries.

A token is made for one call and no other: it names the method, the whole address with its query, the body and the
call's own key. `docs/applications.md` says what stands in it, for whoever makes such tokens in another language.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from countersign_client.jwks import algorithm, key_id, public_jwk, verifying
from countersign_client.jws import base64url, octets

TYPE = "countersign-app+jwt"
"""The `typ` of these tokens."""

LIFE = 120
"""Seconds that a token lives; a service takes none that lives for more than five minutes."""

Algorithm = Literal["ES256", "EdDSA", "RS256"]
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_HALF = 32  # octets of each of the two numbers of an ES256 signature (RFC 7518 section 3.4)
_RSA_BITS = 3072


class Signs(Protocol):
    """What signs an application's calls: a key at hand (`read_key`), or one in a service that gives it to nobody.

    `kid` is what the policy calls it, `algorithm` the one that it signs by: ES256, EdDSA or RS256.
    """

    @property
    def kid(self) -> str: ...

    @property
    def algorithm(self) -> str: ...

    def sign(self, signed: bytes) -> bytes:
        """Return the signature in the form of a JWS (RFC 7518), for ES256 two numbers of 32 octets."""


class SigningKey(NamedTuple):
    """A private key. `kid` is what the policy calls its public half: its thumbprint where it has no other id."""

    kid: str
    private: PrivateKey

    @property
    def algorithm(self) -> str:
        return algorithm(self.private.public_key())

    def sign(self, signed: bytes) -> bytes:
        return _signature(self.private, signed)

    def public(self) -> dict[str, str]:
        """What the policy lists."""
        return public_jwk(self.private.public_key()) | {"kid": self.kid, "alg": self.algorithm, "use": "sig"}


def new_key(kind: Algorithm) -> SigningKey:
    """Make a key of its own kind for each algorithm; an RSA one has 3072 bits."""
    private: PrivateKey
    if kind == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    elif kind == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    return SigningKey(key_id(private.public_key()), private)


def read_key(text: str) -> SigningKey:
    """Read a private key from a JWK (RFC 7517), or from PEM (PKCS #8) without a passphrase.

    Raises `ValueError` for anything else.
    """
    try:
        if "-----BEGIN" in text:
            return _of(load_pem_private_key(text.encode(), None), kid="")
        jwk = json.loads(text)
        return _of(_private(jwk), kid=str(jwk.get("kid", "")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is no private key (JWK or PEM) for signing calls: {error}") from error


def private_jwk(key: SigningKey) -> dict[str, str]:
    """The whole key, which nobody else may see, as a JWK."""
    return key.public() | _secrets(key.private)


def private_pem(key: SigningKey) -> str:
    """The same as PEM. It holds no id: its thumbprint is its id."""
    return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def authorization(
    key: Signs,
    *,
    issuer: str,
    audience: str,
    method: str,
    url: str,
    body: bytes,
    idempotency_key: str | None,
    now: datetime,
) -> str:
    """The value of `Authorization` for one call, to be made anew for each try.

    `issuer` is the application's id, `audience` the service's address as it is set there, and `url` the one that
    is called, exactly as it is sent. `idempotency_key` is None where the call has none. Raises `ValueError` for an
    address that is none of the service's.
    """
    if not url.startswith(f"{audience}/") or urlsplit(url).fragment or not (url.isascii() and url.isprintable()):
        raise ValueError(f"{url!r} is no address below {audience}, as it is sent")
    issued = int(now.timestamp())
    claims = {
        "iss": issuer,
        "aud": audience,
        "iat": issued,
        "exp": issued + LIFE,
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url,
        "bsh": base64url(hashlib.sha256(body).digest()),
    }
    return f"Bearer {_signed(key, claims if idempotency_key is None else {**claims, 'ik': idempotency_key})}"


def _signed(key: Signs, claims: Mapping[str, Any]) -> str:
    header = {"alg": key.algorithm, "kid": key.kid, "typ": TYPE}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


def _signature(private: PrivateKey, signed: bytes) -> bytes:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signed, padding.PKCS1v15(), SHA256())
    return private.sign(signed)


def _of(private: Any, *, kid: str) -> SigningKey:
    """A key of one of the kinds that verify. Raises `ValueError`."""
    public = verifying(public_jwk(private.public_key()))
    return SigningKey(kid or key_id(public), private)


def _private(jwk: Mapping[str, Any]) -> PrivateKey:
    kind = jwk["kty"]
    if kind == "OKP" and jwk["crv"] == "Ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(octets(jwk["d"]))
    if kind == "EC" and jwk["crv"] == "P-256":
        point = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), ec.SECP256R1())
        return ec.EllipticCurvePrivateNumbers(_number(jwk["d"]), point).private_key()
    if kind == "RSA":
        p, q, d, dp, dq, qi = (_number(jwk[name]) for name in ("p", "q", "d", "dp", "dq", "qi"))
        public = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"]))
        return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key()
    raise ValueError("it is of another kind than P-256, Ed25519 and RSA")


def _secrets(private: PrivateKey) -> dict[str, str]:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return {"d": base64url(private.private_numbers().private_value.to_bytes(_HALF))}
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return {"d": base64url(private.private_bytes_raw())}
    found = private.private_numbers()
    numbers = {"d": found.d, "p": found.p, "q": found.q, "dp": found.dmp1, "dq": found.dmq1, "qi": found.iqmp}
    return {name: base64url(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in numbers.items()}


def _number(text: str) -> int:
    return int.from_bytes(octets(text))
