"""Programs through the proxy, by Google's own library where it makes what they send."""

import base64
import hashlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from google.auth.jwt import Credentials as OwnJwt
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from google.oauth2.service_account import IDTokenCredentials
from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.app import Sandbox
from sandbox.iap.gate import CLIENT
from sandbox.iap.logins import Client
from sandbox.jws import rs256
from tests.sandbox.iap.conftest import Proxied, Seen, ask, told
from tests.support.servers import serve

ROBOT = "robot@sandbox-project.iam.gserviceaccount.com"
DESKTOP = Client(id="1042000000001-desktop.apps.googleusercontent.com", secret="GOCSPX-desktop")
FOREIGN = Client(id="7-other.apps.googleusercontent.com", secret="GOCSPX-other")
BACK = "http://127.0.0.1:5017/"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
USER = "x-goog-authenticated-user-email"


@pytest.fixture(scope="module")
def running() -> Iterator[Proxied]:
    """One for all, for its keys take a while; Google's library reads the system's clock."""
    program = Starlette(routes=[Route("/{path:path}", told)])
    with serve(program) as url, Sandbox.start(iap_port=0) as box:
        assert box.iap
        box.iap.gate.upstream = url
        box.signin.clients |= {DESKTOP.id: DESKTOP, FOREIGN.id: FOREIGN}
        box.google.accounts.add(ROBOT)
        yield Proxied(box, box.iap.gate)


@pytest.fixture
def proxied(running: Proxied) -> Proxied:
    bearers = running.gate.bearers
    bearers.clients, bearers.is_googles_client, bearers.is_external = {DESKTOP.id}, False, False
    return running


@pytest.fixture(scope="module")
def key(running: Proxied) -> dict[str, str]:
    """A service account's key file."""
    return running.box.google.accounts.key_file(ROBOT, token_url=running.box.token_url)


def post(proxied: Proxied, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Ask the token endpoint."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    seen = ask(
        proxied.box.url, "/google/oauth2/token", method="POST", headers=headers, body=urlencode(form).encode()
    )
    return seen.status, json.loads(seen.body)


def code(proxied: Proxied, **changes: str) -> str:
    """A code that a browser brings to a desktop client's loopback address, as Bob."""
    asked = {
        "client_id": DESKTOP.id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "login_hint": "bob@example.com",
    } | changes
    seen = ask(proxied.box.url, f"/accounts/o/oauth2/v2/auth?{urlencode(asked)}")
    assert seen.headers["location"].startswith(f"{BACK}?"), seen.body
    return dict(parse_qsl(urlsplit(seen.headers["location"]).query))["code"]


def exchange(brought: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": DESKTOP.id,
        "client_secret": DESKTOP.secret,
        "code": brought,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    } | changes


def refresh(proxied: Proxied, **changes: str) -> dict[str, str]:
    """What a client sends that has signed in once."""
    status, told = post(proxied, exchange(code(proxied)))
    assert status == 200, told
    return {
        "grant_type": "refresh_token",
        "client_id": DESKTOP.id,
        "client_secret": DESKTOP.secret,
        "refresh_token": told["refresh_token"],
        "audience": CLIENT,
    } | changes


def of_bob(proxied: Proxied, **changes: str) -> str:
    """An ID token of Bob's, for IAP's client unless it is changed."""
    status, told = post(proxied, refresh(proxied, **changes))
    assert status == 200, told
    return str(told["id_token"])


def of_robot(key: dict[str, str], audience: str) -> str:
    """An ID token of a service account's, fetched by Google's library."""
    made: Any = IDTokenCredentials
    credentials = made.from_service_account_info(key, target_audience=audience)
    credentials.refresh(Request())
    return str(credentials.token)


def own(key: dict[str, str], audience: str, **more: Any) -> str:
    """A JWT that a service account signs itself, made by Google's library."""
    made: Any = OwnJwt
    credentials = made.from_service_account_info(key, audience=audience, **more)
    credentials.refresh(None)
    return credentials.token.decode() if isinstance(credentials.token, bytes) else str(credentials.token)


def called(proxied: Proxied, token: str, path: str = "/v1/requests", header: str = "Authorization") -> Seen:
    return proxied.get(path, {header: f"Bearer {token}"})


def is_refused(seen: Seen, why: str) -> None:
    assert (seen.status, seen.headers["x-goog-iap-generated-response"]) == (401, "true")
    assert seen.body == f"Invalid IAP credentials: {why}"


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


