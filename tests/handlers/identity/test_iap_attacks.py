"""Assertions that must not be believed: each is one step away from a good one, and none is accepted."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from handlers.identity.iap import Assertion, Assertions, Untrusted
from handlers.identity.keys import PublishedKeys
from tests.support.assertions import AUDIENCE, HEADER, KeyPage, Proxy, encoded, headers
from tests.support.builders import NOW

PROXY = Proxy()
STRANGER = Proxy()
NOW_S = int(NOW.timestamp())
GOOD = PROXY.mint()
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")
OTHER = PROXY.mint(email="carol@example.com").split(".")
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
GCIP = {
    "auth_time": NOW_S - 60,
    "email": "bob@example.com",
    "email_verified": True,
    "firebase": {"sign_in_provider": "saml.corp", "tenant": "tenant-1"},
}


def reader(**changes: Any) -> Assertions:
    keys = PublishedKeys("https://keys", send=KeyPage(PROXY).send, clock=lambda: NOW)
    return Assertions(**{"audiences": [AUDIENCE], "find": keys.find, **changes})


def mint(**changes: Any) -> list[str]:
    return [PROXY.mint(**changes)]


def by_hand(header: dict[str, Any], signature: bytes = b"") -> list[str]:
    """An assertion of good claims with a header and a signature of one's own."""
    head = encoded(json.dumps(header).encode())
    return [f"{head}.{PAYLOAD}.{encoded(signature)}"]


def hs256(secret: bytes) -> list[str]:
    """The classic: signed with the public key as if that were a shared secret."""
    head = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": PROXY.kid}).encode())
    mac = hmac.new(secret, f"{head}.{PAYLOAD}".encode(), hashlib.sha256).digest()
    return [f"{head}.{PAYLOAD}.{encoded(mac)}"]


def pem() -> bytes:
    return PROXY.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def with_key_inside(**member: Any) -> list[str]:
    """Signed by a stranger, whose key the header brings along."""
    return [jwt.encode(PROXY.claims(), STRANGER.key, algorithm="ES256", headers={"kid": PROXY.kid, **member})]


def der() -> list[str]:
    """The right signature, as ASN.1 and not as two numbers."""
    signature = PROXY.key.sign(f"{HEAD}.{PAYLOAD}".encode(), ec.ECDSA(SHA256()))
    return [f"{HEAD}.{PAYLOAD}.{encoded(signature)}"]


def respelled() -> list[str]:
    """The same octets in the alphabet of ordinary base64, with padding."""
    octets = base64.urlsafe_b64decode(PAYLOAD + "=" * (-len(PAYLOAD) % 4))
    return [f"{HEAD}.{base64.b64encode(octets + b' ').decode()}.{SIGNATURE}"]


def with_text(old: str, new: str) -> str:
    """A signed assertion in which a piece of the JSON is another one."""
    text = json.dumps(PROXY.claims())
    assert old in text
    return PROXY.sign_octets(text.replace(old, new).encode())


def gcip(**changes: Any) -> dict[str, Any]:
    return {**GCIP, **changes}


def external(given: Any, **changes: Any) -> list[str]:
    return mint(**{"hd": None, "gcip": given, **changes})


