"""Calls that applications sign: by which keys, within which times, and what is said of those who call."""

import json
import logging
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from approvals.policy.parties import Application
from approvals.refusals.errors import Refused, Unavailable
from countersign_client.jwks import key_id, public_jwk
from countersign_client.jws import octets
from handlers.identity.application import Caller, Opening
from handlers.identity.keys import PAUSE
from handlers.identity.signed import SKEW, Claims, Signed
from handlers.seldom import Seldom
from handlers.wire.problems import refusal
from tests.handlers.identity.callers import callers, reader, refused
from tests.support.applications import BODY, KEY, URL, App, PrivateKey, body_hash, call, encoded
from tests.support.assertions import KeyPage
from tests.support.builders import NOW
from tests.support.doubles import Clock
from tests.support.world import policy

NOW_S = int(NOW.timestamp())
KEYS: list[PrivateKey] = [
    ec.generate_private_key(ec.SECP256R1()),
    ed25519.Ed25519PrivateKey.generate(),
    rsa.generate_private_key(public_exponent=65537, key_size=2048),
]
APP = App()


def test_no_caller_is_made_but_by_a_token() -> None:
    with pytest.raises(TypeError):
        Caller(object(), callers({"payments": [APP]}).opening(call(APP.token()), now=NOW))


def test_nothing_is_opened_but_by_a_token() -> None:
    claims = Claims(iss="payments", aud="", iat=0, exp=1, jti="j", htm="", htu="", bsh="")
    with pytest.raises(TypeError):
        Opening(object(), claims, application=Application(id="payments", title=""))


def test_what_held_without_its_body_holds_for_no_other_one() -> None:
    by = callers({"payments": [APP]})
    opening = by.opening(call(APP.token(), body=b"nobody has read this"), now=NOW)

    with pytest.raises(Refused) as other:
        by.whole(opening, BODY + b" ", now=NOW)
    assert other.value.code == "unauthorized"
    assert by.whole(opening, BODY, now=NOW).application.id == "payments"


def test_of_two_keys_by_one_id_neither_counts(caplog: pytest.LogCaptureFixture) -> None:
    both = callers({"payments": [APP, App()]})

    assert "no key" in refused(both, call(APP.token()), caplog)


def test_a_key_that_may_not_verify_lets_nobody_in_and_takes_none_away(caplog: pytest.LogCaptureFixture) -> None:
    other = App(kid="k2")
    listed = Application(id="payments", title="", keys=({**APP.jwk, "use": "enc"}, other.jwk))

    assert reader(listed).caller(call(other.token()), now=NOW).jti == "jti-0000000000000001"
    assert "no key" in refused(reader(listed), call(APP.token()), caplog)


def test_a_key_of_another_application_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    line = refused(callers({"payments": [App()], "stock": [APP]}), call(APP.token()), caplog)

    assert line == "a call was not let in: payments: the signature of a token does not hold"


@pytest.mark.parametrize("key", KEYS, ids=["ES256", "EdDSA", "RS256"])
def test_whoever_has_the_key_is_let_in(key: PrivateKey) -> None:
    app = App(key=key)

    caller = callers({"payments": [app]}).caller(call(app.token()), now=NOW)

    assert caller.application.id == "payments"
    assert (caller.jti, caller.until) == ("jti-0000000000000001", NOW + timedelta(seconds=300) + SKEW)


def test_the_other_number_that_fits_a_signature_makes_no_other_token() -> None:
    """ECDSA has two signatures for each that is made; a token is spent by its own name, and so both are."""
    signed, _, signature = APP.token().rpartition(".")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = octets(signature)[:32], int.from_bytes(octets(signature)[32:])
    twin = f"{signed}.{encoded(r + (order - s).to_bytes(32))}"
    lets = callers({"payments": [APP]})

    both = [lets.caller(call(token), now=NOW) for token in (f"{signed}.{signature}", twin)]

    assert both[0].jti == both[1].jti


def test_a_key_without_an_id_goes_by_its_thumbprint(caplog: pytest.LogCaptureFixture) -> None:
    public = APP.key.public_key()
    lets = reader(Application(id="payments", title="", keys=(public_jwk(public),)))

    assert lets.caller(call(APP.sign(APP.claims(), kid=key_id(public))), now=NOW).application.id == "payments"
    assert "no key" in refused(lets, call(APP.token()), caplog)


def test_while_keys_change_both_count() -> None:
    fresh = App(kid="k2")
    lets = callers({"payments": [APP, fresh]})

    for app in (APP, fresh):
        assert lets.caller(call(app.token()), now=NOW).application.id == "payments"


def test_a_key_counts_no_more_once_the_policy_does_not_list_it(caplog: pytest.LogCaptureFixture) -> None:
    listed = [Application(id="payments", title="", keys=(app.jwk,)) for app in (APP, App(kid="k2"))]
    in_force = [msgspec.structs.replace(policy(), applications={"payments": each}) for each in listed]
    lets = reader(policy=lambda: in_force[0])
    lets.caller(call(APP.token()), now=NOW)

    in_force.reverse()

    assert "no key" in refused(lets, call(APP.token()), caplog)


