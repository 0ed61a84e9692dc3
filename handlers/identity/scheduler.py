"""Cloud Scheduler's calls: each carries an ID token of Google's for the service account of its job.

Sources: https://cloud.google.com/scheduler/docs/http-target-auth and
https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken. Google signs such a token
for whoever may act as the account, for any audience: so both must be ours.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from approvals.refusals.errors import Refused, Unavailable
from countersign_client import shapes
from countersign_client.jws import InvalidSignature, PublicKey, octets, require_signed
from handlers.identity import compact
from handlers.identity.signed import Untrusted
from handlers.seldom import Seldom

ISSUER = "https://accounts.google.com"
KEYS_PATH = "/oauth2/v3/certs"
"""Where Google's keys are, at `https://www.googleapis.com`."""

SKEW = 30
"""Seconds by which Google's clock and ours may differ."""

LIFE = 60 * 60 + 2 * SKEW
"""Seconds that an ID token of Google's lives at most."""

LARGEST = 8 * 1024
"""Characters of a token. Google's of a service account take 1,000."""

_BEARER = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9_.-]+)")
Moment = Annotated[int, msgspec.Meta(ge=0, lt=1 << 40)]


class _Header(msgspec.Struct, frozen=True):
    """What counts of a header. Google signs by one algorithm."""

    alg: Literal["RS256"]
    kid: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    typ: Literal["JWT"] = "JWT"


class _Claims(msgspec.Struct, frozen=True):
    """What counts of the claims. An audience of several would let others show the token as well."""

    iss: str
    aud: str
    email: str
    email_verified: Literal[True]
    iat: Moment
    exp: Moment
    nbf: Moment = 0


class Calls:
    """Lets in the calls of one service account, for one audience."""

    def __init__(
        self, *, account: str, audience: str, find: Callable[[str], PublicKey | None], seldom: Seldom
    ) -> None:
        """`find` returns Google's key of an id, None where there is none; it may raise `Unavailable`."""
        self._account = account
        self._audience = audience
        self._find = find
        self._seldom = seldom

    def require(self, headers: Iterable[tuple[bytes, bytes]], *, now: datetime) -> None:
        """Raise `Refused` with one code for all that is wrong, or `Unavailable` where there are no keys."""
        try:
            self._require(_credential(headers), now=int(now.timestamp()))
        except Untrusted as error:
            self._seldom.warn(f"sweep: {error.why}", f"a sweep was not let in: {error}")
            raise Refused("unauthorized") from None
        except Unavailable as error:
            self._seldom.warn("sweep: keys", f"a sweep has to wait: {error}")
            raise

    def _require(self, token: str, *, now: int) -> None:
        parts = token.split(".")
        if len(parts) != 3:
            raise Untrusted("its token is not of three parts")
        claims = self._signed(*parts)
        if claims.iss != ISSUER:
            raise Untrusted("its token is by another issuer than Google")
        if claims.aud != self._audience:
            raise Untrusted(
                f"its token is for another audience than {self._audience}: see the job's OIDC audience"
            )
        if claims.email != self._account:
            raise Untrusted("its token is of another account than COUNTERSIGN_SWEEP_ACCOUNT")
        if max(claims.iat, claims.nbf) > now + SKEW:
            raise Untrusted("its token is of the future (iat, nbf): see whether the clocks are right")
        if claims.exp <= now - SKEW:
            raise Untrusted("its token is out of date (exp): see whether the clocks are right")
        if not 0 < claims.exp - claims.iat <= LIFE:
            raise Untrusted("its token lives longer than Google's do (iat, exp)")

    def _signed(self, header: str, payload: str, signature: str) -> _Claims:
        """What a token says whose signature holds, by a key of Google's and the one algorithm of those."""
        try:
            head = compact.read(header)
            if any(name in head for name in compact.CARRIERS):
                raise Untrusted("its token has a header that brings something along")
            key = self._find(shapes.convert(head, _Header).kid)
            require_signed(f"{header}.{payload}".encode(), octets(signature), key, "RS256")
            return shapes.convert(compact.read(payload), _Claims)
        except InvalidSignature:
            raise Untrusted("the signature of its token does not hold") from None
        except (ValueError, msgspec.ValidationError):
            raise Untrusted(
                "its token is by no key of Google's, or says something of another kind than documented"
            ) from None


def _credential(headers: Iterable[tuple[bytes, bytes]]) -> str:
    given = [value for name, value in headers if name.lower() == b"authorization"]
    if not given:
        raise Untrusted("it has no token")
    if len(given) > 1:
        raise Untrusted("it has several tokens")
    if len(given[0]) > LARGEST:
        raise Untrusted("its token is larger than any of Google's")
    found = _BEARER.fullmatch(given[0])
    if found is None:
        raise Untrusted("its Authorization is no `Bearer` and a token")
    return found[1].decode("ascii")
