"""The assertion of Google's Identity-Aware Proxy: who sent a request, signed for this service and this minute.

The proxy adds it to every request that it lets through, and strips what a client sends of that name ("Securing
your app with signed headers"). It also adds `X-Goog-Authenticated-User-Email` and `-Id`, which nobody signed: they
are never read.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, final

import msgspec

from approvals.policy.audiences import FORMS, PROXY, is_backend
from approvals.refusals.errors import CountersignError
from countersign_client import shapes
from countersign_client.jws import InvalidSignature, PublicKey, octets, require_signed

HEADER = b"x-goog-iap-jwt-assertion"
ISSUER = PROXY
KEYS_URL = "https://www.gstatic.com/iap/verify/public_key-jwk"

SKEW = 30
"""Seconds by which Google's clock and ours may differ ("Verifying the JWT payload")."""

LIFE = 10 * 60 + 2 * SKEW
"""Seconds that an assertion lives at most, by the same page."""

LARGEST = 16 * 1024
"""Characters of an assertion. External identities may claim about 4 kB, which base64url makes a third longer."""

_LONGEST = 1024
_MOST = 200
_ALGORITHM = "ES256"
_SEAL = object()


class Untrusted(CountersignError):
    """No assertion, or none that counts here. The text is for the log; whoever sent it is told nothing of it."""


class External(msgspec.Struct, frozen=True, kw_only=True):
    """An identity that Identity Platform vouches for (`gcip`): by whom, in which tenant, and what it claims.

    `email` counts only where it is `verified`. `signed_in` is when the person signed in, where that was said.
    """

    tenant: str
    provider: str
    email: str
    verified: bool
    attributes: Mapping[str, tuple[str, ...]]
    signed_in: datetime | None


@final
class Assertion:
    """What a verified assertion says. Only `Assertions.read` makes one.

    `organisation` is the domain of the Workspace account (`hd`), empty for a consumer account. `levels` are the
    access levels that held. `external` is None for a Google account. `audience` is the service that it is for.
    """

    __slots__ = ("audience", "email", "external", "levels", "organisation", "read_at", "subject")

    def __init__(self, seal: object, claims: "_Claims", external: External | None, *, read_at: datetime) -> None:
        if seal is not _SEAL:
            raise TypeError("an assertion comes from Assertions.read() alone")
        self.audience = claims.aud
        self.subject = claims.sub
        self.email = claims.email
        self.organisation = claims.hd.lower()
        self.levels = tuple(claims.google.access_levels)
        self.external = external
        self.read_at = read_at


def audience(text: str) -> str:
    """Return an audience of one of the documented forms, or raise `ValueError` with what to set."""
    if not is_backend(text):
        raise ValueError(
            f"{text!r} is no audience. Set {FORMS}, as the page of Identity-Aware Proxy in the Cloud console"
            " shows it"
        )
    return text


class Assertions:
    """Reads assertions that are meant for one of these audiences."""

    def __init__(self, audiences: Collection[str], *, find: Callable[[str], PublicKey | None]) -> None:
        """`find` returns the proxy's key of an id, None where there is none; it may raise `Unavailable`."""
        if not audiences:
            raise ValueError("without an audience everybody's assertions would count")
        self._audiences = frozenset(map(audience, audiences))
        self._find = find

    def read(self, headers: Iterable[tuple[bytes, bytes]], *, now: datetime) -> Assertion:
        """Verify the one assertion among a request's headers.

        Raises `Untrusted`, or `Unavailable` where the proxy's keys cannot be had now.
        """
        token = _only(headers)
        claims = self._verified(token)
        self._require_ours(claims, now=int(now.timestamp()))
        external = None if isinstance(claims.gcip, msgspec.UnsetType) else _external(claims.gcip, now=now)
        if external is not None and claims.hd:
            raise Untrusted("an assertion says that it is of a Google account and of an external one")
        return Assertion(_SEAL, claims, external, read_at=now)

    def _verified(self, token: str) -> "_Claims":
        try:
            header, payload, signature = token.split(".")
            key = self._find(_kid(header))
            if key is None:
                raise Untrusted("no published key of Identity-Aware Proxy has the id that an assertion names")
            require_signed(f"{header}.{payload}".encode(), octets(signature), key, _ALGORITHM)
            return shapes.decode(octets(payload), _Claims)
        except (ValueError, InvalidSignature) as error:
            raise Untrusted(f"an assertion does not hold: {type(error).__name__} {error}") from error
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Untrusted(f"an assertion says something of another kind than documented: {error}") from error

    def _require_ours(self, claims: "_Claims", *, now: int) -> None:
        """Raise unless it is of this issuer, for us, of now, and about somebody."""
        if claims.iss != ISSUER:
            raise Untrusted("an assertion is by another issuer")
        if claims.aud not in self._audiences:
            raise Untrusted(
                f"an assertion is for the audience {claims.aud[:200]!r}, which IAP_AUDIENCE does not list"
            )
        if claims.iat > now + SKEW or claims.nbf > now + SKEW:
            raise Untrusted("an assertion is of the future: see whether the clocks are right")
        if claims.exp <= now - SKEW:
            raise Untrusted("an assertion is out of date: see whether the clocks are right")
        if not 0 < claims.exp - claims.iat <= LIFE:
            raise Untrusted("an assertion lives longer than the proxy's do")
        if not (_named(claims.sub) and _named(claims.email)):
            raise Untrusted("an assertion names nobody")


