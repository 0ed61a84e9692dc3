"""What every signer must do. Forgeries are made, and signatures checked, by another implementation (joserfc)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.keyset import KeysError
from approvals.backends.signers.purposes import TOKENS
from approvals.ports.signing import Signer
from approvals.refusals.errors import Refused
from tests.contracts.signers.conftest import Place
from tests.support.builders import NOW

EXPIRES = int(time.time()) + 10 * 3600
"""Within the twelve hours that Google signs for, however long after this was read a test is run."""
CLAIMS = {"knd": "activation", "sub": "r-0123456789", "rev": 1, "exp": EXPIRES, "text": "Zürich ✓"}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def header(token: str) -> dict[str, Any]:
    return dict(jws.extract_compact(token.encode()).protected)


def claims(token: str) -> dict[str, Any]:
    return dict(json.loads(jws.extract_compact(token.encode()).payload))


def with_claims(token: str, **changes: object) -> str:
    """The token with other claims under the old signature."""
    head, _, signature = token.split(".")
    return f"{head}.{part(claims(token) | changes)}.{signature}"


def with_a_flipped_signature(token: str) -> str:
    rest, _, signature = token.rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[10] ^= 1
    return f"{rest}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def without_algorithm(token: str) -> str:
    return f"{part({'alg': 'none', 'kid': header(token)['kid']})}.{token.split('.')[1]}."


def with_algorithm_none_and_the_old_signature(token: str) -> str:
    return f"{part(header(token) | {'alg': 'none'})}.{token.split('.', 1)[1]}"


def by_a_foreign_key_of_the_same_name(token: str) -> str:
    """Somebody else's key that says it is ours."""
    own = header(token)
    key = ECKey.generate_key("P-256") if own["alg"] == "ES256" else RSAKey.generate_key(2048)
    return jws.serialize_compact({"alg": own["alg"], "kid": own["kid"]}, json.dumps(claims(token)), key)


def by_a_foreign_key_of_its_own_name(token: str) -> str:
    own = header(token)
    key = ECKey.generate_key("P-256") if own["alg"] == "ES256" else RSAKey.generate_key(2048)
    return jws.serialize_compact({"alg": own["alg"], "kid": key.thumbprint()}, json.dumps(claims(token)), key)


def by_a_key_that_the_token_brings_along(token: str) -> str:
    own = header(token)
    key = ECKey.generate_key("P-256") if own["alg"] == "ES256" else RSAKey.generate_key(2048)
    brought = {"alg": own["alg"], "kid": own["kid"], "jwk": key.as_dict(private=False)}
    signed = f"{part(brought)}.{token.split('.')[1]}"
    made = jws.serialize_compact({"alg": own["alg"]}, json.dumps(claims(token)), key)
    return f"{signed}.{made.rpartition('.')[2]}"


def without_a_key_id(token: str) -> str:
    return f"{part({'alg': header(token)['alg']})}.{token.split('.', 1)[1]}"


def with_a_key_id_that_is_no_text(token: str) -> str:
    return f"{part(header(token) | {'kid': 7})}.{token.split('.', 1)[1]}"


