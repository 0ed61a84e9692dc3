"""A token of an issuer, read strictly (RFC 7519, 8725): what it says counts once its signature held.

A header brings no key along, and nothing stands twice in it or in the claims, however deep.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from countersign_client import shapes
from countersign_client.jws import InvalidSignature, octets, require_signed
from handlers.identity import compact
from handlers.identity.issuers import IssuerKey
from handlers.identity.signed import Untrusted

LARGEST = 16 * 1024
"""Characters of a token. Entra's with 200 groups take 11,000."""

SKEW = 30
"""Seconds by which an issuer's clock may differ from ours."""

LIFE = 24 * 60 * 60 + 2 * SKEW
"""Seconds that a token lives at most."""

_KINDS = ("jwt", "at+jwt", "application/at+jwt", "application/jwt")
_PERSON = ("bearer", "id")

Text = Annotated[str, msgspec.Meta(max_length=1024)]
Moment = Annotated[int, msgspec.Meta(ge=0, lt=1 << 40)]


class Claims(msgspec.Struct, frozen=True):
    """What tokens of every kind say, each in its one type. `all` holds everything that stands in the token."""

    iss: Text
    aud: Text | Annotated[list[Text], msgspec.Meta(min_length=1, max_length=50)]
    exp: Moment
    iat: Moment
    nbf: Moment = 0
    sub: Text = ""
    azp: Text = ""
    appid: Text = ""
    cid: Text = ""
    client_id: Text = ""
    nonce: Text = ""
    acr: Text = ""
    amr: Annotated[list[Text], msgspec.Meta(max_length=50)] = []
    auth_time: Moment | None = None
    all: Mapping[str, Any] = {}

    @property
    def audiences(self) -> tuple[str, ...]:
        return (self.aud,) if isinstance(self.aud, str) else tuple(self.aud)

    @property
    def clients(self) -> tuple[str, ...]:
        """Who got the token: `azp`, or what Entra's version 1, Okta and RFC 9068 call it; each name once."""
        named = (self.azp, self.appid, self.cid, self.client_id)
        return tuple(dict.fromkeys(each for each in named if each))

    @property
    def signed_in(self) -> datetime | None:
        return None if self.auth_time is None else datetime.fromtimestamp(self.auth_time, UTC)

    def text(self, name: str) -> str:
        """A claim that is a text, and empty where it is none."""
        found = self.all.get(name)
        return found if isinstance(found, str) else ""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it was written. `algorithm` and `kid` say which key to look for, and nothing more."""

    algorithm: Literal["RS256", "PS256", "ES256", "EdDSA"]
    kid: str
    is_access: bool
    claims: Claims
    signed: bytes
    signature: str

    def require_signed(self, key: IssuerKey) -> None:
        """Raise `Untrusted` unless this key signed it, by the key's own algorithm."""
        if self.algorithm != key.algorithm:
            raise Untrusted("a person's token names another algorithm than its key's")
        try:
            require_signed(self.signed, octets(self.signature), key.public, key.algorithm)
        except (ValueError, InvalidSignature):
            raise Untrusted("the signature of a person's token does not hold") from None

    def require_now(self, now: datetime) -> None:
        """Raise `Untrusted` unless it is of now."""
        claims, seconds = self.claims, int(now.timestamp())
        if max(claims.iat, claims.nbf, claims.auth_time or 0) > seconds + SKEW:
            raise Untrusted("a person's token is of the future (iat, nbf, auth_time)")
        if claims.exp <= seconds - SKEW:
            raise Untrusted("a person's token is out of date (exp)")
        if not 0 < claims.exp - claims.iat <= LIFE:
            raise Untrusted("a person's token lives longer than a day (iat, exp)")


def read(text: str) -> Token:
    """Take a token apart. Raises `Untrusted`."""
    parts = text.split(".") if len(text) <= LARGEST else []
    if len(parts) != 3:
        raise Untrusted("a person's token is larger than any must be, or not of three parts")
    header, payload, signature = parts
    head, said = _object("header", header), _object("claims", payload)
    kind = _kind(head)
    _require_a_persons(said)
    try:
        algorithm = shapes.convert(head.get("alg"), Literal["RS256", "PS256", "ES256", "EdDSA"])
        kid = shapes.convert(head.get("kid"), Annotated[str, msgspec.Meta(min_length=1, max_length=256)])
        claims = shapes.convert(said | {"all": said}, Claims)
    except msgspec.ValidationError:
        raise Untrusted("a person's token lacks a claim, or has one of another type than documented") from None
    return Token(
        algorithm=algorithm,
        kid=kid,
        is_access=kind.endswith("at+jwt"),
        claims=claims,
        signed=f"{header}.{payload}".encode(),
        signature=signature,
    )


def _kind(head: Mapping[str, Any]) -> str:
    """What sort of token its header says that it is. One of ours, or of others for other ends, says another."""
    for name in compact.CARRIERS:
        if name in head:
            raise Untrusted(f"a person's token has {name} in its header")
    kind = head.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _KINDS:
        raise Untrusted("a token is of a kind that proves no person (typ)")
    return kind.lower()


def _require_a_persons(said: Mapping[str, Any]) -> None:
    """Raise for what is signed by the same keys and is neither an ID token nor an access token."""
    # Keycloak says it in the claims.
    kind = said.get("typ", "ID")
    if not isinstance(kind, str) or kind.lower() not in _PERSON:
        raise Untrusted("a token is of a kind that proves no person (the claim typ)")
    if "events" in said or "knd" in said:
        raise Untrusted("a token tells of events, or is one of this service's own")


def _object(name: str, part: str) -> dict[str, Any]:
    try:
        return compact.read(part)
    except ValueError:
        raise Untrusted(f"the {name} of a person's token: no JSON object, too deep, or a member twice") from None
