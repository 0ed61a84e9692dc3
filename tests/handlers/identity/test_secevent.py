"""Security Event Tokens: which count, whom they mean, and what looks like one and does nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from approvals.backends.calls import Response
from approvals.people.principals import IdentityRules
from approvals.policy.model import Policy
from approvals.policy.parties import Issuer, Transmitter
from approvals.refusals.errors import Unavailable
from countersign_client.jwks import public_jwk
from handlers.identity.keys import KeySets
from handlers.identity.secevent import CAEP, RISC, Events, Unacceptable
from tests.support.assertions import Proxy
from tests.support.builders import NOW

OKTA = Transmitter(
    id="okta",
    issuer="https://example.okta.com",
    jwks_uri="https://example.okta.com/oauth2/v1/keys",
    audience="https://approvals.example.com/signals",
)
OTHER = Transmitter(
    id="other",
    issuer="https://idp.example.com",
    jwks_uri="https://idp.example.com/keys",
    audience="https://approvals.example.com/signals",
)
POLICY = Policy(
    digest="sha256:x",
    identity=IdentityRules(
        domains=("example.com",),
        aliases={"a.archer@example.com": "alice@example.com", "login:00u1": "alice@example.com"},
    ),
    groups={},
    pending=timedelta(hours=1),
    channel="",
    entitlements={},
    issuers={"login": Issuer(id="login", issuer="https://example.okta.com/oauth2/default")},
    signals={"okta": OKTA, "other": OTHER},
)
KEY, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())
NOW_S = int(NOW.timestamp())
SESSION, DISABLED = f"{CAEP}session-revoked", f"{RISC}account-disabled"
ALICE = {"format": "email", "email": "alice@example.com"}
HEAD = {"alg": "RS256", "kid": "k1", "typ": "secevent+jwt"}
GOOD = {
    "iss": OKTA.issuer,
    "jti": "756E69717565206964656E746966696572",
    "iat": NOW_S,
    "aud": OKTA.audience,
    "sub_id": ALICE,
    "events": {SESSION: {"event_timestamp": NOW_S}},
}


def jwk_of(kid: str, key: Any) -> dict[str, str]:
    return public_jwk(key.public_key()) | {"kid": kid}


def fetch(_: str, url: str, **__: Any) -> Response:
    """Each transmitter's page of keys: what one has is the other's no more than a stranger's."""
    pages = {OKTA.jwks_uri: [jwk_of("k1", KEY), jwk_of("c1", CURVE)], OTHER.jwks_uri: [jwk_of("o1", STRANGER)]}
    return Response(status=200, headers={}, body=json.dumps({"keys": pages[url]}).encode())


def events(send: Callable[..., Response] = fetch) -> Events:
    return Events(policy=lambda: POLICY, keys=KeySets(send, lambda: NOW, most=2))


def read(text: str) -> Any:
    return events().read(text, now=NOW)


def signed(claims: Any, head: dict[str, Any] | None = None, *, by: Any = KEY) -> str:
    """By PyJWT, as whoever holds a key would."""
    headers = HEAD | (head or {})
    return jwt.encode(claims, by, algorithm=headers["alg"], headers={k: v for k, v in headers.items() if v})


def claims(**changes: Any) -> str:
    return signed({name: value for name, value in (GOOD | changes).items() if value is not None})


def header(by: Any = KEY, **changes: Any) -> str:
    return signed(GOOD, changes, by=by)


def part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def raw(head: bytes, body: bytes, signature: bytes | None = None) -> str:
    text = f"{part(head)}.{part(body)}"
    if signature is None:
        signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(text.encode(), KEY)
    return f"{text}.{part(signature)}"


def by_the_public_key() -> str:
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{part(json.dumps(HEAD | {'alg': 'HS256'}).encode())}.{part(json.dumps(GOOD).encode())}"
    return f"{text}.{part(hmac.new(pem, text.encode(), hashlib.sha256).digest())}"


def changed(change: Callable[[list[str]], list[str]]) -> str:
    return ".".join(change(signed(GOOD).split(".")))


def of_somebody_else(parts: list[str]) -> list[str]:
    other = GOOD | {"sub_id": {"format": "email", "email": "bob@example.com"}}
    return [parts[0], part(json.dumps(other).encode()), parts[2]]


def by_curve() -> bytes:
    """What the curve's key signed, whose header says that an RSA key did."""
    text = f"{part(CURVED)}.{part(json.dumps(GOOD).encode())}"
    return jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(text.encode(), CURVE)


