"""A message that came to a webhook counts when one of the keys signed it just now, and never else."""

import base64
import hmac
import json
import subprocess
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from countersign_client.applications import WebhookError, verify_webhook
from countersign_client.applications.webhooks import Key
from countersign_client.errors import Unusable
from countersign_client.jwks import public_jwk
from tests.bot.commands import ROOT
from tests.support.builders import NOW
from tests.support.verifiers import NODE, needs_node

RECEIVER = ROOT / "examples" / "callers" / "told.mjs"
# The same in each process of a run: they stand in the tests' names.
OURS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([each]) * 32) for each in (1, 2))
RAW = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(RAW).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
BODY: dict[str, Any] = {
    "type": "request.approved",
    "timestamp": "2026-03-02T08:59:59Z",
    "data": {"request": "r-0123456789", "state": "approved", "version": 2},
}


def jwks(key: Ed25519PrivateKey = OURS, purpose: str = "webhooks") -> str:
    return json.dumps({"keys": [public_jwk(key.public_key()) | {"countersign_purpose": purpose}]})


def message(
    body: bytes = json.dumps(BODY).encode(),
    *,
    message_id: str = "msg_r-0123456789_approved",
    at: datetime = NOW,
    key: Ed25519PrivateKey = OURS,
    secret: bytes = RAW,
    headers: Mapping[str, str] | None = None,
) -> tuple[bytes, dict[str, str]]:
    sent = str(int(at.timestamp()))
    signed = f"{message_id}.{sent}.".encode() + body
    v1a = base64.b64encode(key.sign(signed)).decode()
    v1 = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    good = {"webhook-id": message_id, "webhook-timestamp": sent, "webhook-signature": f"v1a,{v1a} v1,{v1}"}
    return body, good | dict(headers or {})


def without(name: str) -> tuple[bytes, dict[str, str]]:
    body, headers = message()
    return body, {each: value for each, value in headers.items() if each != name}


def changed(old: bytes, new: bytes) -> tuple[bytes, dict[str, str]]:
    body, headers = message()
    assert old in body
    return body.replace(old, new), headers


def body(**changes: Any) -> bytes:
    return json.dumps(BODY | changes).encode()


V1, V1A = (message()[1]["webhook-signature"].split(" ")[place] for place in (1, 0))

