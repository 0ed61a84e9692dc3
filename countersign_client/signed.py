"""What a key of receipts signed: a compact JWS (RFC 7515) by ES256, and the claims in it."""

import json
from typing import Any, NamedTuple

from countersign_client.keys import Keys

LARGEST = 1 << 20
"""Characters at most."""

UNMARKED = (
    "this set of keys does not say what its keys are for, as those of 0.1.0: whoever held the key of activation"
    " tokens could have made this too. Save the issuer's /.well-known/jwks.json anew and verify again."
)


class SignatureError(Exception):
    """None of the keys signed it, or not what it should be; the text says why."""


class Signed(NamedTuple):
    """Claims that a key signed, that key's id, and what their reader ought to know before relying on them."""

    claims: dict[str, Any]
    key: str
    warnings: tuple[str, ...]


def read(text: str, keys: Keys, *, kind: str) -> Signed:
    """Check signature, key and kind. Raises `SignatureError`, also for claims that are no JSON object."""
    import jwt  # noqa: PLC0415 - it loads most of `cryptography`, and the service reads none before its first answer

    if len(text) > LARGEST:
        raise SignatureError(f"it is longer than any {kind}")
    if text.count(".") != 2:
        raise SignatureError(f"it is no {kind}: one is a line of three parts with dots between them")
    try:
        kid = jwt.get_unverified_header(text.strip()).get("kid")
        key = keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise SignatureError("none of these keys signed it")
        if key.unfit:
            raise SignatureError(
                f"none of these keys may verify it: the one that it names is here, but {key.unfit}"
            )
        payload: bytes = jwt.PyJWS().decode(text.strip(), key.public, algorithms=["ES256"])
    except (jwt.PyJWTError, ValueError) as error:
        raise SignatureError(f"its signature does not hold: {error}") from error
    return Signed(_claims(payload, kind), str(kid), () if key.marked else (UNMARKED,))


def _claims(payload: bytes, kind: str) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"it is not in a form that this version knows: {error}") from error
    if not isinstance(claims, dict) or claims.get("knd") != kind:
        raise SignatureError(f"it is signed, but no {kind}")
    return claims
