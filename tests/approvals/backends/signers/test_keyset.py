"""Sets of keys: what is no such set is refused, and a rotation keeps what may still be needed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from approvals.backends.signers import keyset
from approvals.backends.signers.keyset import RECEIPTS, TOKENS, KeysError
from approvals.errors import Refused
from tests.builders import NOW

HOUR = timedelta(hours=1)


def stored(raw: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(raw)["keys"]
    return found


def rotated(raw: bytes, *moments: datetime, keep: timedelta = TOKENS) -> bytes:
    for moment in moments:
        raw, _ = keyset.rotated(keyset.parse(raw, where="here"), now=moment, keep=keep)
    return raw


def jwk(key: Any, **changes: object) -> dict[str, Any]:
    return {**key.as_dict(private=True), "created": "2026-11-22T10:00:00Z", **changes}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no json",
        b"\xff",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [7]}',
        b'{"keys": {"kty": "EC"}}',
        b"[" * 100_000,
        json.dumps({"keys": [jwk(OctKey.generate_key(256))]}).encode(),
        json.dumps({"keys": [jwk(RSAKey.generate_key(2048))]}).encode(),
        json.dumps({"keys": [jwk(ECKey.generate_key("P-384"))]}).encode(),
        json.dumps({"keys": [jwk(ECKey.generate_key("P-256"), created="yesterday")]}).encode(),
        json.dumps({"keys": [jwk(ECKey.generate_key("P-256"), created="0001-01-01T00:00:00+14:00")]}).encode(),
        json.dumps({"keys": [jwk(ECKey.generate_key("P-256"), created="9999-12-31T23:59:59-12:00")]}).encode(),
        json.dumps({"keys": [jwk(ECKey.generate_key("P-256"), d="AA")]}).encode(),
        json.dumps({"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}).encode(),
        json.dumps({"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}).encode(),
    ],
)
def test_what_is_no_set_of_signing_keys_is_refused_with_its_place_and_the_remedy(raw: bytes) -> None:
    with pytest.raises(KeysError, match=r"^here .*: restore it from a copy$"):
        keyset.parse(raw, where="here")


def test_a_set_whose_newest_key_cannot_sign_is_refused() -> None:
    keys = stored(rotated(keyset.first(now=NOW), NOW + HOUR))
    del keys[-1]["d"]

    with pytest.raises(KeysError, match="holds no key to sign with"):
        keyset.parse(json.dumps({"keys": keys}).encode(), where="here")


@pytest.mark.parametrize("payload", ["[]", "7", '"r-0123456789"', "null", "no json", ""])
def test_a_payload_that_is_no_object_is_refused_even_when_it_is_signed(payload: str) -> None:
    raw = keyset.first(now=NOW)
    key = ECKey.import_key(stored(raw)[0])  # type: ignore[arg-type]

    with pytest.raises(Refused):
        keyset.verify(
            keyset.parse(raw, where="here"),
            jws.serialize_compact({"alg": "ES256", "kid": key.thumbprint()}, payload, key),
        )


def test_the_id_of_a_key_is_its_thumbprint_by_the_standard() -> None:
    (own,) = stored(keyset.first(now=NOW))

    assert own["kid"] == ECKey.import_key(own).thumbprint()  # type: ignore[arg-type]
    assert [
        key.kid for key in keyset.parse(json.dumps({"keys": [own | {"kid": "other"}]}).encode(), where="")
    ] == [own["kid"]]


def test_a_replaced_key_can_verify_and_can_no_longer_sign() -> None:
    old, new = stored(rotated(keyset.first(now=NOW), NOW + HOUR))

    assert "d" not in old
    assert "d" in new


def test_a_token_key_is_dropped_when_no_token_of_it_can_live_any_more() -> None:
    first = stored(keyset.first(now=NOW))[0]["kid"]
    raw = rotated(keyset.first(now=NOW), NOW)
    # Eleven hours of life after the last signature, and one for a signer that heard of its successor late.
    replaced = keyset.parse(raw, where="")[1].created

    just_before = stored(rotated(raw, replaced + timedelta(hours=12, seconds=-1)))
    just_then = stored(rotated(raw, replaced + timedelta(hours=12)))

    assert len(just_before) == 3
    assert len(just_then) == 2
    assert first not in [key["kid"] for key in just_then]


def test_a_receipt_key_is_never_dropped() -> None:
    raw = rotated(
        keyset.first(now=NOW), *(NOW + timedelta(days=365 * year) for year in range(1, 5)), keep=RECEIPTS
    )

    assert len(stored(raw)) == 5


def test_the_newest_key_signs_even_when_the_clock_has_gone_back() -> None:
    raw, kid = keyset.rotated(
        keyset.parse(keyset.first(now=NOW), where=""), now=NOW - timedelta(days=2), keep=TOKENS
    )

    assert keyset.parse(raw, where="")[-1].kid == kid


def test_two_rotations_within_a_second_are_two() -> None:
    assert len(stored(rotated(keyset.first(now=NOW), NOW, NOW))) == 3
