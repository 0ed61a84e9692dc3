"""Tokens of calls that are signed well and say what does not count, or are for another call: none is let in."""

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from handlers.identity.application import Signed
from tests.handlers.identity.callers import callers, refused
from tests.support.applications import BODY, KEY, URL, App, body_hash, call, encoded
from tests.support.builders import NOW

APP = App()
KNOWN = {"payments": [APP], "stock": [App("stock", kid="theirs")]}
NOW_S = int(NOW.timestamp())
GOOD = APP.token()
CLAIMS = json.dumps(APP.claims()).encode()
STRANGER = App()
KINDS: dict[str, Any] = {"a number": 1, "true": True, "an object": {"a": "b"}, "a list": ["x"], "null": None}


def under(**header: Any) -> Signed:
    """A good call but for what the header of its token says, which is signed."""
    return call(APP.sign(APP.claims(), **header))


def by(**changes: Any) -> Signed:
    """A good call but for what its token claims."""
    return call(APP.token(**changes))


def text(old: str, new: str) -> Signed:
    """A good call in whose claims a piece of the JSON is another one."""
    claims = json.dumps(APP.claims())
    assert old in claims
    return call(APP.sign_octets(claims.replace(old, new).encode()))


def with_another(name: str, value: Any) -> Signed:
    return call(APP.sign({**APP.claims(), name: value}))


def nested() -> Signed:
    """A good token as the payload of another one."""
    return call(APP.sign_octets(GOOD.encode(), cty="JWT"))


def own(kind: str, **claims: Any) -> Signed:
    """What another token of this service's is, signed by the application."""
    said = {"knd": kind, "iss": URL, "aud": URL, "iat": NOW_S, "exp": NOW_S + 300, "jti": "j" * 20, **claims}
    return call(APP.sign(said, typ="JWT"))


