"""An application beside a running program: it signs its calls, and its person is named by its own word."""

import http.client
import json
from collections.abc import Mapping
from typing import Any

from approvals.ids import new_jti
from tests.support.applications import URL, App, body_hash
from tests.support.running import Running
from tests.support.shop import POLICY

ENVIRON = {"COUNTERSIGN_API_URL": URL}
"""What the program is told of where applications call it."""


class Counter:
    """The counter of a shop, where money is paid back."""

    def __init__(self) -> None:
        self.app = App(name="payments")

    @property
    def policy(self) -> str:
        """The shop's policy, in which this application may ask, and carol is an administrator."""
        return f"""\
{POLICY}\
administrators: ["group:security"]
issuers:
  - id: okta
    issuer: https://example.okta.com/oauth2/default
    claims: {{type: employee_type}}
applications:
  - id: payments
    title: The payments of our shop
    keys: [{json.dumps(self.app.jwk)}]
    brings: [{{issuer: okta, audience: "api://payments"}}]
    may_assert: true
actions:
  - id: refund
    application: payments
    title: Refund a customer
    show:
      - {{name: amount, label: Amount, type: money}}
      - {{name: order, label: Order, type: string}}
      - {{name: card, label: Card, type: secret, required: false}}
    risk: Money leaves the company at once
    requesters: ["domain:example.com"]
    guardrails:
      - {{when: 'subject.type == "contractor"', then: refuse, reason: Only employees refund}}
      - {{when: 'params.amount <= 10', then: allow}}
    approval: [{{approvers: ["group:sre"], needed: 1}}]
    metadata: {{ledger: main}}
  - id: payout
    application: payments
    title: Pay out
    show: [{{name: amount, label: Amount, type: money}}]
    requesters: ["group:sre"]
    approval: [{{approvers: ["group:security"], sign: typed}}]
"""

    def ask(self, office: Running, **changes: Any) -> str:
        """Ask for alice, and return the request's id."""
        said = self.call(office, "POST", "/v1/requests", self.body(**changes))
        return str(said["id"])

    def body(self, **changes: Any) -> dict[str, Any]:
        """A refund that needs its approval; a change to None leaves a member out."""
        good: dict[str, Any] = {
            "action": "refund",
            "parameters": {
                "amount": {"amount": "250.00", "currency": "EUR"},
                "order": "A-17",
                "card": "4111111111111111",
            },
            "on_behalf_of": {"asserted": {"email": "alice@example.com"}},
            "key": "order/A-17",
            "reason": "It came broken.",
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def consume(self, office: Running, request_id: str, **changes: Any) -> dict[str, Any]:
        """Use an approval."""
        whole = self.body(**changes)
        body: dict[str, Any] = {name: whole[name] for name in ("parameters", "key", "data") if name in whole}
        return self.call(office, "POST", f"/v1/requests/{request_id}/consume", body)

    def call(self, office: Running, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A signed call. Raises `AssertionError` where it is refused."""
        sent, key = json.dumps(body).encode(), new_jti()
        now = int(office.clock().timestamp())
        token = self.app.token(
            iat=now, exp=now + 300, jti=new_jti(), htm=method, htu=f"{URL}{path}", bsh=body_hash(sent), ik=key
        )
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        connection = http.client.HTTPConnection(office.url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body=sent, headers=headers)
            response = connection.getresponse()
            text = response.read().decode()
            assert response.status < 300, text
            found: dict[str, Any] = json.loads(text)
            return found
        finally:
            connection.close()