REFUSED = {
    "another body": changed(b"approved", b"denied"),
    "a body with a blank more": changed(b"{", b"{ "),
    "another id": message(headers={"webhook-id": "msg_r-0123456789_used"}),
    "another time": message(headers={"webhook-timestamp": str(int(NOW.timestamp()) + 1)}),
    "no id": without("webhook-id"),
    "no time": without("webhook-timestamp"),
    "no signature": without("webhook-signature"),
    "an empty signature": message(headers={"webhook-signature": ""}),
    "two ids": message(headers={"Webhook-Id": "msg_r-0123456789_approved"}),
    "an id with a dot": message(message_id="msg.1"),
    "a time that is no number": message(headers={"webhook-timestamp": "now"}),
    "a time below zero": message(headers={"webhook-timestamp": "-1"}),
    "a time in other digits": message(headers={"webhook-timestamp": "\u0661"}),
    "too old": message(at=NOW - timedelta(minutes=5, seconds=1)),
    "from the future": message(at=NOW + timedelta(minutes=5, seconds=1)),
    "by other keys": message(key=OTHER, secret=bytes(32)),
    "each signature by the other's name": message(
        headers={"webhook-signature": f"v1,{V1A.partition(',')[2]} v1a,{V1.partition(',')[2]}"}
    ),
    "of no version": message(headers={"webhook-signature": V1A.replace("v1a", "v9")}),
    "no base64": message(headers={"webhook-signature": "v1a,!!! v1,???"}),
    "beyond the twentieth": message(headers={"webhook-signature": " ".join(["v1,AAAA"] * 20 + [V1A])}),
    "too large": message(b" " * 20_001),
    "signed, and no JSON": message(b"approved"),
    "signed, and not UTF-8": message(b'{"type":"\xff"}'),
    "signed, and a list": message(b"[]"),
    "signed, and deep": message(b"[" * 9_000),
    "signed, without data": message(json.dumps({"type": "request.approved"}).encode()),
    "signed, of another type": message(body(type="request.denied")),
    "signed, at no time": message(body(timestamp="yesterday")),
    "signed, with a version that is a text": message(body(data=BODY["data"] | {"version": "2"})),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_verify_is_refused(what: str) -> None:
    raw, headers = REFUSED[what]

    with pytest.raises(WebhookError):
        verify_webhook(raw, headers, [jwks(), SECRET], now=NOW)


@pytest.mark.parametrize(
    "keys",
    [
        [],
        "",
        "{}",
        '{"keys": 1}',
        '{"keys": ["x"]}',
        jwks(purpose="receipts"),
        "whsec_",
        "whsec_!",
        "whpk_AAAA",
        b"\xff",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
    ],
)
def test_where_no_key_can_be_used_nothing_verifies(keys: Any) -> None:
    with pytest.raises(Unusable):
        verify_webhook(*message(), keys, now=NOW)


@pytest.mark.parametrize(
    "keys",
    [
        jwks(),
        jwks().encode(),
        SECRET,
        "whpk_" + base64.b64encode(OURS.public_key().public_bytes_raw()).decode(),
        [jwks(OTHER), OTHER_SECRET, SECRET],
        [OTHER_SECRET, jwks()],
    ],
)
def test_one_signature_by_one_of_the_keys_is_enough(keys: Key | list[Key]) -> None:
    told = verify_webhook(*message(), keys, now=NOW)

    assert (told.id, told.type) == ("msg_r-0123456789_approved", "request.approved")
    assert (told.request, told.state, told.version) == ("r-0123456789", "approved", 2)
    assert told.at == datetime.fromisoformat("2026-03-02T08:59:59Z")


def test_what_the_standard_s_own_library_signs_verifies_whatever_the_headers_are_spelt_like() -> None:
    raw = json.dumps(BODY)
    signature = Webhook(SECRET).sign("msg_1", NOW, raw)
    headers = {
        "Webhook-Id": "msg_1",
        "WEBHOOK-TIMESTAMP": str(int(NOW.timestamp())),
        "Webhook-Signature": signature,
    }

    assert verify_webhook(raw.encode(), headers, SECRET, now=NOW).request == "r-0123456789"


@needs_node
def test_the_receiver_in_node_gives_the_same_answers(tmp_path: Path) -> None:
    # There the server joins what comes twice.
    refused = {name: each for name, each in REFUSED.items() if name != "two ids"}
    good = {
        "by both": (message(), [jwks(), SECRET]),
        "by the key": (message(), [jwks()]),
        "v1": (message(), [SECRET]),
    }
    no_key = {"no key of webhooks": (message(), [jwks(purpose="receipts")]), "no key": (message(), [])}
    cases = {name: (each, [jwks(), SECRET]) for name, each in refused.items()} | good | no_key
    given = {
        name: {"raw": base64.b64encode(raw).decode(), "headers": headers, "keys": keys}
        for name, ((raw, headers), keys) in cases.items()
    }
    (tmp_path / "given.json").write_text(json.dumps(given))
    code = (
        f"import {{ told }} from {json.dumps(RECEIVER.as_uri())};"
        "import { readFileSync } from 'node:fs';"
        "const taken = ({ raw, headers, keys }) => {"
        f" try {{ return told(Buffer.from(raw, 'base64'), headers, keys, {NOW.timestamp()}); }}"
        " catch { return null; } };"
        "const given = JSON.parse(readFileSync('given.json', 'utf8'));"
        "console.log(JSON.stringify(Object.fromEntries(Object.entries(given).map(([n, e]) => [n, taken(e)]))));"
    )

    command = [NODE, "--input-type=module", "-e", code]
    said = json.loads(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout)
    assert {name for name, each in said.items() if each} == set(good)
    assert said["by both"] == {
        "id": "msg_r-0123456789_approved",
        "at": "2026-03-02T08:59:59.000Z",
        "type": "request.approved",
        **BODY["data"],
    }