CURVED = json.dumps(HEAD | {"kid": "c1"}).encode()
TEXT = json.dumps(HEAD).encode()
TWICE = (json.dumps(GOOD)[:-1] + ', "iss": "https://example.okta.com"}').encode()

ATTACKS: dict[str, tuple[str, Callable[[], str]]] = {
    "nothing": ("invalid_request", str),
    "two parts": ("invalid_request", lambda: changed(lambda parts: parts[:2])),
    "four parts": ("invalid_request", lambda: changed(lambda parts: [*parts, "x"])),
    "a huge one": ("invalid_request", lambda: claims(more="x" * 64 * 1024)),
    "no signature": ("invalid_key", lambda: changed(lambda parts: [*parts[:2], ""])),
    "other claims under a good signature": ("invalid_key", lambda: changed(of_somebody_else)),
    "alg none": ("invalid_request", lambda: raw(json.dumps(HEAD | {"alg": "none"}).encode(), b"{}", b"")),
    "HS256 with the public key": ("invalid_request", by_the_public_key),
    "PS256": ("invalid_request", lambda: header(alg="PS256")),
    "RS512": ("invalid_request", lambda: header(alg="RS512")),
    "RS256 in the name of a curve": ("invalid_key", lambda: header(kid="c1")),
    "ES256 in the name of RSA": ("invalid_key", lambda: header(CURVE, alg="ES256", kid="k1")),
    "RS256 over a signature of the curve": (
        "invalid_key",
        lambda: raw(CURVED, json.dumps(GOOD).encode(), by_curve()),
    ),
    "another key": ("invalid_key", lambda: header(STRANGER)),
    "a key of another transmitter": ("invalid_key", lambda: header(STRANGER, kid="o1")),
    "a key that is not published": ("invalid_key", lambda: header(kid="k2")),
    "no kid": ("invalid_request", lambda: header(kid=None)),
    "a key in the header": ("invalid_request", lambda: header(STRANGER, jwk=jwk_of("k1", STRANGER))),
    "where keys are in the header": ("invalid_request", lambda: header(jku="https://evil.example/keys")),
    "crit": ("invalid_request", lambda: header(crit=["exp"])),
    "an ID token by its typ": ("invalid_request", lambda: header(typ="JWT")),
    "no typ": ("invalid_request", lambda: raw(b'{"alg": "RS256", "kid": "k1"}', json.dumps(GOOD).encode())),
    "an access token": ("invalid_request", lambda: header(typ="at+jwt")),
    "a call of an application": ("invalid_request", lambda: header(typ="countersign-app+jwt")),
    "a logout token": ("invalid_request", lambda: header(typ="logout+jwt")),
    "an assertion of the proxy": ("invalid_request", lambda: Proxy().mint()),
    "a foreign issuer": ("invalid_issuer", lambda: claims(iss="https://evil.example")),
    "the issuer with a slash more": ("invalid_issuer", lambda: claims(iss=f"{OKTA.issuer}/")),
    "the other transmitter by our key": ("invalid_key", lambda: claims(iss=OTHER.issuer)),
    "no issuer": ("invalid_request", lambda: claims(iss=None)),
    "another audience": ("invalid_audience", lambda: claims(aud="https://elsewhere.example.com")),
    "other audiences": ("invalid_audience", lambda: claims(aud=["a", "b"])),
    "no audience": ("invalid_request", lambda: claims(aud=None)),
    "no audiences": ("invalid_request", lambda: claims(aud=[])),
    "more than a day old": ("invalid_request", lambda: claims(iat=NOW_S - 24 * 3600)),
    "of the future": ("invalid_request", lambda: claims(iat=NOW_S + 31)),
    "no time": ("invalid_request", lambda: claims(iat=None)),
    "a time that is a text": ("invalid_request", lambda: claims(iat=str(NOW_S))),
    "out of date": ("invalid_request", lambda: claims(exp=NOW_S - 30)),
    "no name": ("invalid_request", lambda: claims(jti=None)),
    "an empty name": ("invalid_request", lambda: claims(jti="")),
    "a sub": ("invalid_request", lambda: claims(sub="alice@example.com")),
    "a sub of nobody": ("invalid_request", lambda: raw(TEXT, json.dumps(GOOD | {"sub": None}).encode())),
    "no events": ("invalid_request", lambda: claims(events=None)),
    "events that are none": ("invalid_request", lambda: claims(events={})),
    "events that are a list": ("invalid_request", lambda: claims(events=[SESSION])),
    "an event that is no object": ("invalid_request", lambda: claims(events={SESSION: "yes"})),
    "no subject": ("invalid_request", lambda: claims(sub_id=None)),
    "a subject that is a text": ("invalid_request", lambda: claims(sub_id="alice@example.com")),
    "two subjects": (
        "invalid_request",
        lambda: claims(events={SESSION: {"subject": {"format": "email", "email": "bob@example.com"}}}),
    ),
    "an address that is none": ("invalid_request", lambda: claims(sub_id={"format": "email"})),
    "an issuer without a sub": ("invalid_request", lambda: claims(sub_id={"format": "iss_sub", "iss": "x"})),
    "aliases that are none": ("invalid_request", lambda: claims(sub_id={"format": "aliases", "identifiers": 1})),
    "many aliases": ("invalid_request", lambda: claims(sub_id={"format": "aliases", "identifiers": [ALICE] * 21})),
    "claims that are a list": ("invalid_request", lambda: raw(TEXT, b"[]")),
    "claims that are no JSON": ("invalid_request", lambda: raw(TEXT, b"iss=x")),
    "a claim twice": ("invalid_request", lambda: raw(TEXT, TWICE)),
    "claims a hundred deep": ("invalid_request", lambda: raw(TEXT, b'{"a":' + b"[" * 100 + b"]" * 100 + b"}")),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_true_set_of_a_transmitter_is_refused_by_its_code(attack: str) -> None:
    err, made = ATTACKS[attack]
    with pytest.raises(Unacceptable) as refused:
        read(made())

    assert refused.value.err == err


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        ("a key that is not published", "no published key of the issuer has the id that the SET names"),
        ("a key of another transmitter", "no published key of the issuer has the id that the SET names"),
        ("RS256 in the name of a curve", "the SET names another algorithm than its key's"),
        ("ES256 in the name of RSA", "the SET names another algorithm than its key's"),
        ("another key", "the signature of the SET does not hold"),
    ],
)
def test_a_transmitter_is_told_what_is_wrong_with_its_key(attack: str, why: str) -> None:
    """By these the log counts what does nothing, and by these a transmitter that rotated its keys is mended."""
    with pytest.raises(Unacceptable) as refused:
        read(ATTACKS[attack][1]())

    assert (refused.value.why, str(refused.value)) == (why, f"okta: {why}")


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (SESSION, "session"),
        (f"{RISC}sessions-revoked", "session"),
        (DISABLED, "account"),
        (f"{RISC}account-purged", "account"),
        (f"{RISC}account-enabled", None),
        (f"{RISC}credential-compromise", None),
        (f"{CAEP}device-compliance-change", None),
        ("https://schemas.openid.net/secevent/ssf/event-type/verification", None),
        ("https://example.com/session-revoked", None),
    ],
)
def test_an_event_ends_a_session_or_an_account_or_nothing(event: str, ends: str | None) -> None:
    found = read(claims(events={event: {}}))

    assert found.ends == ends
    assert (found.person, found.event) == (("alice@example.com", event.rpartition("/")[2]) if ends else ("", ""))


