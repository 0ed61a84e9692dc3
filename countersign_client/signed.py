"""What a key of receipts signed: a compact JWS (RFC 7515) by ES256, and the claims in it."""

import json
from typing import Any, Literal, NamedTuple

from countersign_client.jws import InvalidSignature, octets, require_signed
from countersign_client.keys import Keys

LARGEST = 1 << 20
"""Characters at most."""

UNMARKED = (
    "this set of keys does not say what its keys are for, as those of 0.1.0: whoever held the key of activation"
    " tokens could have made this too. Save the issuer's /.well-known/jwks.json anew and verify again."
)

_SPACE = " \t\r\n"


class SignatureError(Exception):
    """None of the keys signed it, or not what it should be; the text says why."""

    def __init__(self, code: Literal["form", "key", "purpose", "signature", "kind", "claims"], text: str) -> None:
        super().__init__(text)
        self.code = code


class Signed(NamedTuple):
    """Claims that a key signed, that key's id, and what their reader ought to know before relying on them."""

    claims: dict[str, Any]
    key: str
    warnings: tuple[str, ...]


def read(text: str, keys: Keys, *, kind: str) -> Signed:
    """Check signature, key and kind. Raises `SignatureError`, also for claims that are no JSON object."""
    if len(text) > LARGEST:
        raise SignatureError("form", f"it is longer than any {kind}")
    parts = text.strip(_SPACE).split(".")
    if len(parts) != 3:
        raise SignatureError("form", f"it is no {kind}: one is a line of three parts with dots between them")
    head, body, signature = (_octets(part, kind) for part in parts)
    header = _header(head, kind)
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise SignatureError("key", "none of these keys signed it")
    if key.unfit:
        raise SignatureError(
            "purpose", f"none of these keys may verify it: the one that it names is here, but {key.unfit}"
        )
    if header.get("alg") != "ES256" or not header.keys().isdisjoint(("crit", "b64")):
        raise SignatureError("signature", "its signature does not hold: it is not made as those of receipts are")
    try:
        require_signed(f"{parts[0]}.{parts[1]}".encode(), signature, key.public, "ES256")
    except (InvalidSignature, ValueError) as error:
        raise SignatureError("signature", "its signature does not hold") from error
    return Signed(_claims(body, kind), str(kid), () if key.marked else (UNMARKED,))


def _octets(part: str, kind: str) -> bytes:
    try:
        return octets(part)
    except ValueError as error:
        raise SignatureError("form", f"it is no {kind}: a part of it is not base64url (RFC 7515)") from error


def _header(head: bytes, kind: str) -> dict[str, Any]:
    try:
        header = _json(head)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise SignatureError("form", f"it is no {kind}: its first part is no JSON object")
    return header


def _claims(payload: bytes, kind: str) -> dict[str, Any]:
    try:
        claims = _json(payload)
    except (ValueError, RecursionError) as error:
        raise SignatureError("claims", f"it is not in a form that this version knows: {error}") from error
    if not isinstance(claims, dict) or claims.get("knd") != kind:
        raise SignatureError("kind", f"it is signed, but no {kind}")
    return claims


def _json(raw: bytes) -> Any:
    """Read JSON (RFC 8259) in UTF-8. Raises `ValueError` also for a member that stands there twice."""
    return json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_number)


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member stands in it twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
