"""Calls that applications sign: each carries a short token of its own, made for this one call and no other.

The token (RFC 7519) names the method, the address with its query, the body and the Idempotency-Key, so that
nothing of a call can be swapped. Its key comes from the policy, never from the token, and its algorithm from the
key (RFC 8725). It is compared with the address that is set for this service: `Host` says what somebody sent.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, final

from approvals.policy.model import Policy
from approvals.policy.parties import Application
from approvals.refusals.errors import Refused, Unavailable
from countersign_client.jwks import algorithm, key_id, verifying
from countersign_client.jws import InvalidSignature, PublicKey, base64url, octets, require_signed
from handlers.identity.keys import KeySets
from handlers.identity.signed import LIFE, SKEW, Claims, Signed, Token, Untrusted, idempotency_key, token
from handlers.seldom import Seldom

__all__ = ["Caller", "Callers", "Opening", "Signed"]

_JTI = re.compile(r"[A-Za-z0-9._~-]{16,128}")
_SEAL = object()

_WAITING = 2
"""Threads that wait for the first keys of an application: it holds up none of the others'."""


@final
class Opening:
    """A call whose token held as far as it can without the body. Only `Callers.opening` makes one."""

    __slots__ = ("application", "body_hash", "jti", "until")

    def __init__(self, seal: object, claims: Claims, *, application: Application) -> None:
        if seal is not _SEAL:
            raise TypeError("an opening comes from Callers.opening() alone")
        self.application = application
        self.body_hash = claims.bsh
        self.jti = claims.jti
        self.until = datetime.fromtimestamp(claims.exp, UTC) + SKEW


@final
class Caller:
    """An application whose token held for one call. Only `Callers.caller` and `Callers.whole` make one.

    `jti` is the token's own name, which must serve only once where the call changes something, and `until` when
    the token counts no more.
    """

    __slots__ = ("application", "jti", "until")

    def __init__(self, seal: object, opening: Opening) -> None:
        if seal is not _SEAL:
            raise TypeError("a caller comes from Callers alone")
        self.application = opening.application
        self.jti = opening.jti
        self.until = opening.until


