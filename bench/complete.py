"""Everything configured: all that a service can be given, with the outside at one port of loopback.

`Stock.environ` is a service that Slack and the policy file alone know of. This one has pages behind the proxy,
mail, applications and an agent, a webhook, eligible bindings of IAM, signals, sweeps, a topic, audit logs, a
collector, and keys for receipts and webhooks.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from approvals.backends.signers.file import create_keys
from approvals.backends.signers.purposes import RECEIPTS, WEBHOOKS
from bench.refunds import REFUND, issuers, payments
from bench.stock import Stock
from bench.visits import AUDIENCE, Proxy
from countersign_client.call_tokens import new_key

_STANZAS = """\
signals:
  - id: sign-in
    issuer: https://login.example.com
    jwks_uri: https://login.example.com/jwks.json
    audience: https://approvals.example.com/signals
sources:
  jit_access: {{scope: organizations/100, duration: {{default: 1h, max: 2h}}}}
{payments}\
  - id: assistant
    title: Assistant
    keys: [{assistant}]
    brings: [{{issuer: staff, audience: assistant}}]
actions:
{refund}\
  - id: deploy
    application: assistant
    title: Deploy a service
    show: [{{name: service, label: Service, type: string}}]
    requesters: ["domain:example.com"]
    approval: [{{approvers: ["group:sre"], needed: 1}}]
"""
_HOOK = "https://payments.example.com/hooks/countersign"


class Complete:
    """A folder in which a service starts that has all of it."""

    def __init__(self, folder: Path) -> None:
        more = issuers("https://login.example.com") + _STANZAS.format(
            payments=payments(new_key("ES256").public(), webhook=_HOOK),
            assistant=json.dumps(new_key("ES256").public()),
            refund=REFUND,
        )
        self._stock = Stock(folder, entitlements=20, email="always", more=more)
        self.published = folder / "keys.json"
        Proxy(self.published)
        for name, purpose in (("receipts", RECEIPTS), ("webhooks", WEBHOOKS)):
            create_keys(folder / f"{name}.jwk", now=datetime.now(UTC), purpose=purpose)

    def environ(self, *, outside: int) -> Mapping[str, str]:
        """All settings. The outside publishes the proxy's keys, from the file that `published` names."""
        there, folder = f"http://127.0.0.1:{outside}", self._stock.folder
        return {
            **self._stock.environ(outside=outside),
            "COUNTERSIGN_PAGES_URL": "http://localhost:9",
            "IAP_AUDIENCE": AUDIENCE,
            "IAP_JWKS_URL": f"{there}/keys",
            "SMTP_SENDER_ADDRESS": "countersign@example.com",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": "9",
            "SMTP_ENABLE_STARTTLS": "false",
            "COUNTERSIGN_API_URL": "http://localhost:9",
            "COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}",
            "COUNTERSIGN_WEBHOOK_SIGNER": f"file:{folder / 'webhooks.jwk'}",
            "COUNTERSIGN_SWEEP_ACCOUNT": "sweeps@shop-prod.iam.gserviceaccount.com",
            "COUNTERSIGN_DIRECTORY_USERS": "1",
            "COUNTERSIGN_LOG_ACTIVATIONS": "1",
            "COUNTERSIGN_AUDIT_LOGS": "1",
            "NOTIFICATION_TOPIC": "projects/shop-prod/topics/approvals",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"{there}/collector",
        }
