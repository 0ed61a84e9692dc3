"""Public keys of applications and issuers: each verifies by one algorithm, or is refused with what is wrong."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from countersign_client.jwks import algorithm, key_id, public_jwk, verifying
from countersign_client.jws import PublicKey

P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
OTHER = ec.generate_private_key(ec.SECP256R1()).public_key()
ED = ed25519.Ed25519PrivateKey.generate().public_key()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers().n


def text(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def jwk(key: PublicKey, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**public_jwk(key), **changes}.items() if value is not None}


UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "a private key": (jwk(P256, d="AAAA"), "secret"),
    "a private RSA key": (jwk(RSA, p="AAAA"), "secret"),
    "a shared secret": ({"kty": "oct", "k": "c2VjcmV0"}, "secret"),
    "a shared secret without its secret": ({"kty": "oct"}, "no P-256"),
    "an empty one": ({}, "no P-256"),
    "a key for encryption": (jwk(P256, use="enc"), "use"),
    "a key that only signs": (jwk(P256, key_ops=["sign"]), "key_ops"),
    "operations that are a text": (jwk(P256, key_ops="verify"), "key_ops"),
    "an EC key for RS256": (jwk(P256, alg="RS256"), "ES256"),
    "an RSA key for PS256": (jwk(RSA, alg="PS256"), "RS256"),
    "an RSA key for HS256": (jwk(RSA, alg="HS256"), "RS256"),
    "an Ed25519 key for ES256": (jwk(ED, alg="ES256"), "EdDSA"),
    "another curve": (jwk(P256, crv="P-384"), "no P-256"),
    "a curve of another kind": (jwk(ED, crv="X25519"), "no P-256"),
    "an RSA key with a curve": (jwk(RSA, crv="P-256"), "no P-256"),
    "no y": (jwk(P256, y=None), "broken"),
    "the y of another key": (jwk(P256, y=public_jwk(OTHER)["y"]), "broken"),
    "an x that is a number": (jwk(P256, x=1), "broken"),
    "an x with a zero before it": (jwk(P256, x="AA" + public_jwk(P256)["x"]), "broken"),
    "an x of an Ed25519 key cut short": (jwk(ED, x=public_jwk(ED)["x"][:-4]), "broken"),
    "an x with padding": (jwk(ED, x=public_jwk(ED)["x"] + "="), "broken"),
    "1024 bits": (jwk(RSA, n=text(SMALL)), "2048"),
    "more bits than anybody needs": (jwk(RSA, n=text((1 << 8192) + 1)), "8192"),
    "an exponent of 1": (jwk(RSA, e="AQ"), "65537"),
    "an exponent of 3": (jwk(RSA, e="Aw"), "65537"),
    "an even exponent": (jwk(RSA, e=text(65538)), "broken"),
    "an endless exponent": (jwk(RSA, e=text((1 << 300) + 1)), "65537"),
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_it_verifies_nothing(unfit: str) -> None:
    found, why = UNFIT[unfit]

    with pytest.raises(ValueError, match=why):
        verifying(found)


@pytest.mark.parametrize(("key", "by"), [(P256, "ES256"), (ED, "EdDSA"), (RSA, "RS256")])
def test_a_key_verifies_by_the_one_algorithm_of_its_kind(key: PublicKey, by: str) -> None:
    assert algorithm(verifying(jwk(key))) == by
    assert public_jwk(verifying(jwk(key, alg=by, use="sig", key_ops=["verify"], kid="k"))) == public_jwk(key)


def test_an_id_is_the_thumbprint_of_the_rfcs() -> None:
    """The examples of RFC 7638 section 3.1 and RFC 8037 appendix A.3."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    rivest = {"kty": "RSA", "n": modulus, "e": "AQAB"}
    ed = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

    assert key_id(verifying(rivest)) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert key_id(verifying(ed)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