ATTACKS: dict[str, Callable[[], Signed]] = {
    # header
    "jwk": lambda: under(jwk=APP.jwk),
    "jwk of a stranger": lambda: call(STRANGER.sign(APP.claims(), jwk=STRANGER.jwk)),
    "jku": lambda: under(jku="https://payments.example.com/jwks.json"),
    "jku of a stranger": lambda: call(STRANGER.sign(APP.claims(), jku="https://evil.example/jwks.json")),
    "x5u": lambda: under(x5u="https://payments.example.com/cert.pem"),
    "x5c": lambda: under(x5c=["MIIB"]),
    "x5t": lambda: under(x5t="AAAA"),
    "x5t#S256": lambda: under(**{"x5t#S256": "AAAA"}),
    "crit": lambda: under(crit=["exp"]),
    "an empty crit": lambda: under(crit=[]),
    "b64": lambda: under(b64=True),
    "cty": lambda: under(cty="JWT"),
    "zip": lambda: under(zip="DEF"),
    "enc": lambda: under(enc="A256GCM"),
    "a nonce": lambda: under(nonce="n"),
    "claims in the header": lambda: under(iss="payments"),
    "no typ": lambda: under(typ=None),
    "typ JWT": lambda: under(typ="JWT"),
    "typ at+jwt": lambda: under(typ="at+jwt"),
    "typ dpop+jwt": lambda: under(typ="dpop+jwt"),
    "typ in capitals": lambda: under(typ="COUNTERSIGN-APP+JWT"),
    "typ with its media type": lambda: under(typ="application/countersign-app+jwt"),
    "typ in a list": lambda: under(typ=["countersign-app+jwt"]),
    "alg twice": lambda: call(
        APP.sign_raw(b'{"alg":"none","alg":"ES256","kid":"k1","typ":"countersign-app+jwt"}', CLAIMS)
    ),
    "kid twice": lambda: call(
        APP.sign_raw(b'{"alg":"ES256","kid":"k9","kid":"k1","typ":"countersign-app+jwt"}', CLAIMS)
    ),
    "kid twice, once escaped": lambda: call(
        APP.sign_raw(b'{"alg":"ES256","kid":"k9","k\\u0069d":"k1","typ":"countersign-app+jwt"}', CLAIMS)
    ),
    "a header that is a list": lambda: call(APP.sign_raw(b"[]", CLAIMS)),
    "a header that is a text": lambda: call(APP.sign_raw(b'"ES256"', CLAIMS)),
    "a header that is null": lambda: call(APP.sign_raw(b"null", CLAIMS)),
    "a header that is no JSON": lambda: call(APP.sign_raw(b"alg=ES256", CLAIMS)),
    "a header with a mark of byte order": lambda: call(
        APP.sign_raw(b'\xef\xbb\xbf{"alg":"ES256","kid":"k1","typ":"countersign-app+jwt"}', CLAIMS)
    ),
    "a header in UTF-16": lambda: call(
        APP.sign_raw('{"alg":"ES256","kid":"k1","typ":"countersign-app+jwt"}'.encode("utf-16"), CLAIMS)
    ),
    "a header nested without end": lambda: call(APP.sign_raw(b'{"alg":' * 700, b"{}")),
    # whose, and for whom
    "no iss": lambda: by(iss=None),
    "an empty iss": lambda: by(iss=""),
    "an iss of nobody": lambda: by(iss="nobody"),
    "an iss in capitals": lambda: by(iss="Payments"),
    "an iss and a blank": lambda: by(iss="payments "),
    "an iss with a zero octet": lambda: by(iss="payments\0"),
    "an iss in other letters": lambda: by(iss="pаyments"),
    "an iss of half a character": lambda: text('"payments"', '"payments\\ud800"'),
    "an iss that is a path": lambda: by(iss="../payments"),
    "no aud": lambda: by(aud=None),
    "an empty aud": lambda: by(aud=""),
    "the aud of another service": lambda: by(aud="https://other.example.com"),
    "the aud with a slash": lambda: by(aud=URL + "/"),
    "the aud in capitals": lambda: by(aud=URL.upper()),
    "the aud without TLS": lambda: by(aud=URL.replace("https", "http")),
    "the aud with a port": lambda: by(aud=URL + ":443"),
    "a beginning of the aud": lambda: by(aud=URL[:-1]),
    "our aud in a list": lambda: by(aud=[URL]),
    "our aud among others": lambda: by(aud=["https://other.example.com", URL]),
    # times
    "no iat": lambda: by(iat=None),
    "no exp": lambda: by(exp=None),
    "iat ahead by more than the skew": lambda: by(iat=NOW_S + 31, exp=NOW_S + 100),
    "iat tomorrow": lambda: by(iat=NOW_S + 86_400, exp=NOW_S + 86_500),
    "exp over by as much as the skew": lambda: by(iat=NOW_S - 300, exp=NOW_S - 30),
    "exp long over": lambda: by(iat=NOW_S - 4000, exp=NOW_S - 3900),
    "a second too long": lambda: by(exp=NOW_S + 301),
    "an hour": lambda: by(exp=NOW_S + 3600),
    "no time at all": lambda: by(exp=NOW_S),
    "ending before it began": lambda: by(iat=NOW_S + 20, exp=NOW_S + 10),
    "exp beyond any year": lambda: by(exp=10**30),
    "both beyond any year": lambda: by(iat=10**30, exp=10**30 + 1),
    "both before any year": lambda: by(iat=-(10**30), exp=-(10**30) + 1),
    "iat as a text": lambda: by(iat=str(NOW_S)),
    "exp as a text": lambda: by(exp=str(NOW_S + 300)),
    "iat with a fraction": lambda: by(iat=NOW_S + 0.5),
    "exp as a whole number with a point": lambda: by(exp=float(NOW_S + 300)),
    "exp without end": lambda: text(str(NOW_S + 300), "1e999"),
    "exp no number": lambda: text(str(NOW_S + 300), "NaN"),
    "exp infinite": lambda: text(str(NOW_S + 300), "Infinity"),
    "exp of very many digits": lambda: text(str(NOW_S + 300), "9" * 5000),
    "nbf": lambda: by(nbf=NOW_S),
    # its own name
    "no jti": lambda: by(jti=None),
    "an empty jti": lambda: by(jti=""),
    "a short jti": lambda: by(jti="a" * 15),
    "a long jti": lambda: by(jti="a" * 129),
    "a jti with a blank": lambda: by(jti="jti 0000000000000001"),
    "a jti with a colon": lambda: by(jti="stock:00000000000001"),
    "a jti with a line end": lambda: by(jti="jti-0000000000000001\n"),
    "a jti of other digits": lambda: by(jti="٠" * 20),
    # this call
    "no htm": lambda: by(htm=None),
    "for another method": lambda: by(htm="GET"),
    "for a method in small letters": lambda: by(htm="post"),
    "sent by another method": lambda: call(GOOD, method="PUT"),
    "no htu": lambda: by(htu=None),
    "for another path": lambda: by(htu=f"{URL}/v1/actions"),
    "for the path alone": lambda: by(htu="/v1/requests"),
    "for the path with a slash": lambda: by(htu=f"{URL}/v1/requests/"),
    "for two slashes": lambda: by(htu=f"{URL}//v1/requests"),
    "for the path in capitals": lambda: by(htu=f"{URL}/V1/requests"),
    "for the path in another spelling": lambda: by(htu=f"{URL}/v1/%72equests"),
    "for a way round to the path": lambda: by(htu=f"{URL}/v1/x/../requests"),
    "for a fragment": lambda: by(htu=f"{URL}/v1/requests#"),
    "for an empty query": lambda: by(htu=f"{URL}/v1/requests?"),
    "for another host": lambda: by(htu="https://other.example.com/v1/requests"),
    "for the host that the call names": lambda: by(htu="https://elsewhere.example/v1/requests"),
    "for a host with a user": lambda: by(htu="https://a@approvals.example.com/v1/requests"),
    "for a port": lambda: by(htu="https://approvals.example.com:443/v1/requests"),
    "sent to another path": lambda: call(GOOD, target="/v1/requests/r-0000000000/consume"),
    "sent to another spelling of the path": lambda: call(GOOD, target="/v1/%72equests"),
    "sent with a query": lambda: call(GOOD, target="/v1/requests?state=pending"),
    "sent with another query": lambda: call(
        APP.token(htu=f"{URL}/v1/requests?a=1&b=2"), target="/v1/requests?b=2&a=1"
    ),
    "sent without its query": lambda: call(APP.token(htu=f"{URL}/v1/requests?a=1")),
    "sent with more of a query": lambda: call(
        APP.token(htu=f"{URL}/v1/requests?a=1"), target="/v1/requests?a=1&wait=25"
    ),
    "no bsh": lambda: by(bsh=None),
    "an empty bsh": lambda: by(bsh=""),
    "for another body": lambda: by(bsh=body_hash(b"{}")),
    "for no body": lambda: by(bsh=body_hash(b"")),
    "its hash with padding": lambda: by(bsh=body_hash(BODY) + "="),
    "its hash as digits": lambda: by(bsh=hashlib.sha256(BODY).hexdigest()),
    "its hash by another algorithm": lambda: by(bsh=encoded(hashlib.sha512(BODY).digest())),
    "sent with another body": lambda: call(GOOD, body=BODY.replace(b"250.00", b"950.00")),
    "sent with a blank more": lambda: call(GOOD, body=BODY + b" "),
    "sent without its body": lambda: call(GOOD, body=b""),
    "sent with an encoded body": lambda: call(GOOD, more=((b"content-encoding", b"gzip"),)),
    "sent with a body encoded as itself": lambda: call(GOOD, more=((b"Content-Encoding", b"identity"),)),
    "no ik": lambda: by(ik=None),
    "an empty ik": lambda: by(ik=""),
    "for another key": lambda: by(ik=KEY[:-1] + "2"),
    "for a key in quotes": lambda: by(ik=f'"{KEY}"'),
    "sent with another key": lambda: call(GOOD, key=KEY[:-1] + "2"),
    "sent without its key": lambda: call(GOOD, key=None),
    "sent with two keys": lambda: call(GOOD, more=((b"idempotency-key", KEY.encode()),)),
    # claims
    "claims that are a list": lambda: call(APP.sign_octets(b"[]")),
    "claims that are a text": lambda: call(APP.sign_octets(b'"payments"')),
    "claims that are null": lambda: call(APP.sign_octets(b"null")),
    "claims that are no JSON": lambda: call(APP.sign_octets(b"iss=payments")),
    "claims that are empty": lambda: call(APP.sign_octets(b"{}")),
    "claims that are no UTF-8": lambda: call(APP.sign_octets(b'{"iss": "\xff"}')),
    "claims with more behind them": lambda: call(APP.sign_octets(CLAIMS + b"{}")),
    "claims nested without end": lambda: call(APP.sign_octets(b"[" * 4000)),
    "a token in a token": nested,
    "one claim more": lambda: by(sub="alice@example.com"),
    "what a key is bound to": lambda: by(cnf={"jkt": "AAAA"}),
    "somebody whom it acts for": lambda: by(act={"sub": "bob@example.com"}),
    "a scope": lambda: by(scope="admin"),
    "iss twice": lambda: text('"iss": "payments"', '"iss": "stock", "iss": "payments"'),
    "aud twice": lambda: text(f'"aud": "{URL}"', f'"aud": "https://other.example.com", "aud": "{URL}"'),
    "exp twice": lambda: text('"exp": ', '"exp": 9999999999, "exp": '),
    "bsh twice, once escaped": lambda: text('"bsh": ', '"\\u0062sh": "x", "bsh": '),
    "a claim that reads like the place of one": lambda: by(**{"x` - at `$.evil": 1}),
    "a member of the header that does": lambda: under(**{"x` - at `$.evil": 1}),
    "a member without a name": lambda: text("{", '{"": 1, '),
    # what is ours otherwise
    "an activation token": lambda: own("activation", sub="r-0000000000", rev=1, dig="sha256:0", act="review"),
    "a receipt": lambda: own("receipt", request="r-0000000000"),
    "a checkpoint": lambda: own("checkpoint", head="0"),
    "a webhook's": lambda: own("webhook"),
    "an assertion's claims": lambda: call(
        APP.sign({"iss": "https://cloud.google.com/iap", "aud": URL, "sub": "1", "email": "bob@example.com"})
    ),
    **{
        f"{name} that is {kind}": partial(with_another, name, value)
        for name in ("iss", "aud", "iat", "exp", "jti", "htm", "htu", "bsh", "ik")
        for kind, value in KINDS.items()
        if not (name in ("iat", "exp") and kind == "a number")
    },
}


def test_the_call_of_which_each_is_a_step_away_is_let_in() -> None:
    assert callers(KNOWN).caller(call(GOOD), now=NOW).application.id == "payments"


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_not_let_in_and_told_no_more_than_any_other(attack: str, caplog: pytest.LogCaptureFixture) -> None:
    line = refused(callers(KNOWN), ATTACKS[attack](), caplog)

    assert "let in" in line