# --- what the token endpoint refuses


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": FOREIGN.id, "client_secret": FOREIGN.secret}, 400, "invalid_grant"),
        ({"code": "4/0made-up"}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:5018/"}, 400, "redirect_uri_mismatch"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, 400, "invalid_grant"),
        ({"more": "x" * 70_000}, 413, "invalid_request"),
    ],
)
def test_a_code_is_not_exchanged(proxied: Proxied, changes: dict[str, str], status: int, error: str) -> None:
    told = post(proxied, exchange(code(proxied), **changes))
    assert (told[0], told[1]["error"]) == (status, error)


def test_a_code_is_exchanged_once(proxied: Proxied) -> None:
    brought = code(proxied)
    assert post(proxied, exchange(brought))[0] == 200
    assert post(proxied, exchange(brought))[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"refresh_token": "1//0made-up"}, "invalid_grant"),
        ({"client_id": FOREIGN.id, "client_secret": FOREIGN.secret}, "invalid_grant"),
        ({"audience": FOREIGN.id}, "invalid_audience"),
        ({"audience": "https://elsewhere.example"}, "invalid_audience"),
    ],
)
def test_a_refresh_token_is_not_exchanged(proxied: Proxied, changes: dict[str, str], error: str) -> None:
    assert post(proxied, refresh(proxied, **changes))[1]["error"] == error


def test_a_revoked_refresh_token_is_not_exchanged(proxied: Proxied) -> None:
    form = refresh(proxied)
    proxied.box.tokens.revoke("bob@example.com")
    assert post(proxied, form)[1] == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


def test_without_openid_or_email_a_token_names_nobody(proxied: Proxied) -> None:
    told = post(proxied, exchange(code(proxied, scope="email")))[1]
    assert "id_token" not in told
    told = post(proxied, exchange(code(proxied, scope="openid")))[1]
    is_refused(called(proxied, told["id_token"]), "Invalid bearer token. The token has no email claim")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": "https://elsewhere.example"}, "invalid_grant"),
        ({"target_audience": None}, "invalid_scope"),
        ({"iss": "nobody@sandbox-project.iam.gserviceaccount.com"}, "invalid_grant"),
        ({"exp": 3601}, "invalid_grant"),
        ({"exp": 0}, "invalid_grant"),
        ({"iat": "now"}, "invalid_grant"),
    ],
)
def test_an_assertion_is_not_exchanged(proxied: Proxied, changes: dict[str, Any], error: str) -> None:
    now = int(time.time())
    claims = {"iss": ROBOT, "aud": "https://oauth2.googleapis.com/token", "target_audience": CLIENT, "iat": now}
    claims |= {"exp": now + 60} | changes | ({"exp": now + changes["exp"]} if "exp" in changes else {})
    kid, held = proxied.box.google.accounts._keys[ROBOT][-1]
    signed = rs256(held, kid=kid, claims=claims)
    told = post(proxied, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed})
    assert (told[0], told[1]["error"]) == (400, error)


@pytest.mark.parametrize("assertion", ["", "garbage", "e30.e30.AAAA"])
def test_what_is_no_assertion_is_not_exchanged(proxied: Proxied, assertion: str) -> None:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    assert post(proxied, form)[1]["error"] == "invalid_grant"


# --- what the token endpoint says


def test_googles_library_verifies_an_id_token(proxied: Proxied, key: dict[str, str]) -> None:
    url = f"{proxied.box.url}/google/www/oauth2/v3/certs"
    person = id_token.verify_token(of_bob(proxied), Request(), audience=CLIENT, certs_url=url)
    robot = id_token.verify_token(of_robot(key, CLIENT), Request(), audience=CLIENT, certs_url=url)
    assert (person["email"], person["hd"], person["azp"]) == ("bob@example.com", "example.com", DESKTOP.id)
    assert (robot["email"], robot["azp"], robot.get("hd")) == (ROBOT, ROBOT, None)


def test_a_client_may_send_its_secret_as_a_header(proxied: Proxied) -> None:
    form = {name: value for name, value in refresh(proxied).items() if not name.startswith("client_")}
    said = base64.b64encode(f"{DESKTOP.id}:{DESKTOP.secret}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", proxied.box.port, timeout=30)
    connection.request("POST", "/google/oauth2/token", urlencode(form), {"Authorization": f"Basic {said}"})
    assert connection.getresponse().status == 200
    connection.close()
