"""Receipts as their issuer writes them, by another implementation: each has one good value for everything."""

import base64
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from countersign_client.canonical import digest
from countersign_client.keys import Keys, read_keys
from countersign_client.receipts import ReceiptError, verify

KEY = ECKey.generate_key("P-256")
ISSUER = "countersign:i-0123456789"


def key_set(*keys: ECKey | RSAKey | OctKey, **more: Any) -> bytes:
    """The keys as their issuer publishes them: for receipts. `more` are other members, None leaves one out."""
    members = {"countersign_purpose": "receipts"} | more
    said = {name: value for name, value in members.items() if value is not None}
    return json.dumps({"keys": [key.as_dict(private=False) | said for key in keys]}).encode()


def as_keys(jwks: list[dict[str, Any]]) -> Keys:
    return read_keys(json.dumps({"keys": jwks}).encode())


def keys() -> Keys:
    return read_keys(key_set(KEY))


def terms(**changes: Any) -> dict[str, Any]:
    """An hour of one role, which two people must allow."""
    return {
        "v": 1,
        "id": "r-0123456789",
        "revision": 1,
        "requester": "alice@example.com",
        "entitlement": "admin",
        "title": "Zürich administration",
        "resource": "projects/payments-prod",
        "roles": ["roles/run.admin"],
        "condition": "",
        "duration": 3600,
        "justification": "sha256:" + "1" * 64,
        "expires": "2026-11-22T18:00:00Z",
        "requirement": {
            "kind": "stages",
            "stages": [{"approvers": ["group:approvers@example.com"], "needed": 2, "sign": ""}],
        },
        "policy": "sha256:" + "2" * 64,
        **changes,
    }


def review(person: str, **changes: Any) -> dict[str, Any]:
    good = {
        "person": person,
        "verdict": "approve",
        "at": "2026-11-22T10:01:00Z",
        "channel": "slack",
        "signed": False,
    }
    return good | changes


def claims(**changes: Any) -> dict[str, Any]:
    """What an approved request's receipt says; `dig` covers the terms unless it is given."""
    asked = changes.get("terms", terms())
    return {
        "v": 1,
        "knd": "receipt",
        "iss": ISSUER,
        "iat": 1795341720,
        "jti": "0123456789abcdef",
        "sub": "r-0123456789",
        "rev": 1,
        "dig": digest(asked),
        "terms": asked,
        "decision": {
            "outcome": "approved",
            "at": "2026-11-22T10:02:00Z",
            "by": ["bob@example.com", "carol@example.com"],
            "window": {"start": "2026-11-22T10:02:00Z", "end": "2026-11-22T11:02:00Z"},
        },
        "reviews": [review("bob@example.com"), review("carol@example.com")],
        "audit": {"seq": 4, "head": "sha256:" + "3" * 64},
        **changes,
    }


def decision(**changes: Any) -> dict[str, Any]:
    good: dict[str, Any] = claims()["decision"]
    return good | changes


def without(whole: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key != name}


def signed(content: object, *, key: ECKey = KEY, **header: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return jws.serialize_compact({"alg": "ES256", "kid": key.thumbprint(), **header}, text, key)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def refusal(receipt: str, **more: Any) -> str:
    with pytest.raises(ReceiptError) as refused:
        verify(receipt, keys(), **more)
    return str(refused.value)
