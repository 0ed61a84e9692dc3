"""The token endpoint: what clients and service accounts get for what they hold."""

import base64
import http.client
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from sandbox.iap.gate import CLIENT, DESKTOP
from sandbox.jws import rs256
from tests.sandbox.iap.conftest import Proxied
from tests.sandbox.iap.programs import (
    CHALLENGE,
    FOREIGN,
    ROBOT,
    called,
    code,
    exchange,
    is_refused,
    key,
    of_bob,
    of_robot,
    post,
    proxied,
    refresh,
    running,
)

__all__ = ["key", "proxied", "running"]


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
