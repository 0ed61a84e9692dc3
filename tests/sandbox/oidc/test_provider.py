"""An OpenID provider: who is chosen signs in as is chosen, a code serves once, and a stranger gets nothing."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest

from sandbox.app import Sandbox
from tests.sandbox.conftest import Clock
from tests.sandbox.iap.conftest import ask

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-and-its-43"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BACK = "http://127.0.0.1:5000/back"
ASKED = {
    "client_id": "payments",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid",
    "state": "s1",
    "nonce": "n1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
BOB = {"login_hint": "bob@example.com"}


def call(url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, where it leads, and text of an answer."""
    where = urlsplit(url)
    path = f"{where.path}?{where.query}" if where.query else where.path
    if form is None:
        seen = ask(f"{where.scheme}://{where.netloc}", path)
    else:
        typed = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        seen = ask(f"{where.scheme}://{where.netloc}", path, method="POST", headers=typed, body=body)
    return seen.status, seen.headers.get("location", ""), seen.body


def authorize(box: Sandbox, **given: str) -> tuple[int, dict[str, str], str]:
    status, location, text = call(f"{box.oidc_url}/authorize?{urlencode(ASKED | given)}")
    return status, dict(parse_qsl(urlsplit(location).query)), text


def exchange(box: Sandbox, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "payments",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    status, _, text = call(f"{box.oidc_url}/token", form | changes)
    return status, json.loads(text)


def read(box: Sandbox, token: str, audience: str) -> dict[str, Any]:
    """Verify a token as a stranger would: by what the issuer publishes."""
    metadata = json.loads(call(f"{box.oidc_url}/.well-known/openid-configuration")[2])
    assert metadata["issuer"] == box.oidc_url
    keys = jwt.PyJWKSet.from_json(call(metadata["jwks_uri"])[2])
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=audience,
        options={"verify_exp": False, "verify_iat": False},  # the sandbox's clock is the test's
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_browser_is_sent_back_with_what_is_wrong(box: Sandbox, changes: dict[str, str], error: str) -> None:
    status, brought, _ = authorize(box, **changes)
    assert (status, brought) == (303, {"error": error, "state": "s1"})


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": "https://evil.example/"}, {"client_id": ""}, {"login_hint": "nobody@example.com"}]
)
def test_nobody_is_sent_to_a_stranger_or_as_a_stranger(box: Sandbox, changes: dict[str, str]) -> None:
    status, brought, _ = authorize(box, **(BOB | changes))
    assert (status, brought) == (400, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"redirect_uri": BACK + "2"},
        {"code_verifier": "x" * 43},
        {"grant_type": "password"},
    ],
)
def test_a_code_is_worth_nothing_to_others(box: Sandbox, changes: dict[str, str]) -> None:
    code = authorize(box, **BOB)[1]["code"]
    assert exchange(box, code, **changes)[0] == 400


def test_a_code_serves_once_and_for_a_minute(box: Sandbox, clock: Clock) -> None:
    code, late = authorize(box, **BOB)[1]["code"], authorize(box, **BOB)[1]["code"]
    assert exchange(box, code)[0] == 200
    assert exchange(box, code)[0] == 400
    clock.forward(61)
    assert exchange(box, late)[0] == 400


def test_who_signed_in_stands_in_the_token_with_how_and_when(box: Sandbox, clock: Clock) -> None:
    code = authorize(box, **BOB, acr_values="phr mfa", age="90", claims='{"employee_type": "contractor"}')[1][
        "code"
    ]
    told = read(box, exchange(box, code)[1]["id_token"], "payments")
    assert (told["email"], told["email_verified"], told["nonce"]) == ("bob@example.com", True, "n1")
    assert (told["acr"], told["auth_time"], told["employee_type"]) == ("phr", int(clock.now) - 90, "contractor")


def test_who_signed_in_too_long_ago_signs_in_anew(box: Sandbox, clock: Clock) -> None:
    for age, ago in (("200", 200), ("400", 0)):
        code = authorize(box, **BOB, max_age="300", age=age)[1]["code"]
        assert read(box, exchange(box, code)[1]["id_token"], "payments")["auth_time"] == int(clock.now) - ago


def test_an_access_token_is_for_the_resource_that_was_named(box: Sandbox) -> None:
    code = authorize(box, **BOB, resource="https://api.example.com")[1]["code"]
    token = exchange(box, code)[1]["access_token"]
    assert read(box, token, "https://api.example.com")["client_id"] == "payments"
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"


def test_one_chooses_on_the_page_who_one_is_and_how_one_signed_in(box: Sandbox) -> None:
    status, _, page = authorize(box, acr_values="phr")
    assert status == 200
    assert page.index("<option>phr<") < page.index("<option>pwd<")
    assert 'value="bob@example.com"' in page
    form = ASKED | {"email": "bob@example.com", "acr": "mfa", "age": "3600", "claims": ""}
    location = call(f"{box.oidc_url}/authorize?{urlencode(ASKED)}", form)[1]
    token = exchange(box, dict(parse_qsl(urlsplit(location).query))["code"])[1]["id_token"]
    assert read(box, token, "payments")["acr"] == "mfa"


def test_groups_are_those_of_the_world_through_others_as_well(box: Sandbox) -> None:
    box.google.set_group("inner@example.com", ["bob@example.com"])
    box.google.set_group("outer@example.com", ["inner@example.com"])
    code = authorize(box, **BOB)[1]["code"]
    told = read(box, exchange(box, code)[1]["id_token"], "payments")
    assert {"inner@example.com", "outer@example.com"} <= set(told["groups"])
