"""What the lives of the state machine ask for beside single roles, and whose binding is whose there."""

from collections.abc import Iterable
from typing import Any

from approvals.grants import Grant
from approvals.policy.model import Policy
from approvals.requests import Request, given
from approvals.targets import Access, accesses
from tests.support.fridays import GROUP
from tests.support.world import policy

INCIDENT = """\
  - id: incident
    title: Incident response
    grants:
      - {resource: projects/payments-prod, roles: [roles/run.admin]}
      - {resource: projects/payments-data, roles: [roles/bigquery.dataViewer]}
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 1}
"""


FRIDAY = """\
  - id: friday
    title: Deploy on Friday
    grant: none
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 1}
"""

TEAM = f"""\
  - id: team
    title: Administrators of production
    grant: group
    group: {GROUP}
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["group:approvers@example.com"], needed: 1}}
"""

DELEGATES = "delegates: [gwen@example.com, dan@example.com, carol@example.com]\n"


def offering(*changes: tuple[str, str]) -> Policy:
    """The policy with all of them in it and with who may stand in for others, and with pieces replaced."""
    more = (
        ("  - id: logs\n", f"{INCIDENT}{FRIDAY}{TEAM}  - id: logs\n"),
        ("entitlements:\n", f"{DELEGATES}entitlements:\n"),
    )
    return policy(*changes, *more)


def parts_left(request: Request) -> list[tuple[Request, Access, Grant]]:
    """The parts of which something may stand outside."""
    return [(request, target, grant) for target, grant in given(request) if not grant.removed]


def begun(requests: Iterable[Request]) -> list[Request]:
    """Those that may ask Google for something: what has not begun, or was closed before, asks for nothing."""
    return [each for each in requests if each.grant and each.grant.begun and each.grant.state != "scheduled"]


def is_of(request: Request, target: Access, binding: dict[str, Any]) -> bool:
    return (
        binding["resource"] == target.resource
        and binding["role"] in target.roles
        and binding["members"] == [f"user:{request.requester}"]
    )


def covers(request: Request, binding: dict[str, Any], moment: Any) -> bool:
    window = request.grant.window if request.grant else None
    inside = window is not None and window.start <= moment < window.end
    return inside and any(is_of(request, target, binding) for target in accesses(request.terms.targets))
