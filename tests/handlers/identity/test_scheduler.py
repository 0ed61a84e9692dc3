"""Who may sweep: Google's token for one account and one address, and nothing that looks like it."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from approvals.backends.calls import Response
from approvals.refusals.errors import Refused, Unavailable
from countersign_client.jwks import public_jwk
from handlers.identity.keys import PublishedKeys
from handlers.identity.scheduler import Calls
from handlers.seldom import Seldom
from tests.support.assertions import Proxy
from tests.support.builders import NOW

ACCOUNT = "sweep@shop-tools.iam.gserviceaccount.com"
AUDIENCE = "https://approvals.example.com/internal/sweep"
NOW_S = int(NOW.timestamp())
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
HEAD = {"alg": "RS256", "kid": "g1", "typ": "JWT"}
GOOD = {
    "aud": AUDIENCE,
    "azp": "100000000000000000001",
    "email": ACCOUNT,
    "email_verified": True,
    "exp": NOW_S + 3600,
    "iat": NOW_S,
    "iss": "https://accounts.google.com",
    "sub": "100000000000000000001",
}
Headers = list[tuple[bytes, bytes]]


def jwk_of(kid: str, key: Any) -> dict[str, str]:
    return public_jwk(key.public_key()) | {"kid": kid}


def published(_method: str, _url: str, **_: Any) -> Response:
    """Google's page of keys; one of them is of another kind."""
    keys = [
        jwk_of("g1", KEY) | {"alg": "RS256", "use": "sig"},
        jwk_of("c1", CURVE),
    ]
    return Response(status=200, headers={}, body=json.dumps({"keys": keys}).encode())


def calls(send: Callable[..., Response] = published) -> Calls:
    keys = PublishedKeys("https://www.googleapis.com/oauth2/v3/certs", send=send, clock=lambda: NOW)
    seldom = Seldom(logging.getLogger("countersign.door"))
    return Calls(account=ACCOUNT, audience=AUDIENCE, find=keys.find, seldom=seldom)


def bearer(*tokens: str) -> Headers:
    return [(b"host", b"approvals"), *((b"authorization", f"Bearer {each}".encode()) for each in tokens)]


def signed(claims: Any, head: dict[str, Any] | None = None, *, by: Any = KEY) -> str:
    """By PyJWT, as whoever holds a key would."""
    headers = HEAD | (head or {})
    return jwt.encode(claims, by, algorithm=headers["alg"], headers={k: v for k, v in headers.items() if v})


def claims(**changes: Any) -> Headers:
    """A good token but for these claims; None leaves one out."""
    return bearer(signed({name: value for name, value in (GOOD | changes).items() if value is not None}))


def header(by: Any = KEY, **changes: Any) -> Headers:
    return bearer(signed(GOOD, changes, by=by))


def part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def raw(head: bytes, body: bytes, signature: bytes | None = None) -> Headers:
    """A token of any octets, truly signed unless a signature is given."""
    text = f"{part(head)}.{part(body)}"
    if signature is None:
        signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(text.encode(), KEY)
    return bearer(f"{text}.{part(signature)}")


def by_the_public_key() -> Headers:
    """Google's public key as the secret of an HMAC."""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{part(json.dumps(HEAD | {'alg': 'HS256'}).encode())}.{part(json.dumps(GOOD).encode())}"
    return bearer(f"{text}.{part(hmac.new(pem, text.encode(), hashlib.sha256).digest())}")


def changed(change: Callable[[list[str]], Iterable[str]]) -> Headers:
    """A good token whose text was changed afterwards."""
    return bearer(".".join(change(signed(GOOD).split("."))))


def of_another_account(parts: list[str]) -> list[str]:
    return [parts[0], part(json.dumps(GOOD | {"email": "mallory@example.com"}).encode()), parts[2]]


