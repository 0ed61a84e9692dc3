"""The policy of a shop whose people ask and approve in tests of the whole program."""

POLICY = """\
version: 1
identity: {domains: [example.com]}
groups:
  sre: [alice@example.com, bob@example.com, dan@example.com]
  security: [carol@example.com]
defaults:
  duration: {default: 1h, max: 4h}
  pending: 1h
  channel: "#access"
entitlements:
  - id: admin
    title: Compute admin
    resource: projects/shop-prod
    roles: [roles/compute.instanceAdmin.v1]
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:sre", "group:security"], needed: 1}
  - id: pair
    title: Customer data
    resource: projects/shop-data
    roles: [roles/bigquery.dataViewer]
    requesters: ["group:sre"]
    approval:
      - {approvers: ["group:sre", "group:security"], needed: 2}
  - id: signed
    title: Deploy
    resource: projects/shop-prod
    roles: [roles/run.developer, roles/artifactregistry.writer]
    requesters: ["group:sre"]
    justification: {pattern: '(INC|CHG)-[0-9]+.*', hint: "Start with the change number, like CHG-42"}
    approval:
      - {approvers: ["group:sre"], needed: 1}
      - {approvers: ["group:security"], needed: 1, sign: typed}
  - id: narrow
    title: Audit logs
    resource: projects/shop-prod
    roles: [roles/logging.privateLogViewer]
    requesters: ["group:sre"]
    approval:
      - {approvers: ["group:security"], needed: 1}
  - id: logs
    title: Read logs
    resource: projects/shop-prod
    roles: [roles/logging.viewer]
    requesters: ["domain:example.com"]
    approval: self
"""
