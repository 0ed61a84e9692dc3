"""Whether what came to a webhook was sent by Countersign (Standard Webhooks 1.0.0).

    told = verify_webhook(raw, headers, keys)
    if told.type == "request.approved":
        ...

`raw` are the octets of the body as they came. What it says is that a request came to a state, and no permission:
ask for the request, or go on with it by `resume`. The same message may come again, under the same `id`.
"""

import base64
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countersign_client import shapes
from countersign_client.errors import ClientError, Unusable
from countersign_client.jwks import verifying
from countersign_client.keys import PURPOSE

TOLERANCE = timedelta(minutes=5)
"""So far a message's time may lie from ours, before and after."""

LARGEST = 20_000
"""Bytes of a message."""

Key = str | bytes
"""A JWK set as `/.well-known/jwks.json` gives it, a secret (`whsec_…`), or a public key (`whpk_…`)."""

_MOST_SIGNATURES = 20
_SECRET, _PUBLIC = "whsec_", "whpk_"
_NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class WebhookError(ClientError):
    """A message that proves nothing: answer it with 400, and do nothing. The text says why, for the log alone."""


class _Data(msgspec.Struct, frozen=True):
    request: str
    state: str
    version: int


class _Body(msgspec.Struct, frozen=True):
    type: str
    timestamp: datetime
    data: _Data


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was verified: the request `request` came to `state` at `at`, as its `version`.

    `id` is the same whenever the message comes again.
    """

    id: str
    type: str
    at: datetime
    request: str
    state: str
    version: int


class _Read(msgspec.Struct, frozen=True):
    public: tuple[Ed25519PublicKey, ...]
    secrets: tuple[bytes, ...]


def verify_webhook(
    raw: bytes, headers: Mapping[str, str], keys: Key | Iterable[Key], *, now: datetime | None = None
) -> Told:
    """Check a message by any of the keys, and return what it says.

    Raises `WebhookError` for one that does not verify or is too old, and `Unusable` where no key can be used.
    Whether it came before is the caller's to know, by its `id`.
    """
    read = _read([keys] if isinstance(keys, str | bytes) else keys)
    message_id, sent, signatures = _said(headers)
    if len(raw) > LARGEST:
        raise WebhookError("the body is larger than any message")
    if abs((now or datetime.now(UTC)).timestamp() - int(sent)) > TOLERANCE.total_seconds():
        raise WebhookError("it was sent more than five minutes ago, or the clocks differ")
    signed = f"{message_id}.{sent}.".encode() + raw
    if not any(_holds(each, signed, read) for each in signatures.split(" ", _MOST_SIGNATURES)[:_MOST_SIGNATURES]):
        raise WebhookError("none of its signatures is one of these keys")
    return _told(message_id, raw)


def _said(headers: Mapping[str, str]) -> tuple[str, str, str]:
    found = [(name.lower(), value) for name, value in headers.items() if name.lower() in _NAMES]
    said = dict(found)
    if len(found) != len(_NAMES) or len(said) != len(_NAMES):
        raise WebhookError(f"it does not carry {', '.join(_NAMES)}, each of them once")
    message_id, sent, signatures = (said[name] for name in _NAMES)
    if not _ID.fullmatch(message_id) or not _SECONDS.fullmatch(sent):
        raise WebhookError("its id or its time is of another form")
    return message_id, sent, signatures


def _holds(signature: str, signed: bytes, keys: _Read) -> bool:
    version, _, text = signature.partition(",")
    try:
        held = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    if version == "v1a":
        return any(_by(key, held, signed) for key in keys.public)
    if version == "v1":
        return any(hmac.compare_digest(hmac.digest(key, signed, "sha256"), held) for key in keys.secrets)
    return False


def _by(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _told(message_id: str, raw: bytes) -> Told:
    try:
        body = shapes.decode(raw, _Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WebhookError("its body is no message that this version knows") from error
    if body.timestamp.tzinfo is None or body.type != f"request.{body.data.state}":
        raise WebhookError("its body is no message that this version knows")
    return Told(
        id=message_id,
        type=body.type,
        at=body.timestamp,
        request=body.data.request,
        state=body.data.state,
        version=body.data.version,
    )


def _read(keys: Iterable[Key]) -> _Read:
    public: list[Ed25519PublicKey] = []
    secrets: list[bytes] = []
    for key in keys:
        text = key.decode(errors="replace") if isinstance(key, bytes) else key
        if text.startswith(_SECRET):
            secrets.append(_octets(text.removeprefix(_SECRET), at_least=24))
        elif text.startswith(_PUBLIC):
            public.append(Ed25519PublicKey.from_public_bytes(_octets(text.removeprefix(_PUBLIC), at_least=32)))
        else:
            public += _set(text)
    if not public and not secrets:
        raise Unusable("there is no key for webhooks: give the service's /.well-known/jwks.json, or the secret")
    return _Read(tuple(public), tuple(secrets))


def _octets(text: str, *, at_least: int) -> bytes:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise Unusable("a key for webhooks is no base64") from error
    if not at_least <= len(found) <= (32 if at_least == 32 else 64):
        raise Unusable("a key for webhooks has another length")
    return found


def _set(text: str) -> list[Ed25519PublicKey]:
    """The keys of a JWK set that say that they are for webhooks; no other key counts for them."""
    try:
        jwks: list[dict[str, Any]] = json.loads(text)["keys"]
        found = [verifying(jwk) for jwk in jwks if jwk.get(PURPOSE) == "webhooks"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(
            "this is no set of public keys (JWK), and neither a secret nor a key for webhooks"
        ) from error
    return [key for key in found if isinstance(key, Ed25519PublicKey)]
