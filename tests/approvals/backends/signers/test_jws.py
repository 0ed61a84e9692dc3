"""Tokens that our own key signed, and that say more in their header than we do, or say it otherwise."""

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from approvals.backends.signers import keyset
from approvals.backends.signers.keyset import Key
from approvals.backends.signers.purposes import TOKENS
from approvals.refusals.errors import Refused
from tests.support.builders import NOW

CLAIMS = {"knd": "activation", "sub": "r-0123456789"}


@pytest.fixture(scope="module")
def keys() -> tuple[Key, ...]:
    return keyset.parse(keyset.first(now=NOW, purpose=TOKENS), where="here", purpose=TOKENS)


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(keys: tuple[Key, ...], header: bytes) -> str:
    """Signed by our key by ES256, whatever the header says."""
    said = f"{text(header)}.{text(json.dumps(CLAIMS).encode())}"
    assert isinstance(keys[-1].private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(keys[-1].private.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{said}.{text(r.to_bytes(32) + s.to_bytes(32))}"


@pytest.mark.parametrize(
    "more",
    [
        {"alg": "es256"},
        {"alg": "ES384"},
        {"alg": "RS256"},
        {"alg": "none"},
        {"alg": ["ES256"]},
        {"alg": None},
        {"kid": None},
        {"kid": ["ES256"]},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"jku": "https://keys.example.com/"},
        {"zip": "DEF"},
    ],
)
def test_a_header_that_says_anything_else_is_refused_even_when_our_key_signed_it(
    keys: tuple[Key, ...], more: dict[str, object]
) -> None:
    header = {"alg": "ES256", "kid": keys[-1].kid, "typ": "JWT"}
    assert keyset.verify(keys, signed(keys, json.dumps(header).encode())) == CLAIMS

    with pytest.raises(Refused):
        keyset.verify(keys, signed(keys, json.dumps(header | more).encode()))


@pytest.mark.parametrize("header", [b"", b"[]", b"7", b"null", b"{", b"\xff", b'{"alg": "ES256"}'])
def test_a_header_that_is_none_is_refused_even_when_our_key_signed_it(
    keys: tuple[Key, ...], header: bytes
) -> None:
    with pytest.raises(Refused):
        keyset.verify(keys, signed(keys, header))


def test_what_held_for_a_key_holds_for_no_other_of_its_id_and_for_no_other_token(keys: tuple[Key, ...]) -> None:
    token = keyset.sign(keys, CLAIMS)
    assert keyset.verify(keys, token) == keyset.verify(keys, token) == CLAIMS
    other = msgspec.structs.replace(keys[-1], public=ec.generate_private_key(ec.SECP256R1()).public_key())
    header, _, signature = token.split(".")
    forged = text(json.dumps(CLAIMS | {"sub": "r-9876543210"}).encode())

    for by, said in (((other,), token), (keys, f"{header}.{forged}.{signature}"), (keys, f"{token}A")):
        with pytest.raises(Refused):
            keyset.verify(by, said)
    assert keyset.verify(keys, token) == CLAIMS
