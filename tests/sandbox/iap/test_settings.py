"""What IAP is set to do is what it does, and what its API says."""

import json

import pytest

from sandbox.iap.gate import CLIENT, RESOURCE
from tests.sandbox.conftest import Clock
from tests.sandbox.iap.conftest import Proxied, Seen, ask


def read(proxied: Proxied, name: str = RESOURCE, headers: dict[str, str] | None = None) -> Seen:
    signed = {"Authorization": "Bearer x"} if headers is None else headers
    return ask(proxied.box.url, f"/google/iap/v1/{name}:iapSettings", headers=signed)


@pytest.mark.parametrize(("name", "status"), [("projects/1/iap_web/other", 404), ("", 404)])
def test_another_service_has_no_settings(proxied: Proxied, name: str, status: int) -> None:
    assert read(proxied, name).status == status


def test_nobody_reads_them_without_credentials(proxied: Proxied) -> None:
    assert read(proxied, headers={}).status == 401


def test_the_api_says_through_which_clients_programs_come(proxied: Proxied) -> None:
    proxied.gate.bearers.clients = {"b", "a"}
    told = json.loads(read(proxied).body)
    assert told["name"] == RESOURCE
    assert told["accessSettings"] == {"oauthSettings": {"clientId": CLIENT, "programmaticClients": ["a", "b"]}}
    proxied.gate.bearers.is_googles_client = True
    assert "clientId" not in json.loads(read(proxied).body)["accessSettings"]["oauthSettings"]


def test_who_signed_in_too_long_ago_signs_in_again(proxied: Proxied, clock: Clock) -> None:
    signed_in = proxied.gate.sign_in("bob@example.com")
    proxied.gate.reauthentication = {"method": "LOGIN", "maxAge": "600s", "policyType": "MINIMUM"}
    clock.forward(599)
    assert proxied.get("/", signed_in).status == 200
    clock.forward(1)
    assert proxied.get("/", signed_in).status == 302
    told = json.loads(read(proxied).body)["accessSettings"]
    assert told["reauthSettings"] == proxied.gate.reauthentication
