"""What IAP is set to do is what it does, and what its API says."""

import json
from typing import Any

import pytest

from sandbox.google.discovery import methods
from sandbox.google.errors import GoogleError
from sandbox.iap.gate import CLIENT, RESOURCE
from tests.sandbox.conftest import Clock
from tests.sandbox.iap.conftest import Proxied, Seen, ask


def read(proxied: Proxied, name: str = RESOURCE, headers: dict[str, str] | None = None) -> Seen:
    signed = {"Authorization": "Bearer x"} if headers is None else headers
    return ask(proxied.box.url, f"/google/iap/v1/{name}:iapSettings", headers=signed)


def test_who_may_not_read_them_is_refused(proxied: Proxied) -> None:
    proxied.box.google.withheld.add((RESOURCE, "iap.webServices.getSettings"))
    assert read(proxied).status == 403


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


def test_where_it_is_switched_off_nobody_signs_in_again(proxied: Proxied, clock: Clock) -> None:
    signed_in = proxied.gate.sign_in("bob@example.com")
    proxied.gate.reauthentication = {"method": "METHOD_UNSPECIFIED", "maxAge": "600s"}
    clock.forward(6000)
    assert proxied.get("/", signed_in).status == 200


@pytest.mark.parametrize(
    "wrong",
    [{"method": "LOGIN", "maxAge": "10 minutes"}, {"method": "PASSKEY"}, {"maxage": "600s"}, {"maxAge": 600}],
    ids=repr,
)
def test_the_api_says_nothing_that_its_discovery_document_does_not_know(
    proxied: Proxied, wrong: dict[str, Any]
) -> None:
    (method,) = [each for each in methods() if each.id == "iap.v1.getIapSettings"]
    proxied.gate.reauthentication = wrong
    with pytest.raises(GoogleError):
        method.check_answer({"name": RESOURCE} | proxied.gate.settings())


def test_who_signed_in_too_long_ago_signs_in_again(proxied: Proxied, clock: Clock) -> None:
    signed_in = proxied.gate.sign_in("bob@example.com")
    proxied.gate.reauthentication = {"method": "LOGIN", "maxAge": "600s", "policyType": "MINIMUM"}
    clock.forward(599)
    assert proxied.get("/", signed_in).status == 200
    clock.forward(1)
    assert proxied.get("/", signed_in).status == 302
    told = json.loads(read(proxied).body)["accessSettings"]
    assert told["reauthSettings"] == proxied.gate.reauthentication
