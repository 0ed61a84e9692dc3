"""Whether keys sign: something is signed and verified, of a kind that nothing accepts, and thrown away."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from approvals.backends.signers.keyset import KeysError
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, WEBHOOKS, Purpose
from approvals.ports.examining import Diagnosis, found
from approvals.ports.signing import Signer
from approvals.refusals.errors import Refused, Unavailable
from countersign_client.jwks import verifying

PART = "keys"
_MESSAGE = b"countersign doctor"


class Stamping(Protocol):
    """What signs webhooks."""

    def stamp(self, message: bytes) -> bytes: ...
    def keys(self) -> Mapping[str, Any]: ...


class Unsigned(Exception):
    """What was signed does not verify by the keys that are published."""


def examine(url: str, purpose: Purpose, act: Callable[[], None]) -> Iterator[Diagnosis]:
    """Say whether `act`, one of the two below, was done with the keys at `url`."""
    facts = {"where": url, "purpose": purpose.name}
    try:
        act()
    except Unavailable as error:
        yield found(PART, "unknown", "keys.unanswered", said=error, **facts)
    except (KeysError, Refused, Unsigned) as error:
        yield found(PART, "wrong", f"keys.{purpose.name}", said=error, **facts)
    else:
        yield found(PART, "ok", "keys.ok", **facts)


def missing(url: str, purpose: Purpose, possible: Callable[[], None]) -> Iterator[Diagnosis]:
    """Say of keys that are not there yet whether they can be made. `possible` raises `KeysError` where not."""
    facts = {"where": url, "purpose": purpose.name}
    try:
        possible()
    except KeysError as error:
        yield found(PART, "wrong", f"keys.{purpose.name}", said=error, **facts)
    else:
        yield found(PART, "warning", "keys.none", **facts)


def signs(signer: Signer, purpose: Purpose) -> None:
    """Sign and verify claims. Raises `Unsigned`, or what the signer does."""
    kinds = {TOKENS.name: "check", RECEIPTS.name: "receipt"}
    claims = {"knd": kinds[purpose.name], "iss": "doctor", "aud": "doctor", "exp": int(time.time()) + 60}
    if signer.verify(signer.sign(claims)) != claims:
        raise Unsigned("what was signed reads otherwise afterwards")


def stamps(signer: Stamping) -> None:
    """Sign and verify a message. Raises `Unsigned`, or what the signer does."""
    stamp = signer.stamp(_MESSAGE)
    for jwk in signer.keys()["keys"]:
        key = verifying(jwk)
        if isinstance(key, ed25519.Ed25519PublicKey) and _verifies(key, stamp):
            return
    raise Unsigned(f"none of the keys that are published for {WEBHOOKS.name} verifies what was signed")


def _verifies(key: ed25519.Ed25519PublicKey, stamp: bytes) -> bool:
    try:
        key.verify(stamp, _MESSAGE)
    except InvalidSignature:
        return False
    return True