class Callers:
    """Says which application of the policy in force makes a call."""

    def __init__(
        self,
        *,
        url: str,
        policy: Callable[[], Policy],
        send: Callable[..., Any],
        clock: Callable[[], datetime],
        seldom: Seldom,
    ) -> None:
        """`url` is where applications call, and the audience of their tokens. `send` fetches published keys."""
        self._url = url
        self._policy = policy
        self._published = KeySets(send, clock, most=_WAITING)
        self._seldom = seldom
        self._listed: tuple[Policy | None, dict[str, Mapping[str, PublicKey]]] = (None, {})

    def caller(self, call: Signed, *, now: datetime) -> Caller:
        """Who calls. Raises `Refused` with one code for all that is wrong, or `Unavailable` without keys."""
        return self.whole(self.opening(call, now=now), call.body, now=now)

    def opening(self, call: Signed, *, now: datetime) -> Opening:
        """Who calls, as far as can be told before the body is read: so no stranger's is.

        The call's own `body` is not looked at. Raises as `caller` does.
        """
        try:
            return self._opening(call, now=now)
        except Untrusted as error:
            raise self._refused(error) from None

    def whole(self, opening: Opening, body: bytes, *, now: datetime) -> Caller:
        """The same once the body is there, which was at `now`.

        Raises `Refused` where it is another one than the token's, or came when that counted no more.
        """
        if now >= opening.until:
            late = "a token was out of date when its body was there"
            raise self._refused(Untrusted(late, by=opening.application.id))
        if opening.body_hash != _hash(body):
            raise self._refused(Untrusted("a token is for another body (bsh)", by=opening.application.id))
        return Caller(_SEAL, opening)

    def _refused(self, error: Untrusted) -> Refused:
        self._seldom.warn(f"caller: {error.why}", f"a call was not let in: {error}")
        return Refused("unauthorized")

    def _opening(self, call: Signed, *, now: datetime) -> Opening:
        found = token(call)
        claims, policy = found.claims, self._policy()
        application = policy.applications.get(claims.iss)
        if application is None:
            raise Untrusted("a token is by an application that the policy does not have")
        try:
            self._require_signed(found, policy, application)
            _require_now(claims, now=now)
            self._require_for(claims, call)
        except Untrusted as error:
            raise Untrusted(error.why, by=application.id) from None
        return Opening(_SEAL, claims, application=application)

    def _require_signed(self, found: Token, policy: Policy, application: Application) -> None:
        head = found.header
        key = self._keys(policy, application).get(head.kid)
        if key is None and application.jwks_uri:
            key = self._found(application, head.kid)
        if key is None:
            raise Untrusted("no key of this application has the id that a token names")
        if head.alg != algorithm(key):
            raise Untrusted("a token names another algorithm than its key's")
        try:
            require_signed(found.signed, octets(found.signature), key, head.alg)
        except (ValueError, InvalidSignature):
            raise Untrusted("the signature of a token does not hold") from None

    def _found(self, application: Application, kid: str) -> PublicKey | None:
        """The same among those that it publishes. That they are not there is said seldom: strangers can ask."""
        try:
            return self._published.of(application.jwks_uri).find(kid)
        except Unavailable as error:
            self._seldom.warn("caller: keys", f"a call has to wait: {application.id}: {error}")
            raise

    def _keys(self, policy: Policy, application: Application) -> Mapping[str, PublicKey]:
        """The keys that the policy lists, by their ids, read once for each policy."""
        of, listed = self._listed
        if of is not policy:
            listed = {}
            self._listed = (policy, listed)
        if application.id not in listed:
            listed[application.id] = _by_id(application.keys)
        return listed[application.id]

    def _require_for(self, claims: Claims, call: Signed) -> None:
        """Raise unless the token was made for this very call, whatever its body is."""
        if claims.aud != self._url:
            raise Untrusted("a token is for another audience than COUNTERSIGN_API_URL")
        if claims.htm != call.method:
            raise Untrusted("a token is for another method (htm)")
        if claims.htu != f"{self._url}{call.target}":
            raise Untrusted("a token is for another address (htu): COUNTERSIGN_API_URL, the path and the query")
        if claims.ik != idempotency_key(call):
            raise Untrusted("a token is for another Idempotency-Key (ik)")


def _by_id(jwks: Iterable[Mapping[str, Any]]) -> Mapping[str, PublicKey]:
    """Keys by their ids, or thumbprints where they have none. What cannot verify is left out, as lint says.

    Of several keys of one id none counts: nobody can say which of them was meant.
    """
    found: dict[str, list[PublicKey]] = {}
    for jwk in jwks:
        try:
            key = verifying(jwk)
        except ValueError:
            continue
        found.setdefault(str(jwk.get("kid", "")) or key_id(key), []).append(key)
    return {kid: keys[0] for kid, keys in found.items() if len(keys) == 1}


def _require_now(claims: Claims, *, now: datetime) -> None:
    if not _JTI.fullmatch(claims.jti):
        raise Untrusted("a token's own name (jti) must be 16 to 128 letters, digits and -._~")
    seconds, skew = now.timestamp(), SKEW.total_seconds()
    if claims.iat > seconds + skew:
        raise Untrusted("a token is of the future (iat): see whether the clocks are right")
    if claims.exp <= seconds - skew:
        raise Untrusted("a token is out of date (exp): see whether the clocks are right")
    if not 0 < claims.exp - claims.iat <= LIFE:
        raise Untrusted(f"a token must live for {LIFE} seconds at most (iat, exp)")


def _hash(body: bytes) -> str:
    return base64url(hashlib.sha256(body).digest())
