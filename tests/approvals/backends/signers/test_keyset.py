"""Sets of keys: what is no such set is refused, and a rotation keeps what may still be needed."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from approvals.backends.signers import keyset
from approvals.backends.signers.keyset import KeysError
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, Purpose
from approvals.refusals.errors import Refused
from tests.support.builders import NOW

HOUR = timedelta(hours=1)
DATA = Path(__file__).parents[3] / "data" / "receipts"


def stored(raw: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(raw)["keys"]
    return found


def rotated(raw: bytes, *moments: datetime, purpose: Purpose = TOKENS) -> bytes:
    for moment in moments:
        raw, _ = keyset.rotated(keyset.parse(raw, where="here", purpose=purpose), now=moment)
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
        keyset.parse(raw, where="here", purpose=TOKENS)


def test_a_set_whose_newest_key_cannot_sign_is_refused() -> None:
    keys = stored(rotated(keyset.first(now=NOW, purpose=TOKENS), NOW + HOUR))
    del keys[-1]["d"]

    with pytest.raises(KeysError, match="holds no key to sign with"):
        keyset.parse(json.dumps({"keys": keys}).encode(), where="here", purpose=TOKENS)


@pytest.mark.parametrize("payload", ["[]", "7", '"r-0123456789"', "null", "no json", ""])
def test_a_payload_that_is_no_object_is_refused_even_when_it_is_signed(payload: str) -> None:
    raw = keyset.first(now=NOW, purpose=TOKENS)
    key = ECKey.import_key(stored(raw)[0])  # type: ignore[arg-type]

    with pytest.raises(Refused):
        keyset.verify(
            keyset.parse(raw, where="here", purpose=TOKENS),
            jws.serialize_compact({"alg": "ES256", "kid": key.thumbprint()}, payload, key),
        )


def test_the_id_of_a_key_is_its_thumbprint_by_the_standard() -> None:
    (own,) = stored(keyset.first(now=NOW, purpose=TOKENS))

    assert own["kid"] == ECKey.import_key(own).thumbprint()  # type: ignore[arg-type]
    renamed = json.dumps({"keys": [own | {"kid": "other"}]}).encode()
    assert [key.kid for key in keyset.parse(renamed, where="", purpose=TOKENS)] == [own["kid"]]


@pytest.mark.parametrize(("made", "wanted"), [(TOKENS, RECEIPTS), (RECEIPTS, TOKENS)])
def test_keys_are_refused_for_another_purpose_than_theirs(made: Purpose, wanted: Purpose) -> None:
    newest_unmarked = stored(rotated(keyset.first(now=NOW, purpose=made), NOW + HOUR, purpose=made))
    del newest_unmarked[-1]["countersign_purpose"]

    for raw in (keyset.first(now=NOW, purpose=made), json.dumps({"keys": newest_unmarked}).encode()):
        with pytest.raises(KeysError, match=f"^here holds keys for {made.name}, not for {wanted.name}: "):
            keyset.parse(raw, where="here", purpose=wanted)


@pytest.mark.parametrize(("purpose", "kind"), [(TOKENS, "receipt"), (RECEIPTS, "activation"), (RECEIPTS, None)])
def test_a_key_neither_signs_nor_takes_what_is_of_another_purpose(purpose: Purpose, kind: str | None) -> None:
    raw = keyset.first(now=NOW, purpose=purpose)
    keys = keyset.parse(raw, where="here", purpose=purpose)
    key = ECKey.import_key(stored(raw)[0])  # type: ignore[arg-type]

    with pytest.raises(KeysError, match=f"keys for {purpose.name} do not sign"):
        keyset.sign(keys, {"knd": kind})
    with pytest.raises(Refused):
        keyset.verify(
            keys, jws.serialize_compact({"alg": "ES256", "kid": key.thumbprint()}, json.dumps({"knd": kind}), key)
        )


@pytest.mark.parametrize(("name", "purpose"), [("signer.jwk", TOKENS), ("receipts.jwk", RECEIPTS)])
def test_keys_of_0_1_0_sign_for_what_they_are_used_and_are_marked_when_they_are_written(
    name: str, purpose: Purpose
) -> None:
    kept = (DATA / name).read_bytes()
    assert b"countersign_purpose" not in kept
    old = keyset.parse(kept, where="here", purpose=purpose)

    after = rotated(kept, NOW + timedelta(days=9), purpose=purpose)

    assert keyset.sign(old, {"knd": "receipt"} if purpose is RECEIPTS else {"knd": "activation"})
    assert [key["countersign_purpose"] for key in keyset.public(old)["keys"]] == [purpose.name] * 2
    assert {key["countersign_purpose"] for key in stored(after)} == {purpose.name}
    assert {key.kid for key in old} & {key["kid"] for key in stored(after)}


def test_a_replaced_key_can_verify_and_can_no_longer_sign() -> None:
    old, new = stored(rotated(keyset.first(now=NOW, purpose=TOKENS), NOW + HOUR))

    assert "d" not in old
    assert "d" in new


def test_a_token_key_is_dropped_when_no_token_of_it_can_live_any_more() -> None:
    first = stored(keyset.first(now=NOW, purpose=TOKENS))[0]["kid"]
    raw = rotated(keyset.first(now=NOW, purpose=TOKENS), NOW)
    # Eleven hours of life after the last signature, and one for a signer that heard of its successor late.
    replaced = keyset.parse(raw, where="", purpose=TOKENS)[1].created

    just_before = stored(rotated(raw, replaced + timedelta(hours=12, seconds=-1)))
    just_then = stored(rotated(raw, replaced + timedelta(hours=12)))

    assert len(just_before) == 3
    assert len(just_then) == 2
    assert first not in [key["kid"] for key in just_then]


def test_a_receipt_key_is_never_dropped() -> None:
    raw = rotated(
        keyset.first(now=NOW, purpose=RECEIPTS),
        *(NOW + timedelta(days=365 * year) for year in range(1, 5)),
        purpose=RECEIPTS,
    )

    assert len(stored(raw)) == 5


def test_the_newest_key_signs_even_when_the_clock_has_gone_back() -> None:
    raw, kid = keyset.rotated(
        keyset.parse(keyset.first(now=NOW, purpose=TOKENS), where="", purpose=TOKENS),
        now=NOW - timedelta(days=2),
    )

    assert keyset.parse(raw, where="", purpose=TOKENS)[-1].kid == kid


def test_two_rotations_within_a_second_are_two() -> None:
    assert len(stored(rotated(keyset.first(now=NOW, purpose=TOKENS), NOW, NOW))) == 3
