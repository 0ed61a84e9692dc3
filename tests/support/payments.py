"""A running service that a payments application may ask, and people whose tokens it brings."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from countersign_client.applications import Money
from countersign_client.call_tokens import SigningKey, new_key
from tests.support.running import POLICY, Running, running

ISSUER = "http://127.0.0.1:9/oidc"
"""Stands in the policy until the sandbox says where it is."""


def policy(issuer: str, key: SigningKey, webhook: str = "") -> str:
    """A policy in which refunds of more than 100 EUR need Bob."""
    told = f"webhook: {webhook}" if webhook else ""
    return f"""{POLICY}
issuers:
  - id: shop
    issuer: {issuer}
    domains: [example.com]
    claims: {{type: employee_type}}
applications:
  - id: payments
    title: Payments
    keys: [{json.dumps(key.public())}]
    brings: [{{issuer: shop, audience: payments}}]
    {told}
actions:
  - id: refund
    application: payments
    title: Refund a customer
    show:
      - {{name: amount, label: Amount, type: money}}
      - {{name: order, label: Order, type: string}}
      - {{name: card, label: Card, type: secret}}
    requesters: ["domain:example.com"]
    guardrails:
      - {{when: 'subject.type in ["guest", "contractor"]', then: refuse, reason: Contractors refund nothing}}
      - {{when: 'now - subject.auth_time > duration("15m")', then: step_up, acr: [phr], max_age: 300}}
      - {{when: 'params.amount <= 100 && params.amount_currency == "EUR"', then: allow}}
    approval:
      - {{approvers: ["user:bob@example.com", "user:carol@example.com"], needed: 1}}
"""


class Payments:
    """The application's side: its key, and tokens of its people."""

    def __init__(self, office: Running, key: SigningKey) -> None:
        self.office, self.key = office, key

    def token(self, who: str = "alice", **more: Any) -> str:
        """What somebody's sign-in gave the application."""
        person = self.office.box.slack.state.person(who)
        return self.office.box.oidc.issuer.id_token(person, client="payments", **more)

    def given(self, amount: str = "250.00", order: str = "A-17") -> dict[str, Any]:
        return {"amount": Money(amount, "EUR"), "order": order, "card": "No. 4111"}


@contextmanager
def open_payments(folder: Path, *, webhook: str = "") -> Iterator[Payments]:
    """Run the service until the block ends. It tells `webhook`, where there is one."""
    key = new_key("ES256")
    signers = {"RECEIPT": "receipts", "WEBHOOK": "webhooks"}
    environ = {f"COUNTERSIGN_{name}_SIGNER": f"file:{folder / each}.jwk" for name, each in signers.items()}
    with running(folder, policy=policy(ISSUER, key), environ=environ) as office:
        office.policy_file.write_text(policy(office.box.oidc_url, key, webhook))
        office.restart()
        yield Payments(office, key)
