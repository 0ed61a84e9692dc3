"""A payments application as a policy of the bench has it, with one action: refunds, small ones by a guardrail."""

import json
from collections.abc import Mapping

ISSUER = "staff"

REFUND = """\
  - id: refund
    application: payments
    title: Refund a customer
    show: [{name: amount, label: Amount, type: number}]
    requesters: ["domain:example.com"]
    guardrails: [{when: "params.amount <= 100.0", then: allow}]
    approval: [{approvers: ["group:sre"], needed: 1}]
"""
"""The last lines of a policy's `actions`, where nothing is added to it."""


def issuers(url: str) -> str:
    """Who vouches for people, by the address of its tokens."""
    return f'issuers:\n  - {{id: {ISSUER}, issuer: "{url}", domains: [example.com]}}\n'


def payments(key: Mapping[str, str], *, webhook: str = "") -> str:
    """The application, as the first of a policy's `applications`. `webhook`: where it is told, if anywhere."""
    return f"""\
applications:
  - id: payments
    title: Payments
    keys: [{json.dumps(key)}]
    brings: [{{issuer: {ISSUER}, audience: payments}}]
""" + (f"    webhook: {webhook}\n" if webhook else "")
