"""Compact JWS (RFC 7515) as every signer reads it: the key by its id, the algorithm by the key (RFC 8725).

PyJWT writes tokens and loads with the first one, for it loads most of `cryptography`. It does not read them: it
checks the alphabet letter by letter, which costs as much as the signature. Less is accepted here than there: a
header of three members at most, in one spelling of base64url.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from approvals.backends.signers.purposes import Purpose
from approvals.refusals.errors import Refused
from countersign_client import shapes
from countersign_client.jws import PublicKey, octets, require_signed

_MEMBERS = frozenset({"alg", "kid", "typ"})


def read(
    token: str, *, algorithm: str, find: Callable[[str], PublicKey | None], purpose: Purpose
) -> Mapping[str, Any]:
    """Return the claims of a token that a key which `find` knows signed by this one algorithm, for this purpose.

    What else claims mean is the caller's to judge. Raises `Refused` with code `token`.
    """
    try:
        key = find(_kid(token.partition(".")[0], algorithm))
        claims = dict(_claims(token, _This(key), algorithm))
    except (ValueError, InvalidSignature, msgspec.MsgspecError, RecursionError):
        raise not_ours() from None
    if not purpose.fits(claims):
        raise not_ours()
    return claims


def write(claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, *, algorithm: str, kid: str) -> str:
    """Return a token of the claims that this key signed."""
    import jwt  # noqa: PLC0415

    return jwt.encode(dict(claims), key, algorithm=algorithm, headers={"kid": kid})


class _This:
    """A key for a memory: another object is another key, whatever its id, so nothing is held by one that went."""

    __slots__ = ("key",)

    def __init__(self, key: PublicKey | None) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and self.key is other.key

    def __hash__(self) -> int:
        return id(self.key)


@lru_cache(maxsize=256)
def _claims(token: str, by: _This, algorithm: str) -> Mapping[str, Any]:
    """What a token says that this key signed; raises as `require_signed` does, or for what are no claims.

    What held once holds: whoever decides on a page sends one token four times, and all approvers of a card press
    the same one. What does not hold raises each time, and is not remembered.
    """
    header, payload, signature = token.split(".")
    require_signed(f"{header}.{payload}".encode(), octets(signature), by.key, algorithm)
    found: dict[str, Any] = shapes.decode(octets(payload), dict[str, Any])
    return found


@lru_cache(maxsize=64)
def _kid(header: str, algorithm: str) -> str:
    """The key's id in a header: all tokens of one key carry the same one, so it is read once.

    Raises `ValueError` for a header of another algorithm, and for one that says more than we know.
    """
    fields = json.loads(octets(header))
    match fields:
        case {"alg": alg, "kid": str(kid)} if alg == algorithm and fields.keys() <= _MEMBERS:
            return kid
    raise ValueError("another header than ours")


def not_ours() -> Refused:
    return Refused("token")
