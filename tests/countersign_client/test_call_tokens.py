"""Tokens of applications' calls as our package makes them: read by another library, and by the service."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jwt as joserfc
from joserfc.jwk import import_key

from approvals.policy.parties import Application
from countersign_client.call_tokens import (
    Algorithm,
    SigningKey,
    authorization,
    new_key,
    private_jwk,
    private_pem,
    read_key,
)
from handlers.identity.application import Signed
from tests.handlers.identity.callers import reader
from tests.support.applications import URL, encoded
from tests.support.builders import NOW

KINDS: list[Algorithm] = ["ES256", "EdDSA", "RS256"]
KEYS = {kind: new_key(kind) for kind in KINDS}
BODY = b'{"action":"refund"}'


def made(key: SigningKey, **changes: Any) -> str:
    good: dict[str, Any] = {
        "issuer": "payments",
        "audience": URL,
        "method": "POST",
        "url": f"{URL}/v1/requests",
        "body": BODY,
        "idempotency_key": "order/17",
        "now": NOW,
    }
    return authorization(key, **{**good, **changes})


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.com/v1/requests",
        f"{URL}.evil.example/v1/requests",
        f"{URL}",
        f"{URL}/v1/requests#part",
        f"{URL}/v1/requests?a=b c\n",
        f"{URL}/v1/requests?a=ä",
    ],
)
def test_an_address_that_is_not_the_service_s_is_not_signed(url: str) -> None:
    with pytest.raises(ValueError, match="no address below"):
        made(KEYS["ES256"], url=url)


def pem(key: Any, secret: bytes = b"") -> str:
    way = BestAvailableEncryption(secret) if secret else NoEncryption()
    found: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, way)
    return found.decode()


SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)
P384 = ec.generate_private_key(ec.SECP384R1())
PUBLIC = KEYS["ES256"].private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


UNUSABLE = {
    "nothing": "",
    "no key": "{}",
    "a list": "[]",
    "a public JWK": json.dumps(KEYS["ES256"].public()),
    "a public PEM": PUBLIC.decode(),
    "a shared secret": '{"kty":"oct","k":"c2VjcmV0"}',
    "another curve": pem(P384),
    "1024 bits": pem(SMALL),
    "with a passphrase": pem(KEYS["ES256"].private, b"secret"),
    "a point of another key": json.dumps({**private_jwk(KEYS["ES256"]), "x": new_key("ES256").public()["x"]}),
    "a PEM cut short": private_pem(KEYS["ES256"])[:80],
    "nested": "[" * 5000,
}


# Named: a key that is another one each time names no test.
@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_key_of_ours_is_named_before_anything_is_signed(text: str) -> None:
    with pytest.raises(ValueError, match="no private key"):
        read_key(text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_read_as_it_was_written(kind: Algorithm) -> None:
    key = KEYS[kind]

    for text in (json.dumps(private_jwk(key)), private_pem(key)):
        again = read_key(text)
        assert (again.kid, again.algorithm, again.public()) == (key.kid, kind, key.public())
    assert read_key(json.dumps({**private_jwk(key), "kid": "2026-11"})).kid == "2026-11"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # for Ed25519, the same by another name
@pytest.mark.parametrize("kind", KINDS)
def test_another_library_reads_what_stands_in_a_token(kind: Algorithm) -> None:
    key = KEYS[kind]
    public = import_key({name: key.public()[name] for name in key.public() if name != "alg"})

    token = joserfc.decode(made(key).removeprefix("Bearer "), public, algorithms=[kind])

    assert token.header == {"alg": kind, "kid": key.kid, "typ": "countersign-app+jwt"}
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": "payments",
        "aud": URL,
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=2)).timestamp()),
        "htm": "POST",
        "htu": f"{URL}/v1/requests",
        "bsh": encoded(hashlib.sha256(BODY).digest()),
        "ik": "order/17",
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("method", "target", "body", "key"),
    [
        ("GET", "/v1/requests/r-0000000000?wait=25", b"", None),
        ("POST", "/v1/requests", BODY, "order/17"),
        ("DELETE", "/v1/requests/r-0000000000?x=%2F", b"", "order/17/withdraw"),
    ],
)
def test_the_service_lets_it_in(kind: Algorithm, method: str, target: str, body: bytes, key: str | None) -> None:
    headers = [(b"idempotency-key", key.encode())] if key is not None else []
    said = made(KEYS[kind], method=method, url=URL + target, body=body, idempotency_key=key)
    call = Signed(method=method, target=target, headers=(*headers, (b"authorization", said.encode())), body=body)
    listed = Application(id="payments", title="", keys=(KEYS[kind].public(),))

    assert reader(listed).caller(call, now=NOW).application.id == "payments"


def test_each_token_has_a_name_of_its_own() -> None:
    assert made(KEYS["EdDSA"]) != made(KEYS["EdDSA"])
