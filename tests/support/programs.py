"""Applications at a running service: each call is signed for itself, and goes over HTTP."""

import http.client
import json
import secrets
from typing import Any

import msgspec

from sandbox.iap.accounts import google
from sandbox.iap.assertions import assertion
from tests.support.applications import App, body_hash
from tests.support.callers import Said
from tests.support.running import Running
from tests.support.shop import POLICY

AUDIENCE = "/projects/4711/locations/europe-west1/services/refunds"
"""Of Identity-Aware Proxy in front of the application's own pages."""


def policy(*apps: App, pages: str = "") -> str:
    """The shop's policy, with applications that may ask for refunds for whoever their own proxy lets in."""
    listed = [
        {
            "id": each.name,
            "title": f"The {each.name}",
            "keys": [each.jwk],
            "brings": [{"issuer": "iap", "audience": AUDIENCE}],
        }
        for each in apps
    ]
    return f"""{POLICY}
issuers:
  - {{id: iap, issuer: "https://cloud.google.com/iap"}}
applications: {json.dumps(listed)}
actions:
  - id: refund
    application: {apps[0].name}
    title: Refund a customer
    show:
      - {{name: amount, label: Amount, type: money}}
      - {{name: order, label: Order, type: string}}
      - {{name: card, label: Card, type: secret, required: false}}
    requesters: ["group:sre"]
    guardrails:
      - {{when: 'params.amount <= 100.0 && params.amount_currency == "EUR"', then: allow}}
    approval:
      - {{approvers: ["group:sre", "group:security"], needed: 1}}
    pending: 30m
{pages}"""


class Program:
    """One application's program."""

    def __init__(self, office: Running, app: App) -> None:
        self._office, self.app = office, app

    def get(self, target: str) -> Said:
        return self.call("GET", target)

    def post(self, target: str, body: Any, *, key: str = "") -> Said:
        return self.call("POST", target, json.dumps(body).encode(), key=key or secrets.token_hex(8))

    def call(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Said:
        own = self.signed(method, target, body, key=key) | (headers or {})
        connection = http.client.HTTPConnection(self._office.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, target, body=body or None, headers=own)
            response = connection.getresponse()
            octets = response.read()
            said = {name.lower(): value for name, value in response.getheaders()}
            return Said(
                status=response.status, headers=said, body=octets, json=json.loads(octets) if octets else None
            )
        finally:
            connection.close()

    def signed(self, method: str, target: str, body: bytes, *, key: str | None) -> dict[str, str]:
        """The headers of a call."""
        url = self._office.url
        token = self.app.token(
            aud=url, htm=method, htu=f"{url}{target}", bsh=body_hash(body), ik=key, jti=secrets.token_hex(12)
        )
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key is not None else {})
        return headers | ({"Content-Type": "application/json"} if body else {})

    def wanted(self, amount: str = "250.00", *, who: str = "alice@example.com", **changes: Any) -> dict[str, Any]:
        """The body that asks for a refund."""
        assert self._office.box.iap is not None
        keys, now = self._office.box.iap.gate.keys, self._office.clock.seconds()
        said = assertion(keys, google(who), audience=AUDIENCE, now=now)
        good = {
            "action": "refund",
            "parameters": {"amount": {"amount": amount, "currency": "EUR"}, "order": "A-17", "card": "No. 4111"},
            "on_behalf_of": {"iap_assertion": said},
        }
        return msgspec.to_builtins(good | changes)  # type: ignore[no-any-return]

    def ask(self, amount: str = "250.00", **changes: Any) -> dict[str, Any]:
        said = self.post("/v1/requests", self.wanted(amount, **changes))
        assert said.status == 201, said
        return dict(said.json)

    def consume(self, request_id: str, amount: str = "250.00", *, key: str = "") -> Said:
        body = {"parameters": self.wanted(amount)["parameters"]}
        return self.post(f"/v1/requests/{request_id}/consume", body, key=key)
