"""Security Event Tokens of the policy's transmitters (RFC 8417; OpenID Shared Signals Framework 1.0).

A SET is told from every other token by its `typ`, and counts by the keys that its transmitter publishes. Whom it
is about is its subject (RFC 9493): at the top, as the framework has it, or inside the event, as before 1.0.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from approvals.policy.model import Policy
from approvals.policy.parties import Transmitter
from approvals.refusals.errors import Refused
from approvals.signals import OLDEST, SKEW, Ends, Signal
from countersign_client import shapes
from countersign_client.jwks import algorithm
from countersign_client.jws import InvalidSignature, octets, require_signed
from handlers.identity import compact
from handlers.identity.issuers import is_by
from handlers.identity.keys import KeySets
from handlers.identity.signed import Untrusted

LARGEST = 64 * 1024
"""Characters of a SET."""

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
EVENTS: Mapping[str, Ends] = {
    f"{RISC}account-disabled": "account",
    f"{RISC}account-purged": "account",
    f"{CAEP}session-revoked": "session",
    f"{RISC}sessions-revoked": "session",
}
"""What ends something here. Of several in one SET the first of these counts, for it ends what the others do."""

_TYPES = ("secevent+jwt", "application/secevent+jwt")
_MOST_SUBJECTS = 20

Error = Literal["invalid_request", "invalid_key", "invalid_issuer", "invalid_audience"]
"""RFC 8935 section 2.4. Nobody authenticates besides by the SET's signature, so there is no other."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Moment = Annotated[int, msgspec.Meta(ge=0, lt=1 << 40)]


class Unacceptable(Untrusted):
    """A SET that does nothing. `err` is its code for the transmitter, and `why` says it to both sides."""

    def __init__(self, err: Error, why: str, *, by: str = "") -> None:
        super().__init__(why, by=by)
        self.err = err


class _Header(msgspec.Struct, frozen=True):
    alg: Literal["RS256", "ES256", "EdDSA"]
    kid: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    typ: str


class _Claims(msgspec.Struct, frozen=True):
    iss: Text
    aud: Text | Annotated[list[Text], msgspec.Meta(min_length=1, max_length=50)]
    iat: Moment
    jti: Text
    events: Annotated[dict[str, dict[str, Any]], msgspec.Meta(min_length=1, max_length=20)]
    sub_id: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    exp: Moment | msgspec.UnsetType = msgspec.UNSET


class Events:
    """Reads the SETs of the transmitters of the policy in force."""

    def __init__(self, *, policy: Callable[[], Policy], keys: KeySets) -> None:
        self._policy = policy
        self._keys = keys

    def read(self, text: str, *, now: datetime) -> Signal:
        """What a SET says. Raises `Unacceptable`, or `Unavailable` where its transmitter's keys cannot be had."""
        parts = text.split(".") if len(text) <= LARGEST else []
        if len(parts) != 3:
            raise Unacceptable("invalid_request", "the body is no SET: larger than any, or not of three parts")
        head, claims = _header(parts[0]), _claims(parts[1])
        policy = self._policy()
        transmitter = next((each for each in policy.signals.values() if each.issuer == claims.iss), None)
        if transmitter is None:
            raise Unacceptable("invalid_issuer", "the SET is by an issuer that the policy does not list")
        try:
            self._require_signed(head, parts, transmitter)
            _require_ours(claims, transmitter, now=now)
            return _signal(claims, transmitter, policy)
        except Unacceptable as error:
            raise Unacceptable(error.err, error.why, by=transmitter.id) from None

    def _require_signed(self, head: _Header, parts: list[str], transmitter: Transmitter) -> None:
        key = self._keys.of(transmitter.jwks_uri).find_surely(head.kid)
        if key is None:
            raise Unacceptable("invalid_key", "no published key of the issuer has the id that the SET names")
        if head.alg != algorithm(key):
            raise Unacceptable("invalid_key", "the SET names another algorithm than its key's")
        try:
            # By the key's own algorithm: what a header says chooses nothing.
            require_signed(f"{parts[0]}.{parts[1]}".encode(), octets(parts[2]), key, algorithm(key))
        except (ValueError, InvalidSignature):
            raise Unacceptable("invalid_key", "the signature of the SET does not hold") from None


def _header(part: str) -> _Header:
    said = _object("header", part)
    if any(name in said for name in compact.CARRIERS):
        raise Unacceptable("invalid_request", "the header of the SET brings something along")
    try:
        found = shapes.convert(said, _Header)
    except msgspec.ValidationError:
        text = "the header of the SET needs a kid, the typ secevent+jwt, and an alg of RS256, ES256 and EdDSA"
        raise Unacceptable("invalid_request", text) from None
    if found.typ.lower() not in _TYPES:
        raise Unacceptable("invalid_request", "the token is of another kind than secevent+jwt (typ)")
    return found