def test_of_several_events_the_one_that_ends_most_counts() -> None:
    assert read(claims(events={SESSION: {}, "https://example.com/x": {}, DISABLED: {}})).ends == "account"


@pytest.mark.parametrize("iat", [NOW_S - 24 * 3600 + 1, NOW_S + 30])
def test_one_counts_for_a_day_and_clocks_may_differ_a_little(iat: int) -> None:
    assert read(claims(iat=iat)).ends == "session"


def test_what_it_may_say_besides_changes_nothing() -> None:
    assert read(claims(aud=["x", OKTA.audience], txn="t", toe=NOW_S, exp=NOW_S + 60)).transmitter == "okta"
    assert read(header(CURVE, alg="ES256", kid="c1")).jti == GOOD["jti"]
    assert read(header(typ="application/secevent+jwt")).person == "alice@example.com"


def test_without_the_transmitters_keys_it_has_to_come_again() -> None:
    def away(*_: Any, **__: Any) -> Response:
        raise Unavailable("nobody answers")

    with pytest.raises(Unavailable):
        events(away).read(claims(), now=NOW)


def test_a_policy_without_transmitters_hears_nobody() -> None:
    bare = msgspec.structs.replace(POLICY, signals={})
    with pytest.raises(Unacceptable) as refused:
        Events(policy=lambda: bare, keys=KeySets(fetch, lambda: NOW, most=2)).read(claims(), now=NOW)

    assert refused.value.err == "invalid_issuer"
