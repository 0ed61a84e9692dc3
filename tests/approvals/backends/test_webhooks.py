"""Webhooks as they go out: signed as Standard Webhooks has it, to where the one fetcher may go."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from approvals.backends.fetching import Fetcher, NotAllowed
from approvals.backends.signers.file import FileSigner, create_keys, rotate_keys
from approvals.backends.signers.keyset import KeysError
from approvals.backends.signers.purposes import RECEIPTS, WEBHOOKS
from approvals.backends.webhooks import Webhooks
from approvals.policy.parties import Application
from approvals.refusals.errors import Unavailable
from countersign_client.applications import verify_webhook
from tests.support.builders import NOW
from tests.support.receivers import Hook, hook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
KEPT = "secret:projects/shop/secrets/hook"
BODY = b'{"type":"request.approved","timestamp":"2026-03-02T09:00:00Z","data":{"request":"r-1","state":"approved","version":2}}'  # noqa: E501 - as it goes out


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    create_keys(tmp_path / "webhooks.jwk", now=NOW, purpose=WEBHOOKS)
    return FileSigner(tmp_path / "webhooks.jwk", issuer=str, purpose=WEBHOOKS)


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as found:
        yield found


def kept(**secrets: str) -> Any:
    def secret(version: str, *, timeout: float) -> bytes:
        return secrets["held"].encode() if version.endswith("/hook/versions/latest") else b""

    return secret


def posting(signer: FileSigner | None, *, held: str = SECRET, sandbox: bool = True) -> Webhooks:
    return Webhooks(stamps=signer, fetch=Fetcher(sandbox=sandbox), secret=kept(held=held))


def shop(url: str, **changes: Any) -> Application:
    return Application(id="shop", title="The shop", webhook=url, **changes)


@pytest.mark.parametrize(
    "held",
    [
        "",
        "plain words",
        base64.b64encode(bytes(32)).decode(),
        "whsec_",
        "whsec_!!!!",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_what_is_no_secret_for_webhooks_signs_nothing_and_is_not_repeated(
    signer: FileSigner, receiver: Hook, held: str
) -> None:
    with pytest.raises(Unavailable) as refused:
        posting(signer, held=held).post(shop(receiver.url, webhook_secret=KEPT), "msg_1", BODY, now=NOW)

    assert KEPT in str(refused.value)
    assert len(held) <= len("whsec_") or held not in str(refused.value)
    assert not receiver.came


def test_nothing_goes_out_unsigned(receiver: Hook) -> None:
    with pytest.raises(Unavailable, match="COUNTERSIGN_WEBHOOK_SIGNER"):
        posting(None).post(shop(receiver.url, webhook_secret=KEPT), "msg_1", BODY, now=NOW)

    assert not receiver.came


def test_the_policy_s_address_is_looked_at_like_any_other(signer: FileSigner, receiver: Hook) -> None:
    with pytest.raises(NotAllowed):
        posting(signer, sandbox=False).post(shop(receiver.url), "msg_1", BODY, now=NOW)

    assert not receiver.came


def test_a_redirect_is_not_followed(signer: FileSigner, receiver: Hook) -> None:
    receiver.status, receiver.more = 307, {"Location": receiver.url, "Retry-After": "7"}
    answer = posting(signer).post(shop(receiver.url), "msg_1", BODY, now=NOW)

    assert (answer.status, answer.retry_after, len(receiver.came)) == (307, "7", 1)


def test_keys_of_webhooks_sign_nothing_else_and_no_other_key_signs_them(
    signer: FileSigner, tmp_path: Path
) -> None:
    create_keys(tmp_path / "receipts.jwk", now=NOW, purpose=RECEIPTS)
    receipts = FileSigner(tmp_path / "receipts.jwk", issuer=str, purpose=RECEIPTS)

    for claims in ({"knd": "receipt"}, {"knd": "checkpoint"}, {}):
        with pytest.raises(KeysError):
            signer.sign(claims)
    with pytest.raises(KeysError):
        receipts.stamp(b"")
    for other in (RECEIPTS, WEBHOOKS):
        path = tmp_path / ("webhooks.jwk" if other is RECEIPTS else "receipts.jwk")
        with pytest.raises(KeysError):
            FileSigner(path, issuer=str, purpose=other)


def test_two_halves_of_different_keys_are_refused(signer: FileSigner, tmp_path: Path) -> None:
    create_keys(tmp_path / "other.jwk", now=NOW, purpose=WEBHOOKS)
    mine, other = (json.loads((tmp_path / name).read_text()) for name in ("webhooks.jwk", "other.jwk"))
    mine["keys"][0]["d"] = other["keys"][0]["d"]
    (tmp_path / "webhooks.jwk").write_text(json.dumps(mine))

    with pytest.raises(KeysError):
        FileSigner(tmp_path / "webhooks.jwk", issuer=str, purpose=WEBHOOKS)


def test_who_takes_their_time_is_left_alone_when_the_service_ends(signer: FileSigner, receiver: Hook) -> None:
    receiver.open.clear()
    webhooks = posting(signer)
    Timer(0.1, webhooks.end).start()

    with pytest.raises(Unavailable, match="the service ended"):
        webhooks.post(shop(receiver.url), "msg_1", BODY, now=NOW)


def test_an_answer_that_comes_while_the_service_ends_counts(signer: FileSigner, receiver: Hook) -> None:
    webhooks = posting(signer)
    webhooks.end()
    webhooks.end()

    assert webhooks.post(shop(receiver.url), "msg_1", BODY, now=NOW).status == 204


def test_it_goes_out_as_standard_webhooks_has_it(signer: FileSigner, receiver: Hook) -> None:
    answer = posting(signer).post(shop(receiver.url, webhook_secret=KEPT), "msg_r-1_approved", BODY, now=NOW)

    (came,) = receiver.came
    assert answer.status == 204
    assert came.path == "/hooks?from=countersign"
    assert came.body == BODY
    assert came.headers["content-type"] == "application/json"
    assert came.headers["webhook-id"] == "msg_r-1_approved"
    assert came.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    stamped, shared = came.headers["webhook-signature"].split(" ")
    # Made anew by what is not ours: HMAC by the standard's own library, Ed25519 by the published key.
    assert Webhook(SECRET).sign("msg_r-1_approved", NOW, BODY.decode()) == shared
    (jwk,) = signer.keys()["keys"]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
    assert stamped.startswith("v1a,")
    public.verify(
        base64.b64decode(stamped.removeprefix("v1a,")), b"msg_r-1_approved.%d." % int(NOW.timestamp()) + BODY
    )


def test_without_a_secret_it_is_signed_by_the_service_s_key_alone(signer: FileSigner, receiver: Hook) -> None:
    posting(signer, held="").post(shop(receiver.url), "msg_1", BODY, now=NOW)

    assert receiver.came[0].headers["webhook-signature"].count(",") == 1


def test_what_was_published_before_a_rotation_is_published_after_it(
    signer: FileSigner, tmp_path: Path, receiver: Hook
) -> None:
    before = signer.keys()["keys"]
    rotate_keys(tmp_path / "webhooks.jwk", now=NOW, purpose=WEBHOOKS)
    posting(signer).post(shop(receiver.url), "msg_1", BODY, now=NOW)

    published = signer.keys()
    assert published["keys"][0] == before[0]
    assert all("d" not in key and key["countersign_purpose"] == "webhooks" for key in published["keys"])
    (came,) = receiver.came
    assert verify_webhook(came.body, came.headers, json.dumps(published), now=NOW).request == "r-1"