def _claims(part: str) -> _Claims:
    """What a SET claims. It names no `sub`, so that it is nobody's ID token (framework, section 4.1)."""
    said = _object("claims", part)
    if "sub" in said:
        raise Unacceptable("invalid_request", "the SET has a sub: its subject is its sub_id")
    try:
        return shapes.convert(said, _Claims)
    except msgspec.ValidationError:
        text = "the SET needs iss, aud, iat, jti and events, each of the type of RFC 8417"
        raise Unacceptable("invalid_request", text) from None


def _object(name: str, part: str) -> dict[str, Any]:
    try:
        return compact.read(part)
    except ValueError:
        text = f"the {name} of the SET: no JSON object, too deep, or a member twice"
        raise Unacceptable("invalid_request", text) from None


def _require_ours(claims: _Claims, transmitter: Transmitter, *, now: datetime) -> None:
    named = (claims.aud,) if isinstance(claims.aud, str) else tuple(claims.aud)
    if transmitter.audience not in named:
        raise Unacceptable("invalid_audience", "the SET is for another audience than the policy names")
    seconds, skew = now.timestamp(), SKEW.total_seconds()
    if claims.iat > seconds + skew:
        raise Unacceptable("invalid_request", "the SET is of the future (iat): see whether the clocks are right")
    if claims.iat <= seconds - OLDEST.total_seconds():
        raise Unacceptable("invalid_request", "the SET was issued more than a day ago (iat)")
    if not isinstance(claims.exp, msgspec.UnsetType) and claims.exp <= seconds - skew:
        raise Unacceptable("invalid_request", "the SET is out of date (exp)")


def _signal(claims: _Claims, transmitter: Transmitter, policy: Policy) -> Signal:
    event = next((each for each in EVENTS if each in claims.events), next(iter(claims.events)))
    ends = EVENTS.get(event)
    return Signal(
        transmitter=transmitter.id,
        jti=claims.jti,
        issued=datetime.fromtimestamp(claims.iat, UTC),
        event=event.rpartition("/")[2] if ends else "",
        ends=ends,
        person=_person(_subject(claims, event), policy) if ends else "",
    )


def _subject(claims: _Claims, event: str) -> Mapping[str, Any]:
    """The subject, wherever it stands. In two places it is one, or nobody knows who is meant."""
    inside = claims.events[event].get("subject", msgspec.UNSET)
    both = [each for each in (claims.sub_id, inside) if not isinstance(each, msgspec.UnsetType)]
    if not both or not isinstance(both[0], dict) or both[0] != both[-1]:
        raise Unacceptable("invalid_request", "the SET has no subject (sub_id), or two that differ")
    return both[0]


def _person(subject: Mapping[str, Any], policy: Policy) -> str:
    """The one person of the policy whom a subject means; empty where it means nobody that is known here."""
    user = subject.get("user") if subject.get("format", "complex") == "complex" else subject
    if not isinstance(user, dict):
        return ""  # a device, a tenant or a session of nobody who is named
    found = dict.fromkeys(person for each in _simple(user) if (person := _known(each, policy)))
    return next(iter(found)) if len(found) == 1 else ""


def _simple(user: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The identifiers of one subject, which may go by several (`aliases`)."""
    if user.get("format") != "aliases":
        yield user
        return
    listed = user.get("identifiers")
    if not isinstance(listed, list) or len(listed) > _MOST_SUBJECTS:
        raise Unacceptable("invalid_request", "the subject of the SET has no list of identifiers, or a long one")
    yield from (each for each in listed if isinstance(each, dict))


def _known(subject: Mapping[str, Any], policy: Policy) -> str:
    match subject:
        case {"format": "email", "email": str(email)}:
            return _primary(email, policy)
        case {"format": "account", "uri": str(uri)} if uri.startswith("acct:"):
            return _primary(uri.removeprefix("acct:"), policy)
        case {"format": "iss_sub", "iss": str(iss), "sub": str(sub)}:
            ids = [each.id for each in policy.issuers.values() if is_by(each, iss)]
            aliases = policy.identity.aliases
            return next((aliases[name] for each in ids if (name := f"{each}:{sub}") in aliases), "")
        case {"format": "email" | "account" | "iss_sub"}:
            raise Unacceptable("invalid_request", "the subject of the SET lacks a member of its format (RFC 9493)")
    return ""


def _primary(address: str, policy: Policy) -> str:
    try:
        person = policy.identity.primary(address)
    except Refused:
        return ""
    return person if policy.identity.knows(person) else ""
