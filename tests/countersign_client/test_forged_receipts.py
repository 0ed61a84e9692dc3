"""What none of the issuer's keys signed as a receipt is none."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.countersign_client.writing import KEY, claims, decision, part, refusal, signed, without


def test_a_changed_receipt_is_refused() -> None:
    head, _, signature = signed(claims()).split(".")

    for changed in (claims(sub="r-9999999999"), claims(decision=decision(by=["dan@example.com"])), claims()):
        forged = f"{head}.{part(changed | {'jti': 'other'})}.{signature}"
        assert "its signature does not hold" in refusal(forged)


def test_a_flipped_bit_in_the_signature_is_refused() -> None:
    head, body, signature = signed(claims()).split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[7] ^= 4

    refusal(f"{head}.{body}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}")


def test_algorithm_none_is_refused() -> None:
    head = part({"alg": "none", "kid": KEY.thumbprint()})

    refusal(f"{head}.{part(claims())}.")
    refusal(f"{head}.{signed(claims()).split('.', 1)[1]}")


def test_the_public_key_as_a_shared_secret_is_refused() -> None:
    body = f"{part({'alg': 'HS256', 'kid': KEY.thumbprint()})}.{part(claims())}"

    for secret in (KEY.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode(), b""):
        mac = hmac.new(secret, body.encode(), hashlib.sha256).digest()
        refusal(f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")


def test_another_curve_and_another_algorithm_are_refused() -> None:
    rsa, curve = RSAKey.generate_key(2048), ECKey.generate_key("P-384")
    name = KEY.thumbprint()

    refusal(jws.serialize_compact({"alg": "RS256", "kid": name}, json.dumps(claims()), rsa))
    refusal(
        jws.serialize_compact({"alg": "ES384", "kid": name}, json.dumps(claims()), curve, algorithms=["ES384"])
    )


def test_a_foreign_key_is_refused_under_its_own_name_and_under_ours() -> None:
    foreign = ECKey.generate_key("P-256")

    assert refusal(signed(claims(), key=foreign)) == "none of these keys signed it"
    assert "does not hold" in refusal(signed(claims(), key=foreign, kid=KEY.thumbprint()))


def test_a_key_that_the_receipt_brings_along_is_not_believed() -> None:
    foreign = ECKey.generate_key("P-256")

    refusal(signed(claims(), key=foreign, kid=KEY.thumbprint(), jwk=foreign.as_dict(private=False)))


@pytest.mark.parametrize("kid", [None, 7, "", []])
def test_a_receipt_that_names_no_key_is_refused(kid: object) -> None:
    head = part({"alg": "ES256", "kid": kid})

    refusal(f"{head}.{signed(claims()).split('.', 1)[1]}")


@pytest.mark.parametrize(
    "garbage", ["", ".", "..", "a.b.c", "null", "{}", "ü.ü.ü", "\x00", "[" * 9999, "e30.e30.e30"]
)
def test_garbage_is_refused(garbage: str) -> None:
    refusal(garbage)


@pytest.mark.parametrize("content", ["", "no json", "[]", "null", "7", '"receipt"', "[" * 100_000, "9" * 5000])
def test_a_signed_payload_that_is_no_object_is_refused(content: str) -> None:
    refusal(signed(content))


@pytest.mark.parametrize("kind", ["activation", "Receipt", "", None, ["receipt"]])
def test_another_kind_of_token_by_the_same_key_is_no_receipt(kind: object) -> None:
    assert refusal(signed(claims(knd=kind))) == "it is signed, but no receipt"
    assert refusal(signed(without(claims(), "knd"))) == "it is signed, but no receipt"


@pytest.mark.parametrize("break_", [lambda text: text + "x", lambda text: text.replace(".", "..", 1)])
def test_what_stands_around_a_receipt_breaks_it(break_: Callable[[str], str]) -> None:
    refusal(break_(signed(claims())))
