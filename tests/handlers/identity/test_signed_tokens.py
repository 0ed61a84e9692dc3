"""Tokens of calls that are no such token, or not signed by the key of whom they name: none is let in."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from countersign_client.jwks import key_id
from handlers.identity.application import Signed
from handlers.identity.signed import LARGEST
from tests.handlers.identity.callers import callers, refused
from tests.support.applications import App, call, encoded
from tests.support.builders import NOW

P256 = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
APP = App("payments", P256, kid="k1")
BY_ED, BY_RSA = App("payments", ED, kid="k2"), App("payments", RSA, kid="k3")
OTHER = App("stock", kid="theirs")
STRANGER = App("payments", kid="k1")
KNOWN = {"payments": [APP, BY_ED, BY_RSA], "stock": [OTHER]}
NOW_S = int(NOW.timestamp())
GOOD = APP.token()
CLAIMS = json.dumps(APP.claims()).encode()
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")
OLDER = APP.token(iat=NOW_S - 1).split(".")
ED_PARTS, RSA_PARTS = BY_ED.token().split("."), BY_RSA.token().split(".")
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def base64url(found: str) -> bytes:
    return base64.urlsafe_b64decode(found + "=" * (-len(found) % 4))


R, S = base64url(SIGNATURE)[:32], base64url(SIGNATURE)[32:]


def under(**header: Any) -> Signed:
    """A good call but for what the header of its token says, which is signed."""
    return call(APP.sign(APP.claims(), **header))


def raw(*authorizations: bytes, **options: Any) -> Signed:
    """A call with these headers of the name Authorization."""
    return call(more=tuple((b"authorization", each) for each in authorizations), **options)


def mac(secret: bytes, algorithm: str = "HS256") -> Signed:
    """The classic: signed with the public key as if that were a shared secret."""
    head = encoded(json.dumps({"alg": algorithm, "typ": "countersign-app+jwt", "kid": "k1"}).encode())
    found = hmac.new(secret, f"{head}.{PAYLOAD}".encode(), hashlib.sha256).digest()
    return call(f"{head}.{PAYLOAD}.{encoded(found)}")


def unsigned(algorithm: str, signature: bytes = b"") -> Signed:
    head = encoded(json.dumps({"alg": algorithm, "typ": "countersign-app+jwt", "kid": "k1"}).encode())
    return call(f"{head}.{PAYLOAD}.{encoded(signature)}")


def signature(found: bytes) -> Signed:
    return call(f"{HEAD}.{PAYLOAD}.{encoded(found)}")


def der() -> Signed:
    return signature(P256.sign(f"{HEAD}.{PAYLOAD}".encode(), ec.ECDSA(SHA256())))


def numbers(r: int, s: int) -> Signed:
    return signature(r.to_bytes(32) + s.to_bytes(32))


def ed_shifted() -> Signed:
    """The second number of a good one and the order: the same in its arithmetic (RFC 8032 section 5.1.7)."""
    head, payload, found = ED_PARTS
    octets = base64url(found)
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(octets[32:], "little") + order
    return call(f"{head}.{payload}.{encoded(octets[:32] + s.to_bytes(32, 'little'))}")


def by_rsa(found: bytes) -> Signed:
    return call(".".join([*RSA_PARTS[:2], encoded(found)]))


def pss() -> Signed:
    signed = ".".join(RSA_PARTS[:2])
    way = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    return by_rsa(RSA.sign(signed.encode(), way, SHA256()))


def pem(key: Any = P256) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


ATTACKS: dict[str, Callable[[], Signed]] = {
    # credentials
    "no token": call,
    "an empty Authorization": lambda: raw(b""),
    "a scheme alone": lambda: raw(b"Bearer"),
    "a scheme and a blank": lambda: raw(b"Bearer "),
    "the token alone": lambda: raw(GOOD.encode()),
    "Basic": lambda: raw(b"Basic " + GOOD.encode()),
    "DPoP": lambda: raw(b"DPoP " + GOOD.encode()),
    "two good ones": lambda: call(GOOD, GOOD),
    "a good one and Basic": lambda: raw(b"Basic YTpi", b"Bearer " + GOOD.encode()),
    "a good one and an empty one": lambda: raw(b"Bearer " + GOOD.encode(), b""),
    "a good one in capitals beside it": lambda: call(GOOD, more=((b"AUTHORIZATION", b"Bearer x"),)),
    "two joined by a comma": lambda: raw(f"Bearer {GOOD}, Bearer {GOOD}".encode()),
    "two joined by a comma without a blank": lambda: raw(f"Bearer {GOOD},{GOOD}".encode()),
    "two behind one another": lambda: raw(f"Bearer {GOOD} {GOOD}".encode()),
    "an assertion of the proxy's beside it": lambda: call(
        GOOD, more=((b"x-goog-iap-jwt-assertion", b"e30.e30.x"),)
    ),
    "in quotes": lambda: raw(f'Bearer "{GOOD}"'.encode()),
    "a parameter": lambda: raw(f"Bearer token={GOOD}".encode()),
    "two blanks before it": lambda: raw(f"Bearer  {GOOD}".encode()),
    "a tab before it": lambda: raw(f"Bearer\t{GOOD}".encode()),
    "a line end behind it": lambda: raw(f"Bearer {GOOD}\n".encode()),
    "a blank behind it": lambda: raw(f"Bearer {GOOD} ".encode()),
    "no ASCII": lambda: raw(b"Bearer " + GOOD.encode() + b"\xff"),
    "a sign of another alphabet": lambda: raw(f"Bearer {GOOD}é".encode()),
    "a sign of no width": lambda: raw(f"Bearer \u200b{GOOD}".encode()),
    "huge": lambda: call(f"{HEAD}.{'A' * 20_000}.{SIGNATURE}"),
    "huge and well signed": lambda: call(APP.token(jti="j" * 10_000)),
    "a character too large": lambda: raw(b"Bearer " + b"A" * (LARGEST - 6)),
    # parts
    "without its signature": lambda: call(f"{HEAD}.{PAYLOAD}"),
    "with an empty signature": lambda: call(f"{HEAD}.{PAYLOAD}."),
    "dots alone": lambda: call(".."),
    "no dot": lambda: call("AAAA"),
    "of four parts": lambda: call(f"{GOOD}.{SIGNATURE}"),
    "of five parts, as an encrypted one": lambda: call(f"{GOOD}.a.b"),
    "detached": lambda: call(f"{HEAD}..{SIGNATURE}"),
    "its claims unencoded (RFC 7797)": lambda: call(APP.sign(APP.claims(), b64=False, crit=["b64"])),
    "padded": lambda: call(f"{HEAD}.{PAYLOAD}==.{SIGNATURE}"),
    "a sign that decoders pass over": lambda: raw(f"Bearer {HEAD}.{PAYLOAD}!.{SIGNATURE}".encode()),
    "signs of ordinary base64": lambda: raw(f"Bearer {HEAD}.{PAYLOAD}+/.{SIGNATURE}".encode()),
    "a payload that ends in half an octet": lambda: call(f"{HEAD}.{PAYLOAD}A.{SIGNATURE}"),
    "a header cut short": lambda: call(f"{HEAD[:-1]}.{PAYLOAD}.{SIGNATURE}"),
    "in the JSON serialization": lambda: raw(
        b"Bearer " + json.dumps({"protected": HEAD, "payload": PAYLOAD, "signature": SIGNATURE}).encode()
    ),
    # signatures
    "the signature of another one": lambda: call(f"{HEAD}.{PAYLOAD}.{OLDER[2]}"),
    "the claims of another one": lambda: call(f"{HEAD}.{OLDER[1]}.{SIGNATURE}"),
    "a header with a blank in it": lambda: call(
        f"{encoded(json.dumps({'alg': 'ES256', 'kid': 'k1', 'typ': 'countersign-app+jwt'}, indent=1).encode())}"
        f".{PAYLOAD}.{SIGNATURE}"
    ),
    "as ASN.1": der,
    "of zeros": lambda: numbers(0, 0),
    "with r of zero": lambda: numbers(0, 1),
    "with s of zero": lambda: numbers(1, 0),
    "of ones": lambda: numbers(1, 1),
    "of the order": lambda: numbers(ORDER, ORDER),
    "of all bits": lambda: signature(b"\xff" * 64),
    "cut short": lambda: call(f"{HEAD}.{PAYLOAD}.{SIGNATURE[:-8]}"),
    "with more behind it": lambda: call(f"{GOOD}AAAA"),
    "with a zero before each number": lambda: signature(b"\0" + R + b"\0" + S),
    "r and s the other way round": lambda: signature(S + R),
    "endless": lambda: signature(b"A" * 4000),
    "of Ed25519, its s and the order": ed_shifted,
    "of Ed25519, of zeros": lambda: call(f"{ED_PARTS[0]}.{ED_PARTS[1]}.{encoded(bytes(64))}"),
    "of Ed25519, cut short": lambda: call(f"{ED_PARTS[0]}.{ED_PARTS[1]}.{ED_PARTS[2][:-4]}"),
    "of RSA, by PSS": pss,
    "of RSA, of zeros": lambda: by_rsa(bytes(256)),
    "of RSA, one": lambda: by_rsa((1).to_bytes(256)),
    "of RSA, an octet short": lambda: by_rsa(base64url(RSA_PARTS[2])[1:]),
    "by a stranger under our kid": lambda: call(STRANGER.token()),
    "by another application's key and kid": lambda: call(OTHER.sign(APP.claims())),
    "by another application's key under our kid": lambda: call(OTHER.sign(APP.claims(), kid="k1")),
    "of another application under its name by our key": lambda: call(APP.token(iss="stock")),
    "of another application with its kid by our key": lambda: call(
        APP.sign(APP.claims(iss="stock"), kid="theirs")
    ),
    # alg
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "alg NONE": lambda: unsigned("NONE"),
    "alg nOnE": lambda: unsigned("nOnE"),
    "alg none with a signature": lambda: unsigned("none", bytes(64)),
    "alg none, well signed": lambda: under(alg="none"),
    "no alg": lambda: under(alg=None),
    "an empty alg": lambda: under(alg=""),
    "alg es256": lambda: under(alg="es256"),
    "alg ES256 and a blank": lambda: under(alg="ES256 "),
    "alg ES384": lambda: under(alg="ES384"),
    "alg ES256K": lambda: under(alg="ES256K"),
    "alg RS256 with a P-256 key": lambda: under(alg="RS256"),
    "alg EdDSA with a P-256 key": lambda: under(alg="EdDSA"),
    "alg ES256 with an RSA key": lambda: call(BY_RSA.sign(APP.claims(), alg="ES256")),
    "alg PS256 with an RSA key": lambda: call(BY_RSA.sign(APP.claims(), alg="PS256")),
    "alg RS512 with an RSA key": lambda: call(BY_RSA.sign(APP.claims(), alg="RS512")),
    "alg Ed25519 with such a key": lambda: call(BY_ED.sign(APP.claims(), alg="Ed25519")),
    "the RSA key's kid by the P-256 key": lambda: under(kid="k3"),
    "the RSA key's kid and alg by the P-256 key": lambda: under(kid="k3", alg="RS256"),
    "alg a number": lambda: under(alg=1),
    "alg a list": lambda: under(alg=["ES256"]),
    "HS256 by the public key's PEM": lambda: mac(pem()),
    "HS256 by the RSA key's PEM": lambda: mac(pem(RSA)),
    "HS256 by the PEM without its line end": lambda: mac(pem().strip()),
    "HS256 by the public key's JWK": lambda: mac(json.dumps(APP.jwk).encode()),
    "HS256 by its x": lambda: mac(base64url(APP.jwk["x"])),
    "HS256 by an empty secret": lambda: mac(b""),
    "HS384 by the public key's PEM": lambda: mac(pem(), "HS384"),
    "a MAC that says ES256": lambda: mac(pem(), "ES256"),
    "dir": lambda: under(alg="dir", enc="A256GCM"),
    # kid
    "no kid": lambda: under(kid=None),
    "an empty kid": lambda: under(kid=""),
    "a kid of nobody": lambda: under(kid="k9"),
    "the kid of another application": lambda: under(kid="theirs"),
    "a kid in capitals": lambda: under(kid="K1"),
    "a kid and a blank": lambda: under(kid="k1 "),
    "a kid with a zero octet": lambda: under(kid="k1\0"),
    "a kid that leads to a file": lambda: under(kid="../../../../dev/null"),
    "a kid that is a path here": lambda: under(kid="/etc/passwd"),
    "a kid that is an address": lambda: under(kid="https://evil.example/jwks.json"),
    "a kid that is SQL": lambda: under(kid="k1' OR '1'='1"),
    "a kid with a format in it": lambda: under(kid="%s%n{0}"),
    "a kid with a line end": lambda: under(kid="k1\nlet in: payments"),
    "a kid without end": lambda: under(kid="k" * 257),
    "a kid that is a number": lambda: under(kid=1),
    "a kid that is a list": lambda: under(kid=["k1"]),
    "a kid that is half of a character": lambda: under(kid="\ud800"),
    "the thumbprint of a key that has an id": lambda: under(kid=key_id(P256.public_key())),
}


def test_the_call_of_which_each_is_a_step_away_is_let_in() -> None:
    for app in (APP, BY_ED, BY_RSA):
        assert callers(KNOWN).caller(call(app.token()), now=NOW).application.id == "payments"


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_not_let_in_and_told_no_more_than_any_other(attack: str, caplog: pytest.LogCaptureFixture) -> None:
    line = refused(callers(KNOWN), ATTACKS[attack](), caplog)

    assert "let in" in line