TWICE = json.dumps(GOOD)[:-1] + ', "aud": "https://elsewhere.example.com"}'
DEEP = b'{"aud":' + b"[" * 100 + b"]" * 100 + b"}"

ATTACKS: dict[str, Callable[[], Headers]] = {
    "no header": lambda: [(b"host", b"approvals")],
    "an empty Authorization": lambda: [(b"authorization", b"")],
    "Basic": lambda: [(b"authorization", b"Basic " + base64.b64encode(b"sweep:secret"))],
    "a token without Bearer": lambda: [(b"authorization", signed(GOOD).encode())],
    "Bearer and nothing": lambda: [(b"authorization", b"Bearer ")],
    "two tokens in one header": lambda: [(b"authorization", f"Bearer {signed(GOOD)} {signed(GOOD)}".encode())],
    "two Authorization headers": lambda: bearer(signed(GOOD), signed(GOOD)),
    "two Authorization headers, one of them garbage": lambda: bearer("x", signed(GOOD)),
    "a token in another header": lambda: [(b"x-serverless-authorization", f"Bearer {signed(GOOD)}".encode())],
    "a huge token": lambda: claims(more="x" * 8 * 1024),
    "two parts": lambda: changed(lambda parts: parts[:2]),
    "four parts": lambda: changed(lambda parts: [*parts, "x"]),
    "no signature": lambda: changed(lambda parts: [*parts[:2], ""]),
    "another spelling of the signature": lambda: changed(lambda parts: [*parts[:2], parts[2] + "A"]),
    "other claims under a good signature": lambda: changed(of_another_account),
    "alg none": lambda: raw(json.dumps(HEAD | {"alg": "none"}).encode(), json.dumps(GOOD).encode(), b""),
    "alg None with a true signature": lambda: raw(
        json.dumps(HEAD | {"alg": "None"}).encode(), json.dumps(GOOD).encode()
    ),
    "HS256 with the public key": by_the_public_key,
    "PS256": lambda: header(alg="PS256"),
    "RS384": lambda: header(alg="RS384"),
    "RS512": lambda: header(alg="RS512"),
    "ES256 by a curve that is published too": lambda: header(CURVE, alg="ES256", kid="c1"),
    "RS256 in the name of the curve": lambda: header(kid="c1"),
    "another key": lambda: header(OTHER),
    "a key that is not published": lambda: header(kid="g2"),
    "no kid": lambda: header(kid=None),
    "a kid that is a number": lambda: raw(json.dumps(HEAD | {"kid": 1}).encode(), json.dumps(GOOD).encode()),
    "a key in the header": lambda: header(OTHER, jwk=jwk_of("g1", OTHER)),
    "a true key in the header": lambda: header(jwk=jwk_of("g1", KEY)),
    "where keys are in the header": lambda: header(jku="https://elsewhere.example.com/keys"),
    "crit": lambda: header(crit=["exp"]),
    "another kind of token": lambda: header(typ="at+jwt"),
    "an event": lambda: header(typ="secevent+jwt"),
    "a call of an application": lambda: header(typ="countersign-app+jwt"),
    "another audience": lambda: claims(aud="https://approvals.example.com"),
    "the audience with a slash more": lambda: claims(aud=f"{AUDIENCE}/"),
    "several audiences": lambda: claims(aud=[AUDIENCE, "https://elsewhere.example.com"]),
    "our audience in a list": lambda: claims(aud=[AUDIENCE]),
    "no audience": lambda: claims(aud=None),
    "another account": lambda: claims(email="deploy@shop-tools.iam.gserviceaccount.com"),
    "a person": lambda: claims(email="alice@example.com"),
    "the account in capitals": lambda: claims(email=ACCOUNT.upper()),
    "no address": lambda: claims(email=None),
    "an address that is not verified": lambda: claims(email_verified=False),
    "verified in so many words": lambda: claims(email_verified="true"),
    "verified as a number": lambda: claims(email_verified=1),
    "nothing of whether it is verified": lambda: claims(email_verified=None),
    "another issuer": lambda: claims(iss="https://accounts.example.com"),
    "the proxy's issuer": lambda: claims(iss="https://cloud.google.com/iap"),
    "Google's other name": lambda: claims(iss="accounts.google.com"),
    "no issuer": lambda: claims(iss=None),
    "out of date": lambda: claims(iat=NOW_S - 3630, exp=NOW_S - 30),
    "of the future": lambda: claims(iat=NOW_S + 31),
    "not before a moment to come": lambda: claims(nbf=NOW_S + 31),
    "no end": lambda: claims(exp=None),
    "no beginning": lambda: claims(iat=None),
    "an end that is a text": lambda: claims(exp=str(NOW_S + 60)),
    "an end that is a fraction": lambda: claims(exp=NOW_S + 60.5),
    "a life of a day": lambda: claims(exp=NOW_S + 24 * 3600),
    "a life of a second more than Google gives and clocks differ by": lambda: claims(exp=NOW_S + 3600 + 61),
    "an end before the beginning": lambda: claims(iat=NOW_S + 20, exp=NOW_S + 10),
    "claims that are a list": lambda: raw(json.dumps(HEAD).encode(), b"[]"),
    "claims that are no JSON": lambda: raw(json.dumps(HEAD).encode(), b"aud=x"),
    "a claim twice": lambda: raw(json.dumps(HEAD).encode(), TWICE.encode()),
    "claims a hundred deep": lambda: raw(json.dumps(HEAD).encode(), DEEP),
    "claims ten thousand deep": lambda: raw(json.dumps(HEAD).encode(), b"[" * 2_000),
    "an assertion of the proxy": lambda: bearer(Proxy().mint()),
    "an assertion of the proxy in its own header": lambda: [
        (b"x-goog-iap-jwt-assertion", Proxy().mint().encode())
    ],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_but_the_one_token_sweeps(attack: str, caplog: pytest.LogCaptureFixture) -> None:
    given = ATTACKS[attack]()

    with caplog.at_level(logging.WARNING), pytest.raises(Refused) as refused:
        calls().require(given, now=NOW)

    assert refused.value.code == "unauthorized"
    (said,) = [each.getMessage() for each in caplog.records if each.name == "countersign.door"]
    assert said.startswith("a sweep was not let in: ")
    for name, value in given:
        assert name == b"host" or len(value) < 8 or value.decode()[-40:] not in said


def test_refusals_of_one_kind_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    ticks = [0.0]
    seldom = Seldom(logging.getLogger("countersign.door"), clock=lambda: ticks[0])
    keys = PublishedKeys("https://www.googleapis.com/oauth2/v3/certs", send=published, clock=lambda: NOW)
    door = Calls(account=ACCOUNT, audience=AUDIENCE, find=keys.find, seldom=seldom)
    for _ in range(5):
        with pytest.raises(Refused):
            door.require(claims(aud="https://elsewhere.example.com"), now=NOW)
    ticks[0] = 61.0
    seldom.flush()

    assert len(caplog.records) == 2
    assert "(4 more since this was said last)" in caplog.text


def test_without_googles_keys_nobody_sweeps_and_it_can_be_tried_again() -> None:
    def away(*_: Any, **__: Any) -> Response:
        raise Unavailable("nobody answers")

    with pytest.raises(Unavailable):
        calls(away).require(claims(), now=NOW)


@pytest.mark.parametrize("ahead", [-30, 0, 3600, 3629])
def test_the_accounts_token_is_let_in_while_it_lives(ahead: int) -> None:
    at: datetime = NOW + timedelta(seconds=ahead)
    calls().require(claims(), now=at)


def test_what_it_says_besides_is_of_no_account() -> None:
    calls().require(claims(google={"compute_engine": {"project_id": "x"}}), now=NOW)
    calls().require(header(typ=None), now=NOW)
