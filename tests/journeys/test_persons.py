"""A person signs in at an issuer, an application asks in their name, and a stale sign-in is asked for anew."""

import base64
import hashlib
import http.client
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sandbox.app import Sandbox
from tests.support.applications import App, body_hash
from tests.support.running import POLICY, Running, running

VERIFIER = "v" * 60
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BACK = "http://127.0.0.1:5000/back"
SHOP = App("shop", now=lambda: datetime.now(UTC))


def policy(issuer: str) -> str:
    return f"""{POLICY}
issuers:
  - {{id: staff, issuer: "{issuer}", domains: [example.com], claims: {{type: employee_type}}}}
applications:
  - id: shop
    title: Shop
    keys: [{json.dumps(SHOP.jwk)}]
    brings: [{{issuer: staff, audience: shop-web}}]
actions:
  - id: refund
    application: shop
    title: Refund a customer
    show: [{{name: order, label: Order, type: string}}]
    requesters: ["domain:example.com"]
    guardrails:
      - {{when: 'subject.type in ["guest", "contractor"]', then: refuse, reason: Only employees refund}}
      - {{when: 'now - subject.auth_time > duration("15m")', then: step_up, acr: [phr], max_age: 300}}
    approval: [{{approvers: [bob@example.com, carol@example.com]}}]
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[Sandbox]:
    with Sandbox.start() as box:
        yield box


@pytest.fixture(scope="module")
def office(issuer: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=policy(issuer.oidc_url)) as office:
        yield office


def call(url: str, *, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    there = urlsplit(url)
    connection = http.client.HTTPConnection(there.netloc, timeout=60)
    try:
        path = f"{there.path}?{there.query}" if there.query else there.path
        connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def sign_in(issuer: Sandbox, **asked: str) -> str:
    """Go by the browser's way, and return the ID token."""
    wanted = {
        "client_id": "shop-web",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid",
        "login_hint": "alice@example.com",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    _, headers, _ = call(f"{issuer.oidc_url}/authorize?{urlencode(wanted | asked)}")
    given = {
        "grant_type": "authorization_code",
        "code": dict(parse_qsl(urlsplit(headers["location"]).query))["code"],
        "client_id": "shop-web",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    _, _, told = call(f"{issuer.oidc_url}/token", body=urlencode(given).encode(), **typed)
    return str(json.loads(told)["id_token"])


def ask(office: Running, token: str, *, order: str) -> tuple[int, dict[str, str], Any]:
    """Ask for the refund of an order, in the name of whoever the token is about."""
    said = {"action": "refund", "parameters": {"order": order}, "on_behalf_of": {"token": token}}
    body, key, url = json.dumps(said).encode(), secrets.token_hex(8), f"{office.url}/v1/requests"
    proof = SHOP.token(aud=office.url, htu=url, bsh=body_hash(body), ik=key, jti=secrets.token_hex(16))
    headers = {"Authorization": f"Bearer {proof}", "Idempotency-Key": key, "Content-Type": "application/json"}
    status, answered, told = call(url, body=body, **headers)
    return status, answered, json.loads(told)


def test_who_signed_in_long_ago_signs_in_anew_for_this_one_call(office: Running, issuer: Sandbox) -> None:
    status, headers, said = ask(office, sign_in(issuer, age="3600"), order="A-17")
    assert (status, said["code"]) == (401, "step_up")
    assert headers["www-authenticate"] == (
        'Bearer error="insufficient_user_authentication", acr_values="phr", max_age="300"'
    )
    nonce = said["step_up"]["nonce"]
    fresh = sign_in(issuer, acr_values="phr", max_age="300", nonce=nonce)

    other = ask(office, fresh, order="B-18")
    first, again = ask(office, fresh, order="A-17"), ask(office, fresh, order="A-17")

    assert (other[0], other[2]["code"]) == (401, "token")
    assert first[0] == 201
    assert first[2]["on_behalf_of"] == {"principal": "alice@example.com", "proven": "token"}
    assert again[0] == 401


def test_whom_the_issuer_calls_a_contractor_is_refused(office: Running, issuer: Sandbox) -> None:
    for kind in ("contractor", "Freelancer"):
        token = sign_in(issuer, claims=json.dumps({"employee_type": kind}))
        status, _, said = ask(office, token, order="A-19")
        assert (status, said["code"].partition(".")[0]) == (403, "guardrail")


def test_a_token_for_another_application_proves_nobody(office: Running, issuer: Sandbox) -> None:
    other = sign_in(issuer, client_id="shop-web")
    claims = json.loads(base64.urlsafe_b64decode(other.split(".")[1] + "=="))
    stolen = issuer.oidc.issuer.sign(claims | {"aud": "somebody-else"})
    status, _, said = ask(office, stolen, order="A-20")
    assert (status, said["code"]) == (401, "token")