def _only(headers: Iterable[tuple[bytes, bytes]]) -> str:
    given = [value for name, value in headers if name.lower() == HEADER]
    if not given:
        raise Untrusted("a request without an assertion: it did not come through Identity-Aware Proxy")
    if len(given) > 1:
        raise Untrusted("a request with several assertions")
    if len(given[0]) > LARGEST:
        raise Untrusted("an assertion is larger than any of the proxy's")
    try:
        return given[0].decode("ascii")
    except UnicodeDecodeError:
        raise Untrusted("an assertion is no text") from None


@lru_cache(maxsize=64)
def _kid(header: str) -> str:
    """The key's id in a header of this one algorithm. Raises `ValueError`.

    A header may say more than we read, but not that we must understand it (RFC 7515 section 4.1.11).
    """
    fields = json.loads(octets(header))
    match fields:
        case {"alg": alg, "kid": str(kid)} if alg == _ALGORITHM and "crit" not in fields:
            return kid
    raise ValueError("its header is none of the proxy's")


def _named(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable() and not text.isspace()


class _Google(msgspec.Struct, frozen=True):
    access_levels: list[str] = []


class _Firebase(msgspec.Struct, frozen=True):
    sign_in_provider: str = ""
    tenant: str = ""
    sign_in_attributes: dict[str, Any] = {}


class _Gcip(msgspec.Struct, frozen=True):
    firebase: _Firebase
    email: str = ""
    email_verified: bool = False
    auth_time: int | msgspec.UnsetType = msgspec.UNSET


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    aud: str
    exp: int
    iat: int
    sub: str
    email: str
    nbf: int = 0
    hd: str = ""
    google: _Google = _Google()
    gcip: str | _Gcip | msgspec.UnsetType = msgspec.UNSET


def _external(given: str | _Gcip, *, now: datetime) -> External:
    """Read `gcip`, which is an object, or one written as a text ("External identities for IAP")."""
    try:
        gcip = shapes.decode(given, _Gcip) if isinstance(given, str) else given
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Untrusted(f"an external identity is of another kind than documented: {error}") from error
    said = gcip.firebase.sign_in_attributes
    if len(said) > _MOST:
        raise Untrusted("an external identity claims too much")
    return External(
        tenant=gcip.firebase.tenant,
        provider=gcip.firebase.sign_in_provider,
        email=gcip.email,
        verified=gcip.email_verified,
        attributes={name: values for name, value in said.items() if (values := _texts(value))},
        signed_in=_moment(gcip.auth_time, now=now),
    )


def _texts(value: Any) -> tuple[str, ...]:
    """The texts of an attribute; numbers and whatever else a provider may claim are not compared with anything."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))


def _moment(seconds: int | msgspec.UnsetType, *, now: datetime) -> datetime | None:
    if isinstance(seconds, msgspec.UnsetType):
        return None
    if not 0 < seconds <= (now + timedelta(seconds=SKEW)).timestamp():
        raise Untrusted("an external identity signed in at a time that has not come")
    return datetime.fromtimestamp(seconds, UTC)
