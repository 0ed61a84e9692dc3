"""Compact JWS (RFC 7515) as every signer reads it: the key by its id, the algorithm by the key (RFC 8725).

PyJWT loads most of `cryptography`, so it loads with the first token, which comes after the first answers.
"""

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from approvals.backends.signers.purposes import Purpose
from approvals.errors import Refused

if TYPE_CHECKING:
    from jwt import PyJWS

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def read(
    token: str, *, algorithm: str, find: Callable[[str], PublicKey | None], purpose: Purpose
) -> Mapping[str, Any]:
    """Return the claims of a token that a key which `find` knows signed by this one algorithm, for this purpose.

    What else claims mean is the caller's to judge. Raises `Refused` with code `token`.
    """
    from jwt import PyJWTError  # noqa: PLC0415

    try:
        kid = _kid(token.partition(".")[0])
        key = find(kid) if isinstance(kid, str) else None
        if key is None:
            raise not_ours()
        claims = json.loads(_jws().decode(token, key, algorithms=[algorithm]))
    except (PyJWTError, ValueError, RecursionError):
        raise not_ours() from None
    if not isinstance(claims, dict) or not purpose.fits(claims):
        raise not_ours()
    return claims


def write(claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, *, algorithm: str, kid: str) -> str:
    """Return a token of the claims that this key signed."""
    import jwt  # noqa: PLC0415

    return jwt.encode(dict(claims), key, algorithm=algorithm, headers={"kid": kid})


@cache
def _jws() -> "PyJWS":
    from jwt import PyJWS  # noqa: PLC0415

    return PyJWS()


@lru_cache(maxsize=64)
def _kid(header: str) -> object:
    """The key's id in a header: all tokens of one key carry the same one, so it is read once."""
    fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    return fields.get("kid") if isinstance(fields, dict) else None


def not_ours() -> Refused:
    return Refused("token")
