"""Pieces of a compact JWS (RFC 7515), read strictly: one spelling of base64url, and the algorithm by the key."""

from binascii import a2b_base64, b2a_base64
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

__all__ = ["InvalidSignature", "PublicKey", "base64url", "ecdsa", "octets", "require_signed"]

_PSS = padding.PSS(padding.MGF1(SHA256()), SHA256().digest_size)  # the salt's length by RFC 7518 section 3.5
_OTHERS = bytes.maketrans(b"-_", b"+/")  # what the two alphabets of base 64 differ in
_OURS = bytes.maketrans(b"+/", b"-_")
_HALF = 32  # octets of each of the two numbers of an ES256 signature (RFC 7518 section 3.4)


@cache
def ecdsa() -> ec.ECDSA:
    """ECDSA over SHA-256. To make it loads all ciphers of the library, which no start needs."""
    return ec.ECDSA(SHA256())


def octets(text: str) -> bytes:
    """Read base64url without padding (RFC 7515 section 2). Raises `ValueError` unless it is the only spelling."""
    given = text.encode()
    found = a2b_base64(given.translate(_OTHERS) + b"==")
    # The decoder passes over what is not of the alphabet, and over bits that say nothing: both show here.
    if _spelt(found) != given:
        raise ValueError("no base64url as RFC 7515 writes it, without padding")
    return found


def base64url(octets: bytes) -> str:
    """Write octets as base64url without padding (RFC 7515 section 2)."""
    return _spelt(octets).decode()


def _spelt(found: bytes) -> bytes:
    return b2a_base64(found, newline=False).translate(_OURS).rstrip(b"=")


def require_signed(signed: bytes, signature: bytes, key: PublicKey | None, algorithm: str) -> None:
    """Raise `InvalidSignature`, or `ValueError` for a key or a signature that is none of this algorithm."""
    if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey) and len(signature) == 2 * _HALF:
        numbers = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
        key.verify(encode_dss_signature(*numbers), signed, ecdsa())
    elif algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    elif algorithm == "PS256" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, _PSS, SHA256())
    elif algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, signed)
    else:
        raise ValueError("no key of this algorithm")
