"""Sets of public keys: those that can verify receipts count, by their thumbprints."""

import json

import pytest
from joserfc.jwk import ECKey, RSAKey

from countersign_client.keys import KeySetError, read_keys, thumbprint
from tests.countersign_client.writing import KEY, key_set


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
