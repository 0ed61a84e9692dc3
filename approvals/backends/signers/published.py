"""The public keys that Google publishes for a service account, read without any library of Google's.

Source: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt.
"""

import base64
import json
from urllib.parse import quote

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from approvals.backends import calls
from approvals.backends.signers.keyset import KeysError
from approvals.refusals.errors import Unavailable

_GOOGLE = "https://www.googleapis.com"
_PATH = "/service_accounts/v1/metadata/jwk/"
_TIMEOUT = 2.0
_SMALLEST = 2048


class PublishedKey(msgspec.Struct, frozen=True, kw_only=True):
    """An RSA key and its JWK, whose members are all public."""

    kid: str
    jwk: dict[str, str]
    public: rsa.RSAPublicKey


def published(email: str, *, base_url: str | None = None) -> tuple[PublishedKey, ...]:
    """Read the keys of an account. `base_url` leads to an emulator in place of Google.

    Raises `KeysError` when there is no such account, `Unavailable` when the keys cannot be read now.
    """
    address = f"{base_url}/www" if base_url else _GOOGLE
    try:
        answer = calls.send("GET", f"{address}{_PATH}{quote(email)}", timeout=_TIMEOUT)
    except Unavailable as error:
        raise _unread(email, str(error)) from error
    if answer.status == 404:
        raise KeysError(f"Google publishes no keys of {email}: there is no such service account")
    if answer.status != 200:
        raise _unread(email, f"HTTP {answer.status}")
    try:
        return tuple(_key(jwk) for jwk in json.loads(answer.body)["keys"] if jwk["kty"] == "RSA")
    except (ValueError, KeyError, TypeError) as error:
        raise _unread(email, "the answer was no JWK set") from error


def _key(jwk: dict[str, str]) -> PublishedKey:
    members = {name: jwk[name] for name in ("kty", "n", "e")}
    key = rsa.RSAPublicNumbers(e=_number(jwk["e"]), n=_number(jwk["n"])).public_key()
    if key.key_size < _SMALLEST:
        raise ValueError("not a public RSA key of a size to be trusted")
    return PublishedKey(
        kid=jwk["kid"], jwk=members | {"kid": jwk["kid"], "use": "sig", "alg": "RS256"}, public=key
    )


def _number(text: str) -> int:
    """Read a number in base64url (RFC 7518 section 6.3). Raises `ValueError`."""
    return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))


def _unread(email: str, why: str) -> Unavailable:
    return Unavailable(f"the keys of {email} cannot be read now: {why}")