def test_published_keys_are_found_a_new_one_too_and_a_withdrawn_one_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, page = Clock(), KeyPage()
    page.body = json.dumps({"keys": [APP.jwk]}).encode()
    published = Application(id="payments", title="", jwks_uri="https://payments.example.com/jwks.json")
    lets = reader(published, send=page.send, clock=clock)
    fresh = App(kid="k2")
    assert lets.caller(call(APP.token()), now=NOW).application.id == "payments"

    page.body = json.dumps({"keys": [fresh.jwk]}).encode()
    clock.advance(PAUSE.total_seconds())

    assert lets.caller(call(fresh.token()), now=NOW).application.id == "payments"
    assert "no key" in refused(lets, call(APP.token()), caplog)
    assert page.asked == 2


def test_while_published_keys_cannot_be_had_the_call_may_be_sent_again() -> None:
    page = KeyPage()
    page.down = True
    published = Application(id="payments", title="", jwks_uri="https://payments.example.com/jwks.json")

    with pytest.raises(Unavailable):
        reader(published, send=page.send).caller(call(APP.token()), now=NOW)


def test_nobody_makes_us_fetch_for_an_application_that_we_do_not_have(caplog: pytest.LogCaptureFixture) -> None:
    page = KeyPage()
    published = Application(id="payments", title="", jwks_uri="https://payments.example.com/jwks.json")

    refused(reader(published, send=page.send), call(App("nobody").token()), caplog)

    assert page.asked == 0


@pytest.mark.parametrize(
    "good",
    [
        {"iat": NOW_S + 30, "exp": NOW_S + 330},
        {"iat": NOW_S - 329, "exp": NOW_S - 29},
        {"iat": NOW_S, "exp": NOW_S + 1},
        {"jti": "a" * 16},
        {"jti": "~" * 128},
    ],
)
def test_clocks_may_differ_by_half_a_minute_and_names_may_be_short_or_long(good: dict[str, object]) -> None:
    assert callers({"payments": [APP]}).caller(call(APP.token(**good)), now=NOW).application.id == "payments"


GET = f"{URL}/v1/requests/r-0000000000?wait=25&since=3"
ODD = "/v1/requests?cursor=a%2Fb%20c&state=&state=pending"
CALLS = {
    "a look": (
        App.token(APP, htm="GET", htu=GET, bsh=body_hash(b""), ik=None),
        {"method": "GET", "target": GET.removeprefix(URL), "body": b"", "key": None},
    ),
    "an address in an odd spelling": (
        App.token(APP, htm="GET", htu=f"{URL}{ODD}", bsh=body_hash(b""), ik=None),
        {"method": "GET", "target": ODD, "body": b"", "key": None},
    ),
    "a key in quotes": (APP.token(), {"key": f'"{KEY}"'}),
    "a key with a quote in it": (APP.token(ik='a"b'), {"key": '"a\\"b"'}),
    "a key that is none, which is refused after": (APP.token(ik="a b"), {"key": "a b"}),
    "a cookie and another name for the host": (APP.token(), {"more": ((b"cookie", b"a=b"), (b"host", b"x"))}),
    "a body that is no JSON": (APP.token(bsh=body_hash(b"\xff\0")), {"body": b"\xff\0"}),
}


@pytest.mark.parametrize("made", CALLS)
def test_a_token_for_this_call_counts(made: str) -> None:
    token, options = CALLS[made]

    assert callers({"payments": [APP]}).caller(call(token, **options), now=NOW).application.id == "payments"  # type: ignore[arg-type]


def test_the_scheme_is_written_in_whatever_letters() -> None:
    made = call(more=((b"authorization", f"bEARER {APP.token()}".encode()),))

    assert callers({"payments": [APP]}).caller(made, now=NOW).application.id == "payments"


def test_a_call_of_the_server_s_is_taken_as_it_was_sent() -> None:
    scope = {
        "method": "POST",
        "path": "/v1/requests/r é",
        "raw_path": b"/v1/requests/r%20%C3%A9",
        "query_string": b"a=%2f&a",
        "headers": [(b"host", b"x")],
    }

    found = Signed.of(scope, b"body")

    assert (found.target, found.body) == ("/v1/requests/r%20%C3%A9?a=%2f&a", b"body")
    assert Signed.of({**scope, "query_string": b""}, b"").target == "/v1/requests/r%20%C3%A9"


def test_a_refusal_is_one_problem_that_says_no_more_than_it_must(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Refused) as refused_call:
        callers({"payments": [APP]}).caller(call(), now=NOW)

    found = refusal(refused_call.value)

    assert (found.problem.status, found.problem.code) == (401, "unauthorized")
    assert found.headers == {"WWW-Authenticate": "Bearer"}
    assert "payments" not in found.problem.detail


def test_the_log_says_each_reason_at_most_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    lets = callers({"payments": [APP]}, seldom=Seldom(logging.getLogger("countersign"), clock=lambda: 0.0))

    for _ in range(50):
        with pytest.raises(Refused):
            lets.caller(call(), now=NOW)
        with pytest.raises(Refused):
            lets.caller(call(APP.token(exp=NOW_S + 400)), now=NOW)

    assert caplog.messages == [
        "a call was not let in: a call without a token",
        "a call was not let in: payments: a token must live for 300 seconds at most (iat, exp)",
    ]
