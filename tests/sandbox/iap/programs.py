"""Programs that call through a proxy: their clients, keys and tokens, by Google's own library where it can."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from google.auth.jwt import Credentials as OwnJwt
from google.auth.transport.requests import Request
from google.oauth2.service_account import IDTokenCredentials
from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.app import Sandbox
from sandbox.iap.gate import CLIENT, DESKTOP
from sandbox.iap.logins import Client
from tests.sandbox.iap.conftest import Proxied, Seen, ask, told
from tests.support.servers import serve

ROBOT = "robot@sandbox-project.iam.gserviceaccount.com"
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
