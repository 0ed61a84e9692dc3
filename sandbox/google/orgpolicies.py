"""The organization policy that restricts which customers' people a policy may name.

Sources: https://cloud.google.com/resource-manager/docs/organization-policy/restricting-domains; the answer to a
write that breaks it, as people report it (terraform-example-foundation, issue 1454).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.google.errors import GoogleError

CONSTRAINT = "iam.allowedPolicyMemberDomains"


class OrganizationPolicies:
    """Whom the policies of resources may name. `customers` says whose each domain is, also those that it shows
    to nobody."""

    def __init__(self) -> None:
        self.customers: dict[str, str] = {}
        self._allowed: dict[str, tuple[str, ...] | None] = {}

    def allow(self, resource: str, customers: Collection[str] | None) -> None:
        """Let only people of these customers be named there; of nobody where there are none; None: anybody."""
        self._allowed[resource] = None if customers is None else tuple(customers)

    def effective(self, resource: str) -> dict[str, Any]:
        """The effective policy, as `getEffectivePolicy` answers."""
        allowed = self._allowed.get(resource)
        rule: dict[str, Any] = {"allowAll": True}
        if allowed is not None:
            rule = {"values": {"allowedValues": list(allowed)}} if allowed else {"denyAll": True}
        return {"name": f"{resource}/policies/{CONSTRAINT}", "spec": {"rules": [rule]}}

    def check(
        self, resource: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
    ) -> None:
        """Refuse members of other customers that were not there before: the constraint is not retroactive."""
        allowed = self._allowed.get(resource)
        if allowed is None:
            return
        held = {member for binding in before for member in binding["members"]}
        for member in (member for binding in after for member in binding["members"]):
            address = member.partition(":")[2]
            if member not in held and self.customers.get(address.rpartition("@")[2]) not in allowed:
                raise _barred(resource, address)


def _barred(resource: str, address: str) -> GoogleError:
    violation = {
        "type": f"constraints/{CONSTRAINT}",
        "subject": f"orgpolicy:{resource}?configvalue={address}",
        "description": f"User {address} is not in permitted organization.",
    }
    return GoogleError(
        400,
        "One or more users named in the policy do not belong to a permitted customer.",
        status="FAILED_PRECONDITION",
        details=[{"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]}],
    )
