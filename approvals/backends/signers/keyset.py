"""A set of signing keys as JSON (a JWK set, RFC 7517): ES256, the newest key signs, all of them verify.

A key that was replaced keeps its public members only, so that it verifies what it signed and nothing more.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from approvals.backends.signers import jws
from approvals.errors import CountersignError
from approvals.times import rfc3339, whole_seconds
from approvals.tokens import LIFE
from countersign_client.keys import MEMBERS, OCTETS, private_key, public_key, thumbprint

TOKENS = LIFE + timedelta(hours=1)
"""How long a replaced key of activation tokens is kept: a signer may not know of its successor for a while."""

RECEIPTS = timedelta.max
"""How long a replaced key of receipts is kept: they never expire."""

ALGORITHM = "ES256"


class KeysError(CountersignError):
    """The keys cannot be used; the text names where they are and what would mend it."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `private` is there only in the newest one."""

    kid: str
    created: datetime
    jwk: Mapping[str, str]
    public: ec.EllipticCurvePublicKey
    private: ec.EllipticCurvePrivateKey | None


def first(*, now: datetime) -> bytes:
    """Make a set with one new key."""
    return _write([_new(whole_seconds(now))])


def rotated(keys: Sequence[Key], *, now: datetime, keep: timedelta) -> tuple[bytes, str]:
    """Return the set with a new signing key, and that key's id.

    A key is dropped `keep` after its successor came.
    """
    # The clock may have gone back since, and the newest key must be the newest.
    created = max(whole_seconds(now), keys[-1].created + timedelta(seconds=1))
    kept = [key for key, successor in pairwise(keys) if created - successor.created < keep]
    fresh = _new(created)
    return _write([*(_retired(key) for key in (*kept, keys[-1])), fresh]), fresh["kid"]


def parse(raw: bytes, *, where: str) -> tuple[Key, ...]:
    """Read a set, oldest key first. Raises `KeysError` that names `where`."""
    try:
        keys = sorted((_key(jwk) for jwk in json.loads(raw)["keys"]), key=lambda key: key.created)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise KeysError(f"{where} is no set of ES256 private keys (JWK): restore it from a copy") from error
    if not keys or keys[-1].private is None:
        raise _nothing_to_sign_with(where)
    return tuple(keys)


def sign(keys: Sequence[Key], claims: Mapping[str, Any]) -> str:
    """Return a compact JWS of the claims by the newest key."""
    newest = keys[-1]
    if newest.private is None:
        raise _nothing_to_sign_with("this set of keys")
    return jws.write(claims, newest.private, algorithm=ALGORITHM, kid=newest.kid)


def verify(keys: Sequence[Key], token: str) -> Mapping[str, Any]:
    """Return the claims of a token that one of the keys signed. Raises `Refused` with code `token`."""
    return jws.read(
        token, algorithm=ALGORITHM, find=lambda kid: next((k.public for k in keys if k.kid == kid), None)
    )


def public(keys: Sequence[Key]) -> Mapping[str, Any]:
    """The public members of the keys as a JWK set."""
    return {"keys": [{**_members(key.jwk), "kid": key.kid, "use": "sig", "alg": ALGORITHM} for key in keys]}


def _nothing_to_sign_with(where: str) -> KeysError:
    return KeysError(f"{where} holds no key to sign with: restore it from a copy")


def _key(jwk: Mapping[str, str]) -> Key:
    verifying = public_key(jwk)
    created = datetime.fromisoformat(jwk["created"]).astimezone(UTC)
    private = private_key(jwk) if "d" in jwk else None
    return Key(kid=thumbprint(jwk), created=created, jwk=jwk, public=verifying, private=private)


def _new(created: datetime) -> dict[str, str]:
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    point = numbers.public_numbers
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": _text(point.x),
        "y": _text(point.y),
        "d": _text(numbers.private_value),
    }
    return jwk | {"kid": thumbprint(jwk), "use": "sig", "alg": ALGORITHM, "created": rfc3339(created)}


def _text(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(OCTETS)).decode().rstrip("=")


def _retired(key: Key) -> dict[str, str]:
    return {name: value for name, value in key.jwk.items() if name != "d"}


def _members(jwk: Mapping[str, str]) -> dict[str, str]:
    return {name: jwk[name] for name in MEMBERS}


def _write(keys: Sequence[Mapping[str, str]]) -> bytes:
    return json.dumps({"keys": list(keys)}, indent=1).encode()
