"""Activation tokens: signed, short-lived pointers to one request and revision; never authority by themselves."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, final

import msgspec

from approvals.ids import new_jti
from approvals.ports.signing import Signer
from approvals.ports.store import Installation
from approvals.refusals.errors import CountersignError, Refused
from approvals.requests import Request
from countersign_client import shapes
from countersign_client.jws import octets

LIFE = timedelta(hours=11)
"""The longest life of a token. Google's signJwt allows 12 hours, of which one is kept for clocks and retries."""

_SKEW = timedelta(seconds=30)
_KIND = "activation"
_SEAL = object()
T = TypeVar("T", str, int)

Act = Literal["review", "accept"]
"""What a token is pressed for: to decide on a request, or to accept what an approver offers instead."""


class _Header(msgspec.Struct, frozen=True):
    kid: str


class Pointed(msgspec.Struct, frozen=True):
    """What a token points to, whether or not its time is over: until `until`, after so many votes."""

    request: str
    revision: int
    votes: int
    until: datetime
    token: str


@final
class ActivationToken:
    """The claims of a token that was verified, or that would be minted now. Only `Tokens` makes one."""

    __slots__ = ("digest", "jti", "request", "revision", "votes")

    def __init__(self, seal: object, *, request: str, revision: int, digest: str, jti: str, votes: int) -> None:
        if seal is not _SEAL:
            raise TypeError("an activation token comes from Tokens alone")
        self.request = request
        self.revision = revision
        self.digest = digest
        self.jti = jti
        self.votes = votes

    def require(self, request: Request) -> None:
        """Raise `Refused` unless this token points to exactly this revision of this request."""
        if (self.request, self.revision, self.digest) != (request.id, request.revision, request.digest):
            raise Refused("token.revision")

    def require_after(self, votes: Iterable[int]) -> None:
        """Raise `Refused` when this token is older than one of these votes, by their places in the record.

        Not the clock says so, which counts whole seconds here and is another one on each machine, but how many
        votes the record held when the token was minted.
        """
        if any(place >= self.votes for place in votes):
            raise Refused("older_card")


class Tokens:
    """Mints and opens activation tokens, as what the store says that it is."""

    def __init__(self, signer: Signer, *, installation: Callable[[], Installation]) -> None:
        """The store is asked at the first use."""
        self._signer = signer
        self._installation = installation

    @property
    def generation(self) -> str:
        """The store's generation: a restored store kills all older tokens. Raises what the store does."""
        return self._installation().generation

    def mint(self, request: Request, *, act: Act, now: datetime) -> str:
        """Sign a token for a pending request, valid until the request expires or for eleven hours.

        To accept an offer it points to the revision that this would be. Raises `Unavailable` when the signer does.
        """
        issued = int(now.timestamp())
        of = request.counter if act == "accept" and request.counter is not None else request
        return self._signer.sign(
            {
                "knd": _KIND,
                "iss": self._signer.issuer,
                "aud": self._signer.issuer,
                "sub": request.id,
                "rev": of.revision,
                "dig": of.digest,
                "act": act,
                "gen": self.generation,
                "iat": issued,
                "exp": int(self.expiry(request, now=now).timestamp()),
                "jti": new_jti(),
                "vts": len(request.reviews),
            }
        )

    def key_of(self, token: str) -> str:
        """The id of the key that signed a token of ours; empty of none."""
        return "" if not token else shapes.decode(octets(token.partition(".")[0]), _Header).kid

    def accepts(self, key: str) -> bool:
        """What the key of that id signed opens still, as far as is known: one that leaked was put aside.

        Where keys cannot be read, by themselves or for what they are, nobody knows better.
        """
        try:
            return not key or self._signer.knows(key)
        except CountersignError:
            return True

    def carried(self, held: Pointed, request: Request, *, act: Act, now: datetime, lasting: timedelta) -> str:
        """The held token where it lasts long enough and one minted now would say nothing else; else that one.

        Raises as `mint` does.
        """
        same = (held.request, held.revision, held.votes) == (request.id, request.revision, len(request.reviews))
        if same and held.until >= min(now + lasting, self.expiry(request, now=now).replace(microsecond=0)):
            return held.token
        return self.mint(request, act=act, now=now)

    def unsigned(self, request: Request) -> ActivationToken:
        """What a token minted now would point to, for whoever has the request itself before them."""
        return ActivationToken(
            _SEAL,
            request=request.id,
            revision=request.revision,
            digest=request.digest,
            jti=new_jti(),
            votes=len(request.reviews),
        )

    def expiry(self, request: Request, *, now: datetime) -> datetime:
        """Say when a token minted now will expire."""
        return min(request.terms.expires, now + LIFE)

    def open(self, token: str, *, act: Act, now: datetime) -> ActivationToken:
        """Verify a token: signature, kind, issuer, audience, act, generation and times (RFC 7519, RFC 8725).

        Raises `Refused` of kind `token`, or `token_expired` for an authentic one whose time is over.
        """
        claims = self._verified(token, act=act)
        _check_times(claims, now=now)
        return ActivationToken(
            _SEAL,
            request=_typed(claims, "sub", str),
            revision=_typed(claims, "rev", int),
            digest=_typed(claims, "dig", str),
            jti=_typed(claims, "jti", str),
            votes=_votes(claims),
        )

    def pointed(self, token: str, *, act: Act) -> Pointed:
        """Return what a token points to, also when its time is over: then it opens what it decides nothing in.

        Raises `Refused` of kind `token`.
        """
        claims = self._verified(token, act=act)
        return Pointed(
            request=_typed(claims, "sub", str),
            revision=_typed(claims, "rev", int),
            votes=_votes(claims),
            until=_moment(claims, "exp"),
            token=token,
        )

    def _verified(self, token: str, *, act: Act) -> Mapping[str, Any]:
        claims = self._signer.verify(token)
        issuer = self._signer.issuer
        expected = (_KIND, issuer, issuer, act)
        if (claims.get("knd"), claims.get("iss"), claims.get("aud"), claims.get("act")) != expected:
            raise _not_ours()
        if claims.get("gen") != self.generation:
            raise Refused("token.restored")
        return claims


def _votes(claims: Mapping[str, Any]) -> int:
    """A token of 0.1.0 says nothing: it counts as older than every vote."""
    return _typed(claims, "vts", int) if "vts" in claims else 0


def _check_times(claims: Mapping[str, Any], *, now: datetime) -> None:
    issued = _moment(claims, "iat")
    expires = _moment(claims, "exp")
    if issued > now + _SKEW or expires - issued > LIFE:
        raise _not_ours()
    if expires <= now:
        raise Refused("token_expired")


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    seconds = _typed(claims, name, int)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise _not_ours() from None


def _typed(claims: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = claims.get(name)
    if type(value) is not kind:
        raise _not_ours()
    return value


def _not_ours() -> Refused:
    return Refused("token")