def with_bits_that_say_nothing(token: str) -> str:
    """The same signature for a decoder that passes over the last bits of the last letter."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


FORGERIES: list[Callable[[str], str]] = [
    lambda token: with_claims(token, sub="r-9999999999"),
    lambda token: with_claims(token, knd="receipt"),
    with_a_flipped_signature,
    without_algorithm,
    with_algorithm_none_and_the_old_signature,
    by_a_foreign_key_of_the_same_name,
    by_a_foreign_key_of_its_own_name,
    by_a_key_that_the_token_brings_along,
    without_a_key_id,
    with_a_key_id_that_is_no_text,
    with_bits_that_say_nothing,
    lambda token: token + "=",
    lambda token: token + "==",
    lambda token: token + "\n",
    lambda token: " " + token,
    lambda token: token.replace(".", "..", 1),
    lambda token: token + ".",
    lambda token: token + ".e30",
    lambda token: token[:40] + "*" + token[40:],
    lambda token: token.rpartition(".")[0] + ".",
    lambda token: token.rpartition(".")[0] + "." + "A" * len(token.rpartition(".")[2]),
    lambda token: token.rpartition(".")[0],
]


def refuse(signer: Signer, token: str) -> None:
    with pytest.raises(Refused) as refused:
        signer.verify(token)
    assert refused.value.code == "token"


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forgery_is_refused(signer: Signer, forge: Callable[[str], str]) -> None:
    token = signer.sign(CLAIMS)
    forged = forge(token)

    assert forged != token
    refuse(signer, forged)


def test_a_public_key_used_as_a_shared_secret_is_refused(signer: Signer) -> None:
    """The known confusion: HS256 over the public key, in every form in which somebody could take it."""
    own = signer.keys()["keys"][0]
    pem = (ECKey if own["kty"] == "EC" else RSAKey).import_key(own).as_pem(private=False)
    signed = f"{part({'alg': 'HS256', 'kid': own['kid']})}.{part(CLAIMS)}"

    for secret in (pem, pem.strip(), json.dumps(own).encode(), b""):
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        refuse(signer, f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_a_token_by_a_shared_secret_is_refused(signer: Signer, algorithm: str) -> None:
    key = OctKey.generate_key(512)
    kid = signer.keys()["keys"][0]["kid"]

    refuse(
        signer,
        jws.serialize_compact({"alg": algorithm, "kid": kid}, json.dumps(CLAIMS), key, algorithms=[algorithm]),
    )


@pytest.mark.parametrize(
    "garbage", ["", ".", "..", "...", "a.b.c", "null", "e30.e30.", "ü.ü.ü", "\x00", "x" * 100_000, "[" * 5000]
)
def test_garbage_is_refused(signer: Signer, garbage: str) -> None:
    refuse(signer, garbage)


def test_another_signers_token_is_refused(signer: Signer, tmp_path: Path) -> None:
    create_keys(tmp_path / "other.jwk", now=NOW, purpose=TOKENS)

    refuse(signer, FileSigner(tmp_path / "other.jwk", issuer=lambda: signer.issuer, purpose=TOKENS).sign(CLAIMS))


def test_what_is_signed_comes_back_as_it_was(signer: Signer) -> None:
    assert signer.verify(signer.sign(CLAIMS)) == CLAIMS


def test_another_implementation_verifies_what_is_signed_by_the_published_keys(
    signer: Signer, place: Place
) -> None:
    token = signer.sign(CLAIMS)

    checked = jws.deserialize_compact(token, public(signer.keys()), algorithms=[place.algorithm])

    assert json.loads(checked.payload) == CLAIMS


def test_a_signer_of_tokens_signs_no_receipt(signer: Signer) -> None:
    with pytest.raises(KeysError):
        signer.sign(CLAIMS | {"knd": "receipt"})


def test_only_public_members_are_published(signer: Signer) -> None:
    signer.sign(CLAIMS)
    members = {"EC": {"kty", "crv", "x", "y", "countersign_purpose"}, "RSA": {"kty", "n", "e"}}

    for key in signer.keys()["keys"]:
        assert set(key) == members[key["kty"]] | {"kid", "use", "alg"}


def test_the_published_keys_are_a_copy(signer: Signer) -> None:
    token = signer.sign(CLAIMS)

    signer.keys()["keys"].clear()

    assert signer.verify(token) == CLAIMS


def test_a_second_process_verifies_what_the_first_one_signed(signer: Signer, place: Place) -> None:
    assert place.open().verify(signer.sign(CLAIMS)) == CLAIMS


def test_a_rotation_in_the_middle_leaves_old_tokens_working(signer: Signer, place: Place) -> None:
    before = signer.sign(CLAIMS)

    place.rotate(timedelta(hours=1))

    assert signer.verify(before) == CLAIMS
    assert place.open().verify(before) == CLAIMS


def test_after_a_rotation_a_new_key_signs_and_who_does_not_know_it_yet_finds_it(
    signer: Signer, place: Place
) -> None:
    before = signer.sign(CLAIMS)
    place.rotate(timedelta(hours=1))

    after = place.open().sign(CLAIMS)

    assert header(after)["kid"] != header(before)["kid"]
    assert signer.verify(after) == CLAIMS


def test_a_key_is_known_by_its_id_also_where_somebody_else_made_it_since(signer: Signer, place: Place) -> None:
    before = header(signer.sign(CLAIMS))["kid"]
    place.rotate(timedelta(hours=1))
    after = header(place.open().sign(CLAIMS))["kid"]

    assert [signer.knows(kid) for kid in (before, after, "nobody's", "")] == [True, True, False, False]


def public(published: Mapping[str, Any]) -> KeySet:
    return KeySet.import_key_set(published)  # type: ignore[arg-type]