ATTACKS: dict[str, Callable[[], list[str]]] = {
    # none, several, something else
    "no assertion": list,
    "an empty one": lambda: [""],
    "two good ones": lambda: [GOOD, GOOD],
    "a good one and another's": lambda: [GOOD, ".".join(OTHER)],
    "two joined by a comma": lambda: [f"{GOOD}, {GOOD}"],
    "two joined by a comma without a blank": lambda: [f"{GOOD},{GOOD}"],
    "behind the word Bearer": lambda: [f"Bearer {GOOD}"],
    "in quotes": lambda: [f'"{GOOD}"'],
    "with a line end": lambda: [GOOD + "\n"],
    "with a blank before it": lambda: [" " + GOOD],
    "an address in the clear": lambda: ["accounts.google.com:bob@example.com"],
    "huge": lambda: [HEAD + "." + "A" * 20_000 + "." + SIGNATURE],
    "huge and well signed": lambda: mint(padding="A" * 20_000),
    # parts
    "without its signature": lambda: [f"{HEAD}.{PAYLOAD}"],
    "with an empty signature": lambda: [f"{HEAD}.{PAYLOAD}."],
    "of four parts": lambda: [f"{GOOD}.{SIGNATURE}"],
    "of five parts, as an encrypted one": lambda: [f"{GOOD}.a.b"],
    "the signature of another one": lambda: [f"{HEAD}.{PAYLOAD}.{OTHER[2]}"],
    "the claims of another one": lambda: [f"{HEAD}.{OTHER[1]}.{SIGNATURE}"],
    "the signature as ASN.1": der,
    "a signature of zeros": lambda: [f"{HEAD}.{PAYLOAD}.{encoded(bytes(64))}"],
    "a signature cut short": lambda: [f"{HEAD}.{PAYLOAD}.{SIGNATURE[:-8]}"],
    "a signature with more behind it": lambda: [f"{HEAD}.{PAYLOAD}.{SIGNATURE}AAAA"],
    "padded": lambda: [f"{HEAD}.{PAYLOAD}==.{SIGNATURE}"],
    "in another spelling of base64": respelled,
    "with a sign that decoders pass over": lambda: [f"{HEAD}.{PAYLOAD}!.{SIGNATURE}"],
    # header
    "alg none": lambda: by_hand({"alg": "none", "kid": PROXY.kid}),
    "alg None in another spelling": lambda: by_hand({"alg": "nOnE", "kid": PROXY.kid}),
    "alg none with a signature": lambda: by_hand({"alg": "none", "kid": PROXY.kid}, bytes(64)),
    "no alg": lambda: by_hand({"kid": PROXY.kid}, bytes(64)),
    "alg ES384": lambda: by_hand({"alg": "ES384", "kid": PROXY.kid}, bytes(96)),
    "HS256 by the public key's PEM": lambda: hs256(pem()),
    "HS256 by the public key's JWK": lambda: hs256(json.dumps(PROXY.jwk).encode()),
    "HS256 by an empty secret": lambda: hs256(b""),
    "RS256 by a stranger": lambda: [
        jwt.encode(PROXY.claims(), RSA, algorithm="RS256", headers={"kid": PROXY.kid})
    ],
    "EdDSA by a stranger": lambda: [
        jwt.encode(
            PROXY.claims(), ed25519.Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": PROXY.kid}
        )
    ],
    "ES256 by a stranger under the proxy's kid": lambda: [STRANGER.mint()],
    "a kid of nobody": lambda: [PROXY.sign(PROXY.claims(), kid="k2")],
    "a kid that leads to a file": lambda: [PROXY.sign(PROXY.claims(), kid="../../dev/null")],
    "an empty kid": lambda: [PROXY.sign(PROXY.claims(), kid="")],
    "a kid that is a number": lambda: by_hand({"alg": "ES256", "kid": 1}, bytes(64)),
    "no kid": lambda: [jwt.encode(PROXY.claims(), PROXY.key, algorithm="ES256")],
    "a header that brings its key": lambda: with_key_inside(jwk=STRANGER.jwk),
    "a header that says where its key is": lambda: with_key_inside(jku="https://example.com/keys"),
    "a header that brings a certificate": lambda: with_key_inside(x5c=["MIIB"]),
    "something that must be understood": lambda: [PROXY.sign(PROXY.claims(), crit=["exp"], exp=NOW_S + 600)],
    "a header that is a list": lambda: [f"{encoded(b'[]')}.{PAYLOAD}.{SIGNATURE}"],
    "a header nested without end": lambda: [f"{encoded(b'[' * 3000)}.{PAYLOAD}.{SIGNATURE}"],
    # issuer and audience
    "no issuer": lambda: mint(iss=None),
    "Google's other issuer": lambda: mint(iss="https://accounts.google.com"),
    "the issuer with a slash": lambda: mint(iss="https://cloud.google.com/iap/"),
    "the issuer in capitals": lambda: mint(iss="HTTPS://cloud.google.com/iap"),
    "a list of issuers": lambda: [
        PROXY.sign_octets(json.dumps(PROXY.claims(iss=["https://cloud.google.com/iap"])).encode())
    ],
    "no audience": lambda: mint(aud=None),
    "an empty audience": lambda: mint(aud=""),
    "another project's audience": lambda: mint(aud=AUDIENCE.replace("123456789", "987654321")),
    "another service's audience": lambda: mint(aud=AUDIENCE + "-2"),
    "a beginning of the audience": lambda: mint(aud=AUDIENCE[:-1]),
    "the audience with a slash": lambda: mint(aud=AUDIENCE + "/"),
    "the audience and a blank": lambda: mint(aud=AUDIENCE + " "),
    "the audience of App Engine": lambda: mint(aud="/projects/123456789/apps/shop-prod"),
    "the audience of a load balancer": lambda: mint(aud="/projects/123456789/global/backendServices/42"),
    "our audience in a list": lambda: mint(aud=[AUDIENCE]),
    "our audience among others": lambda: mint(aud=["https://example.com", AUDIENCE]),
    "an audience that is an object": lambda: mint(aud={"a": AUDIENCE}),
    # times
    "no exp": lambda: mint(exp=None),
    "no iat": lambda: mint(iat=None),
    "exp over by more than the skew": lambda: mint(iat=NOW_S - 500, exp=NOW_S - 30),
    "exp long over": lambda: mint(iat=NOW_S - 4000, exp=NOW_S - 3600),
    "iat ahead by more than the skew": lambda: mint(iat=NOW_S + 31, exp=NOW_S + 300),
    "nbf ahead by more than the skew": lambda: mint(nbf=NOW_S + 31),
    "living a second too long": lambda: mint(iat=NOW_S, exp=NOW_S + 661),
    "living an hour": lambda: mint(iat=NOW_S, exp=NOW_S + 3600),
    "issued long ago, living to this day": lambda: mint(iat=NOW_S - 3600),
    "ending before it began": lambda: mint(iat=NOW_S + 20, exp=NOW_S + 10),
    "exp as a text": lambda: mint(exp=str(NOW_S + 600)),
    "iat as a text": lambda: mint(iat=str(NOW_S)),
    "exp true": lambda: mint(exp=True),
    "exp null": lambda: [PROXY.sign({**PROXY.claims(), "exp": None})],
    "exp with a fraction": lambda: mint(exp=NOW_S + 0.5),
    "exp without end": lambda: [with_text(str(NOW_S + 595), "1e999")],
    "exp beyond any year": lambda: mint(exp=10**30),
    "iat before any year": lambda: mint(iat=-(10**30), exp=NOW_S + 100),
    # who
    "no sub": lambda: mint(sub=None),
    "an empty sub": lambda: mint(sub=""),
    "a sub that is a number": lambda: mint(sub=118),
    "a sub without end": lambda: mint(sub="1" * 1025),
    "a sub with a line end": lambda: mint(sub="accounts.google.com:1\n2"),
    "no email": lambda: mint(email=None),
    "an empty email": lambda: mint(email=""),
    "a blank email": lambda: mint(email=" "),
    "an email in a list": lambda: mint(email=["bob@example.com"]),
    "an email with a line end": lambda: mint(email="bob@example.com\n"),
    "an email that turns what follows": lambda: mint(email="bob\u202e@example.com"),
    "hd in a list": lambda: mint(hd=["example.com"]),
    "hd null": lambda: [PROXY.sign({**PROXY.claims(), "hd": None})],
    "hd true": lambda: mint(hd=True),
    "claims that are a list": lambda: [PROXY.sign_octets(b"[]")],
    "claims that are a text": lambda: [PROXY.sign_octets(b'"bob@example.com"')],
    "claims that are no JSON": lambda: [PROXY.sign_octets(b"bob@example.com")],
    "claims that are no UTF-8": lambda: [PROXY.sign_octets(b'{"iss": "\xff"}')],
    "claims nested without end": lambda: [PROXY.sign_octets(b'{"google":' * 5000)],
    # what else is claimed
    "google as a list": lambda: mint(google=[]),
    "access levels as a text": lambda: mint(google={"access_levels": "accessPolicies/1/accessLevels/managed"}),
    "access levels as an object": lambda: mint(google={"access_levels": {"managed": True}}),
    "a level that is a number": lambda: mint(google={"access_levels": [1]}),
    "gcip as a list": lambda: external([GCIP]),
    "gcip as a number": lambda: external(1),
    "gcip null": lambda: [PROXY.sign({**PROXY.claims(), "gcip": None})],
    "gcip as a text that is no JSON": lambda: external("bob@example.com"),
    "gcip as a text of a list": lambda: external(json.dumps([GCIP])),
    "gcip as a text of a text": lambda: external(json.dumps(json.dumps(GCIP))),
    "gcip without its provider": lambda: external({"email": "bob@example.com", "email_verified": True}),
    "gcip beside a Workspace account": lambda: mint(gcip=GCIP),
    "gcip whose e-mail is verified by a text": lambda: external(gcip(email_verified="true")),
    "gcip whose e-mail is verified by a number": lambda: external(gcip(email_verified=1)),
    "gcip with e-mails in a list": lambda: external(gcip(email=["bob@example.com"])),
    "gcip with a tenant in a list": lambda: external(
        gcip(firebase={"sign_in_provider": "saml.corp", "tenant": ["tenant-1"]})
    ),
    "gcip with attributes in a list": lambda: external(
        gcip(firebase={"sign_in_provider": "saml.corp", "sign_in_attributes": ["admin"]})
    ),
    "gcip of somebody who signed in tomorrow": lambda: external(gcip(auth_time=NOW_S + 86400)),
    "gcip with a time that is a text": lambda: external(gcip(auth_time=str(NOW_S))),
    "gcip with a time before any clock": lambda: external(gcip(auth_time=-1)),
    "gcip with attributes without end": lambda: external(
        gcip(firebase={"sign_in_provider": "p", "sign_in_attributes": {str(n): "" for n in range(201)}})
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_not_believed(attack: str) -> None:
    given = headers(*ATTACKS[attack]())

    with pytest.raises(Untrusted):
        reader().read(given, now=NOW)


def test_there_are_more_than_sixty_of_them() -> None:
    assert len(ATTACKS) > 60


@pytest.mark.parametrize(
    "name",
    [b"x-goog-authenticated-user-email", b"x-goog-authenticated-user-id", b"authorization", b"x-goog-iap-jwt"],
)
def test_no_other_header_says_who_somebody_is(name: bytes) -> None:
    for value in (b"accounts.google.com:bob@example.com", GOOD.encode(), b"Bearer " + GOOD.encode()):
        with pytest.raises(Untrusted):
            reader().read([(name, value)], now=NOW)


@pytest.mark.parametrize("name", [HEADER, HEADER.upper(), b"X-Goog-IAP-JWT-Assertion"])
def test_a_second_header_is_seen_in_whatever_letters(name: bytes) -> None:
    with pytest.raises(Untrusted):
        reader().read([*headers(GOOD), (name, b"")], now=NOW)


def test_an_assertion_that_is_no_ascii_is_not_believed() -> None:
    with pytest.raises(Untrusted):
        reader().read([(HEADER, GOOD.encode() + b"\xff")], now=NOW)


def test_nobody_else_makes_one() -> None:
    with pytest.raises(TypeError, match=r"Assertions\.read"):
        Assertion(object(), None, None, read_at=NOW)  # type: ignore[arg-type]


def test_without_an_audience_nothing_is_read_at_all() -> None:
    with pytest.raises(ValueError, match="everybody"):
        reader(audiences=[])
