"""A small policy file for tests, and changed copies of it."""

from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse

FILE = """\
version: 1
identity:
  domains: [example.com]
  aliases: {alice@example.com: [a.smith@example.com]}
groups:
  sre: [alice@example.com, bob@example.com, dan@example.com]
  security: [carol@example.com]
  directory: ["group:leads@example.com"]
  empty: []
defaults:
  duration: {default: 1h, max: 4h}
  channel: "#access"
entitlements:
  - id: admin
    title: Compute admin
    resource: projects/shop-prod
    roles: [roles/cloudsql.editor, roles/compute.viewer]
    condition: resource.name.startsWith("projects/shop-prod/zones/a/")
    requesters: ["group:sre"]
    justification: {pattern: '(INC|CHG)-\\d+.*', hint: An incident or change number}
    approval:
      - {approvers: ["group:sre"]}
      - {approvers: ["group:security"], sign: typed}
  - id: logs
    title: Read logs
    resource: folders/123
    roles: [roles/logging.viewer]
    requesters: ["domain:example.com"]
    duration: {default: 30m, max: 1h}
    approval: self
  - id: led
    title: Led
    resource: organizations/456
    roles: [organizations/456/roles/Led]
    requesters: ["group:directory"]
    approval:
      - {approvers: ["group:leads@example.com"], needed: 2}
"""

TICKETS = """\
tickets:
  pattern: '(INC|CHG)-\\d+'
  url: 'https://tickets.example.com/browse/{ticket}'
"""
"""The section of tickets, for a file that shall have it."""


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


def whereabouts(text: str, piece: str) -> tuple[int, int]:
    """Line and column, from 1, at which a piece of the text begins."""
    before = text[: text.index(piece)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
