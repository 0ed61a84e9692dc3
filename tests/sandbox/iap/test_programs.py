"""Programs through the proxy: which credentials it takes, and what it says of the others."""

import base64
import json
import time
from typing import Any

import pytest
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from sandbox.iap.gate import CLIENT, DESKTOP
from tests.sandbox.iap.conftest import Proxied, ask
from tests.sandbox.iap.programs import (
    FOREIGN,
    ROBOT,
    USER,
    called,
    is_refused,
    key,
    of_bob,
    of_robot,
    own,
    proxied,
    running,
)

__all__ = ["key", "proxied", "running"]


# --- what IAP refuses


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "e30.e30", "W10.W10.x", "=.=.="])
def test_what_is_no_token_is_refused(proxied: Proxied, token: str) -> None:
    is_refused(called(proxied, token), "Unable to parse JWT")


@pytest.mark.parametrize("claims", [{}, {"iss": "https://accounts.google.com"}, {"iss": ROBOT}, {"iss": 7}])
@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "RS256"}])
def test_what_nobody_signed_is_refused(proxied: Proxied, claims: dict[str, Any], header: dict[str, str]) -> None:
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (header, claims)]
    is_refused(called(proxied, f"{'.'.join(parts)}.AAAA"), "JWT signature is invalid")


def test_a_token_for_somebody_else_is_refused(proxied: Proxied, key: dict[str, str]) -> None:
    for audience in ("https://elsewhere.example", proxied.gate.url, FOREIGN.id):
        is_refused(called(proxied, of_robot(key, audience)), "Invalid bearer token. Invalid JWT audience.")


def test_a_client_that_is_not_listed_is_refused(proxied: Proxied) -> None:
    proxied.gate.bearers.clients = set()
    for audience in (CLIENT, DESKTOP.id):
        token = of_bob(proxied, audience=audience)
        is_refused(called(proxied, token), "Invalid bearer token. Invalid JWT audience.")


def test_with_a_client_of_googles_only_listed_clients_and_own_jwts_count(
    proxied: Proxied, key: dict[str, str]
) -> None:
    proxied.gate.bearers.is_googles_client = True
    for token in (of_bob(proxied), of_robot(key, CLIENT)):
        is_refused(called(proxied, token), "Invalid bearer token. Invalid JWT audience.")
    assert called(proxied, of_bob(proxied, audience=DESKTOP.id)).status == 200
    assert called(proxied, own(key, f"{proxied.gate.url}/*")).status == 200


def test_where_external_identities_sign_in_no_program_does(proxied: Proxied, key: dict[str, str]) -> None:
    proxied.gate.bearers.is_external = True
    for token in (of_bob(proxied), of_robot(key, CLIENT), own(key, f"{proxied.gate.url}/*")):
        is_refused(called(proxied, token), "Invalid bearer token. Programs of Google accounts have no access here")


def test_a_token_without_an_address_is_refused(proxied: Proxied) -> None:
    token = proxied.box.google.issuer.of_service_account(ROBOT, audience=CLIENT, with_email=False)
    is_refused(called(proxied, token), "Invalid bearer token. The token has no email claim")


def test_a_token_that_has_expired_is_refused(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    token = of_bob(proxied)
    monkeypatch.setattr(proxied.gate.bearers, "_clock", lambda: time.time() + 3601)
    is_refused(called(proxied, token), "JWT has expired")


ENDPOINT = "Audience specified does not match requested endpoint"


@pytest.mark.parametrize(
    "audience", ["", "/", "/v1", "/v1/", "/v1/requests/", "/v1/requests?x=1", "/v1/*", "*", "/v1/requests/*"]
)
def test_an_own_jwt_for_another_address_is_refused(proxied: Proxied, key: dict[str, str], audience: str) -> None:
    is_refused(called(proxied, own(key, proxied.gate.url + audience)), ENDPOINT)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"subject": "alice@example.com"}, "Invalid bearer token. The token needs iss, sub, aud, iat and exp"),
        ({"issuer": "other@sandbox-project.iam.gserviceaccount.com"}, "JWT signature is invalid"),
        ({"token_lifetime": 3601}, "JWT has expired, or lives for more than an hour"),
        ({"token_lifetime": -1}, "JWT has expired, or lives for more than an hour"),
    ],
)
def test_an_own_jwt_that_says_too_much_is_refused(
    proxied: Proxied, key: dict[str, str], changes: dict[str, Any], why: str
) -> None:
    is_refused(called(proxied, own(key, f"{proxied.gate.url}/*", **changes)), why)


def test_who_holds_no_role_is_told_so(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxied.gate, "accessors", frozenset({"alice@example.com"}))
    assert called(proxied, of_bob(proxied)).status == 403


# --- what IAP takes


@pytest.mark.parametrize("header", ["Authorization", "Proxy-Authorization", "proxy-authorization"])
@pytest.mark.parametrize("audience", [CLIENT, DESKTOP.id])
def test_a_person_calls_through_a_listed_client(proxied: Proxied, header: str, audience: str) -> None:
    seen = called(proxied, of_bob(proxied, audience=audience), header=header)
    assert seen.header(USER) == ["accounts.google.com:bob@example.com"]
    url = f"{proxied.box.url}/gstatic/iap/verify/public_key"
    (token,) = seen.header("x-goog-iap-jwt-assertion")
    claims = id_token.verify_token(
        token, Request(), audience=proxied.gate.audience, certs_url=url, clock_skew_in_seconds=30
    )
    assert (claims["email"], claims["hd"]) == ("bob@example.com", "example.com")
    assert claims["sub"] == f"accounts.google.com:{proxied.box.signin.account('bob@example.com').sub}"


def test_a_service_account_calls_by_an_id_token(proxied: Proxied, key: dict[str, str]) -> None:
    assert called(proxied, of_robot(key, CLIENT)).header(USER) == [f"accounts.google.com:{ROBOT}"]


@pytest.mark.parametrize("audience", ["/v1/requests", "/*"])
def test_a_service_account_calls_by_a_jwt_of_its_own(proxied: Proxied, key: dict[str, str], audience: str) -> None:
    seen = called(proxied, own(key, proxied.gate.url + audience), path="/v1/requests?state=pending")
    assert seen.header(USER) == [f"accounts.google.com:{ROBOT}"]


def test_an_impersonated_service_account_calls_where_its_address_is_included(proxied: Proxied) -> None:
    name = f"/google/iamcredentials/v1/projects/-/serviceAccounts/{ROBOT}:generateIdToken"
    seen = {}
    for included in (True, False):
        body = json.dumps({"audience": CLIENT, "includeEmail": included}).encode()
        answer = ask(proxied.box.url, name, method="POST", headers={"Authorization": "Bearer x"}, body=body)
        seen[included] = called(proxied, json.loads(answer.body)["token"]).status
    assert seen == {True: 200, False: 401}


def test_authorization_is_the_programs_where_proxy_authorization_counts(proxied: Proxied) -> None:
    headers = {"Proxy-Authorization": f"Bearer {of_bob(proxied)}", "Authorization": "Bearer its-own"}
    seen = proxied.get("/", headers)
    assert (seen.header("authorization"), seen.header("proxy-authorization")) == (["Bearer its-own"], [])
    headers = {"Proxy-Authorization": "Bearer garbage", "Authorization": f"Bearer {of_bob(proxied)}"}
    seen = proxied.get("/", headers)
    assert seen.header(USER) == ["accounts.google.com:bob@example.com"]
    assert seen.header("proxy-authorization") == []
