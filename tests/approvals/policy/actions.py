"""A policy file with an issuer, an application and an action, for tests, and changed copies of it."""

from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse

FILE = """\
version: 1
identity: {domains: [example.com]}
groups:
  finance: [bob@example.com, carol@example.com]
entitlements: []
issuers:
  - id: okta
    issuer: https://example.okta.com/oauth2/default
    domains: [example.com]
    claims: {groups: groups, type: employee_type}
applications:
  - id: payments
    title: Payments
    keys:
      - {kid: p1, kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}
    brings:
      - {issuer: okta, audience: "api://payments", azp: [0oa1, 0oa2]}
    webhook: https://payments.example.com/hooks/countersign
    webhook_secret: secret:projects/shop-prod/secrets/payments-webhook
actions:
  - id: refund
    application: payments
    title: Refund a customer
    show:
      - {name: amount, label: Amount, type: money}
      - {name: order, label: Order, type: string}
      - {name: card, label: Card, type: secret, required: false}
    risk: Money leaves the company at once
    requesters: ["domain:example.com"]
    guardrails:
      - {when: 'subject.type in ["guest", "contractor"]', then: refuse, reason: Only employees refund}
      - {when: 'now - subject.auth_time > duration("15m")', then: step_up, acr: [phr], max_age: 300}
      - {when: 'params.amount <= 100 && params.amount_currency == "EUR"', then: allow}
    approval:
      - {approvers: ["group:finance"], sign: typed}
    pending: 30m
    use_by: 10m
    metadata: {cost centre: "4711"}
"""
"""The key is the example of RFC 8037, appendix A.2."""


def changed(*replacements: tuple[str, str]) -> str:
    """The file with pieces replaced; each piece must be there."""
    text = FILE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def policy(*replacements: tuple[str, str]) -> Policy:
    """The policy of the changed file."""
    return parse(changed(*replacements), source="policy.yaml")
