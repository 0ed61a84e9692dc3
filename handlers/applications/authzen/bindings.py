"""What binds an access request to the denial that it is about: a signed token (ARAP, "Denial Binding Claims").

It says that this application was denied exactly this a moment ago, and gives nobody anything.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from approvals.ports.store import Memory
from approvals.times import rfc3339
from countersign_client import shapes
from countersign_client.canonical import canonical
from countersign_client.jwks import key_id, public_jwk
from countersign_client.jws import InvalidSignature, base64url, octets, require_signed
from handlers.applications.authzen.actors import Chain
from handlers.applications.authzen.questions import Members, Question, properties
from handlers.kept_key import KeptKey
from handlers.wire.problems import Fault

LIFE = timedelta(minutes=10)
"""How long a denial can be answered by a request."""

LARGEST = 8 * 1024
"""Characters of a token."""

_KEY = "applications.denials"
_TYPE = "countersign-denial+jwt"
_PARTS = 3


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """All that a token says. `client_id` is the application that was denied, `actor` who acted for the subject."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    client_id: str
    denial_expires_at: str
    evaluation_id: str
    binding_context_members: tuple[str, ...]
    binding_hash: str
    actor: Chain = ()

    @property
    def until(self) -> datetime:
        """When it counts no more."""
        return datetime.fromtimestamp(self.exp, UTC)


def binding_hash(found: Question, members: Collection[str]) -> str:
    """What a denial is bound to: base64url of SHA-256 of the canonical JSON of subject, resource, action and these
    members of the context.
    """
    bound = {
        "subject": _without_actor(found.subject),
        "resource": found.resource,
        "action": found.action,
        "context": {name: found.context[name] for name in members if name in found.context},
    }
    return base64url(hashlib.sha256(canonical(bound)).digest())


def _without_actor(subject: Members) -> Members:
    """A subject as it counts, without `properties.act`.

    Properties of which that was all are gone with it: whoever moves it to `client.actor`, as in the draft's own
    example, leaves none behind.
    """
    own = properties(subject)
    if "act" not in own:
        return subject
    left = {name: each for name, each in own.items() if name != "act"}
    known = {name: each for name, each in subject.items() if name != "properties"}
    return known | ({"properties": left} if left else {})


class Bindings:
    """Makes tokens, and reads those that come back. Its key is made of one that lies in the store."""

    def __init__(self, memory: Memory, url: str) -> None:
        """`url` is where applications call."""
        self._kept = KeptKey(memory, _KEY)
        self.url = url
        self.audience = f"{url}/access/v1/requests"

    def claims(
        self,
        application: str,
        found: Question,
        *,
        members: tuple[str, ...],
        chain: Chain,
        name: str,
        now: datetime,
    ) -> Claims:
        """What a denial of this moment says. `name` is the evaluation's own."""
        until = now.replace(microsecond=0) + LIFE
        return Claims(
            iss=self.url,
            aud=self.audience,
            iat=int(now.timestamp()),
            exp=int(until.timestamp()),
            jti=name,
            client_id=application,
            denial_expires_at=rfc3339(until),
            evaluation_id=name,
            binding_context_members=members,
            binding_hash=binding_hash(found, members),
            actor=chain,
        )

    def token(self, claims: Claims) -> str:
        """The claims, signed."""
        key = self._private()
        header = {"alg": "EdDSA", "kid": key_id(key.public_key()), "typ": _TYPE}
        signed = f"{base64url(json.dumps(header).encode())}.{base64url(msgspec.json.encode(claims))}"
        return f"{signed}.{base64url(key.sign(signed.encode()))}"

    def read(self, token: str) -> Claims:
        """The claims of a token of ours. Whether it is over, they say. Raises `Fault`."""
        try:
            return self._read(token)
        except (ValueError, InvalidSignature, msgspec.ValidationError, RecursionError):
            raise unbound("The member denial.binding_token is none of this service. Evaluate again.") from None

    def jwks(self) -> Mapping[str, Any]:
        """What verifies a token (RFC 7517)."""
        public = self._private().public_key()
        jwk = public_jwk(public) | {"kid": key_id(public), "alg": "EdDSA", "use": "sig"}
        return {"keys": [jwk]}

    def named(self, name: str, path: str, body: bytes) -> str:
        """What a call without a key of its own is called, which has this name and says this there. By no other key
        than ours could anybody try out what it said.
        """
        return f"unnamed:{self._kept.mac('call', name, path, hashlib.sha256(body).hexdigest())}"

    def _read(self, token: str) -> Claims:
        parts = token.split(".")
        if len(token) > LARGEST or len(parts) != _PARTS:
            raise ValueError("no token")
        header = json.loads(octets(parts[0]))
        if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"} or header["typ"] != _TYPE:
            raise ValueError("a token of another kind")
        self._require_signed(f"{parts[0]}.{parts[1]}".encode(), octets(parts[2]), str(header["alg"]))
        claims = shapes.decode(octets(parts[1]), Claims)
        if (claims.iss, claims.aud) != (self.url, self.audience):
            raise ValueError("a token for somebody else")
        return claims

    def _require_signed(self, signed: bytes, signature: bytes, algorithm: str) -> None:
        try:
            require_signed(signed, signature, self._private().public_key(), algorithm)
        except InvalidSignature:
            # Another instance may have made the key anew, which this makes sure of.
            self._kept.fits("", "ed25519")
            require_signed(signed, signature, self._private().public_key(), algorithm)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(octets(self._kept.mac("ed25519")))


def require_bound(denial: Members, found: Question, claims: Claims, *, application: str, now: datetime) -> None:
    """Raise `Fault` unless this is what was denied to this application, and that counts still.

    What is bound to something else is said first: whether it is over is nobody's question then.
    """
    if claims.client_id != application:
        raise unbound("This was denied to another application.")
    if binding_hash(found, claims.binding_context_members) != claims.binding_hash:
        raise unbound("Subject, action, resource or context are others than those that were denied.")
    if denial.get("expires_at") != claims.denial_expires_at:
        raise unbound("The member denial.expires_at is another one than the denial's.")
    if denial.get("evaluation_id", claims.evaluation_id) != claims.evaluation_id:
        raise unbound("The member denial.evaluation_id is another one than the denial's.")
    if now >= claims.until:
        raise Fault(410, "expired_denial", f"This denial was over at {claims.denial_expires_at}. Evaluate again.")


def unbound(said: str) -> Fault:
    """What a submission is told that cannot be bound to a denial."""
    return Fault(400, "invalid_denial_binding", said, field="denial")
