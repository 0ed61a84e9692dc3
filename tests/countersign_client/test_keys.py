"""Sets of public keys: those that can verify receipts count, by their thumbprints."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from countersign_client.keys import KeySetError, read_keys, thumbprint
from countersign_client.receipts import ReceiptError, verify
from tests.countersign_client.writing import KEY, claims, key_set, signed


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [7]}',
        b'{"keys": 7}',
        b"[" * 100_000,
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": ' + b"[" * 900 + b"]" * 900 + b', "y": "AA"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256"}]}',
        key_set(RSAKey.generate_key(2048)),
        key_set(ECKey.generate_key("P-384")),
        key_set(KEY, countersign_purpose="tokens"),
    ],
)
def test_a_set_without_a_usable_key_is_refused(raw: bytes) -> None:
    with pytest.raises(KeySetError):
        read_keys(raw)


def test_other_kinds_of_keys_are_passed_over() -> None:
    assert set(read_keys(key_set(RSAKey.generate_key(2048), KEY))) == {KEY.thumbprint()}


def test_a_key_goes_by_its_thumbprint_whatever_it_calls_itself() -> None:
    renamed = KEY.as_dict(private=False) | {"kid": "other"}

    assert set(read_keys(json.dumps({"keys": [renamed]}).encode())) == {KEY.thumbprint()}
    assert thumbprint(renamed) == KEY.thumbprint()  # type: ignore[arg-type]


OTHERS = [
    ({"countersign_purpose": "tokens"}, "it is for tokens, not for receipts"),
    ({"countersign_purpose": "mail"}, "it is for mail, not for receipts"),
    ({"countersign_purpose": ["receipts"]}, "it is for ['receipts'], not for receipts"),
    ({"countersign_purpose": ""}, "it is for , not for receipts"),
    ({"use": "enc"}, "it is not for signatures (use: enc)"),
    ({"use": ["sig"]}, "it is not for signatures (use: ['sig'])"),
    ({"alg": "ES384"}, "it is for ES384, not for ES256"),
    ({"alg": "HS256"}, "it is for HS256, not for ES256"),
    ({"key_ops": ["sign"]}, "it may not verify (key_ops: ['sign'])"),
    ({"key_ops": []}, "it may not verify (key_ops: [])"),
    ({"key_ops": "verify"}, "it may not verify (key_ops: verify)"),
]


@pytest.mark.parametrize(("members", "why"), OTHERS, ids=str)
def test_a_key_that_is_for_something_else_verifies_no_receipt(members: dict[str, Any], why: str) -> None:
    other = ECKey.generate_key("P-256")
    both = json.loads(key_set(KEY, **members))["keys"] + json.loads(key_set(other))["keys"]

    with pytest.raises(ReceiptError, match="none of these keys may verify it") as refused:
        verify(signed(claims()), read_keys(json.dumps({"keys": both}).encode()))
    assert why in str(refused.value)
    with pytest.raises(KeySetError, match="holds no key of receipts"):
        read_keys(key_set(KEY, **members))


def test_a_key_that_stands_there_twice_is_no_more_than_the_lesser_of_the_two() -> None:
    sets = [json.loads(key_set(KEY, **members))["keys"] for members in ({}, {"countersign_purpose": "tokens"})]

    for twice in (sets[0] + sets[1], sets[1] + sets[0]):
        with pytest.raises(KeySetError, match="holds no key of receipts"):
            read_keys(json.dumps({"keys": twice}).encode())


def test_a_key_with_nothing_but_its_purpose_verifies_without_a_warning() -> None:
    assert verify(signed(claims()), read_keys(key_set(KEY))).warnings == ()


def test_a_key_that_says_all_that_it_may_say_verifies() -> None:
    said = {"use": "sig", "alg": "ES256", "key_ops": ["sign", "verify"]}

    assert verify(signed(claims()), read_keys(key_set(KEY, **said))).warnings == ()


def test_a_key_without_a_purpose_verifies_with_a_warning() -> None:
    (warning,) = verify(signed(claims()), read_keys(key_set(KEY, countersign_purpose=None))).warnings

    assert "key of activation tokens could have made this too" in warning
