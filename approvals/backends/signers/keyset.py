"""A set of signing keys as JSON (a JWK set, RFC 7517): the newest key signs, all of them verify.

They are P-256 keys for ES256, and of webhooks Ed25519 keys: Standard Webhooks 1.0.0 knows no other.

A key that was replaced keeps its public members only, so that it verifies what it signed and nothing more.
Each key carries what it is for, in the member `countersign_purpose`. Keys of 0.1.0 carry nothing: they are for
what they are used for, and get their mark when the set is written next.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from approvals.backends.signers import jws
from approvals.backends.signers.purposes import WEBHOOKS, Purpose
from approvals.refusals.errors import CountersignError
from approvals.times import rfc3339, whole_seconds
from countersign_client.jwks import algorithm, key_id, public_jwk, verifying
from countersign_client.jws import PublicKey, base64url, octets
from countersign_client.keys import OCTETS, PURPOSE, private_key, public_key

ALGORITHM = "ES256"


class KeysError(CountersignError):
    """The keys cannot be used; the text names where they are and what would mend it."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `private` is there only in the newest one."""

    kid: str
    created: datetime
    jwk: Mapping[str, str]
    purpose: Purpose
    public: PublicKey
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | None


def first(*, now: datetime, purpose: Purpose) -> bytes:
    """Make a set with one new key."""
    return _write([_new(whole_seconds(now), purpose)])


def rotated(keys: Sequence[Key], *, now: datetime) -> tuple[bytes, str]:
    """Return the set with a new signing key, and that key's id.

    A key is dropped once its purpose needs it no longer, counted from when its successor came.
    """
    # The clock may have gone back since, and the newest key must be the newest.
    created = max(whole_seconds(now), keys[-1].created + timedelta(seconds=1))
    purpose = keys[-1].purpose
    kept = [key for key, successor in pairwise(keys) if created - successor.created < purpose.keep]
    fresh = _new(created, purpose)
    return _write([*(_retired(key) for key in (*kept, keys[-1])), fresh]), fresh["kid"]


def parse(raw: bytes, *, where: str, purpose: Purpose) -> tuple[Key, ...]:
    """Read a set of keys for this purpose, oldest key first. Raises `KeysError` that names `where`."""
    try:
        keys = sorted((_key(jwk, purpose) for jwk in json.loads(raw)["keys"]), key=lambda key: key.created)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        kind = "Ed25519" if purpose == WEBHOOKS else "ES256"
        raise KeysError(f"{where} is no set of {kind} private keys (JWK): restore it from a copy") from error
    for other in {key.jwk.get(PURPOSE, purpose.name) for key in keys} - {purpose.name}:
        raise KeysError(f"{where} holds keys for {other}, not for {purpose.name}: name a place of its own")
    if not keys or keys[-1].private is None:
        raise _nothing_to_sign_with(where)
    return tuple(keys)


def sign(keys: Sequence[Key], claims: Mapping[str, Any]) -> str:
    """Return a compact JWS of the claims by the newest key. Raises `KeysError` for claims of another purpose."""
    newest = keys[-1]
    if not newest.purpose.fits(claims):
        raise KeysError(f"keys for {newest.purpose.name} do not sign what is of the kind {claims.get('knd')!r}")
    if not isinstance(newest.private, ec.EllipticCurvePrivateKey):
        raise _nothing_to_sign_with("this set of keys")
    return jws.write(claims, newest.private, algorithm=ALGORITHM, kid=newest.kid)


def stamp(keys: Sequence[Key], message: bytes) -> bytes:
    """Return the newest key's Ed25519 signature of a message (RFC 8032). Raises `KeysError` for other keys."""
    private = keys[-1].private
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        raise KeysError(f"keys for {keys[-1].purpose.name} sign no webhooks")
    return private.sign(message)


def verify(keys: Sequence[Key], token: str) -> Mapping[str, Any]:
    """Return the claims of a token that one of the keys signed. Raises `Refused` with code `token`."""
    return jws.read(
        token,
        algorithm=ALGORITHM,
        find=lambda kid: next((k.public for k in keys if k.kid == kid), None),
        purpose=keys[-1].purpose,
    )


def public(keys: Sequence[Key]) -> Mapping[str, Any]:
    """The public members of the keys as a JWK set, each with its purpose."""
    return {"keys": [_published(key) for key in keys]}


def _nothing_to_sign_with(where: str) -> KeysError:
    return KeysError(f"{where} holds no key to sign with: restore it from a copy")


def _key(jwk: Mapping[str, str], purpose: Purpose) -> Key:
    public, private = _octets(jwk) if purpose == WEBHOOKS else _point(jwk)
    created = datetime.fromisoformat(jwk["created"]).astimezone(UTC)
    return Key(kid=key_id(public), created=created, jwk=jwk, purpose=purpose, public=public, private=private)


def _point(jwk: Mapping[str, str]) -> tuple[ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey | None]:
    return public_key(jwk), private_key(jwk) if "d" in jwk else None


def _octets(jwk: Mapping[str, str]) -> tuple[PublicKey, ed25519.Ed25519PrivateKey | None]:
    public = verifying({name: value for name, value in jwk.items() if name != "d"})
    if not isinstance(public, ed25519.Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004 - as for a JWK of another kind
    if "d" not in jwk:
        return public, None
    private = ed25519.Ed25519PrivateKey.from_private_bytes(octets(jwk["d"]))
    if private.public_key() != public:
        raise ValueError("two halves of different keys")
    return public, private


def _new(created: datetime, purpose: Purpose) -> dict[str, str]:
    public: PublicKey
    if purpose == WEBHOOKS:
        drawn = ed25519.Ed25519PrivateKey.generate()
        public, secret = drawn.public_key(), drawn.private_bytes_raw()
    else:
        made = ec.generate_private_key(ec.SECP256R1())
        public, secret = made.public_key(), made.private_numbers().private_value.to_bytes(OCTETS)
    jwk = public_jwk(public) | {"d": base64url(secret)}
    return jwk | _described(public, purpose) | {"created": rfc3339(created)}


def _described(public: PublicKey, purpose: Purpose) -> dict[str, str]:
    return {"kid": key_id(public), "use": "sig", "alg": algorithm(public), PURPOSE: purpose.name}


def _retired(key: Key) -> dict[str, str]:
    # A key of 0.1.0 gets its mark here.
    return {name: value for name, value in key.jwk.items() if name != "d"} | {PURPOSE: key.purpose.name}


def _published(key: Key) -> dict[str, str]:
    return public_jwk(key.public) | _described(key.public, key.purpose)


def _write(keys: Sequence[Mapping[str, str]]) -> bytes:
    return json.dumps({"keys": list(keys)}, indent=1).encode()
