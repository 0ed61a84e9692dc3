"""What the sandbox's Google says of organizations, and of whom the policies in one may name."""

from typing import Any

from sandbox.google.arguments import Arguments
from sandbox.google.errors import NO_PERMISSION, GoogleError
from sandbox.google.orgpolicies import CONSTRAINT
from sandbox.google.state import Google


def search_organizations(google: Google, _: Arguments) -> dict[str, Any]:
    """List the organizations that are shown, each with the customer that its main domain belongs to."""
    customers = google.organization_policies.customers
    found = [
        {"name": each.name, "displayName": each.display_name, "state": "ACTIVE"}
        | ({"directoryCustomerId": customers[each.display_name]} if each.display_name in customers else {})
        for each in google.organizations()
    ]
    return {"organizations": found} if found else {}


def effective_policy(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Say which customers' people the policy of a resource may name. Other constraints are not served."""
    resource, _, constraint = arguments.resource.partition("/policies/")
    if constraint != CONSTRAINT:
        raise GoogleError(404, f"The sandbox does not serve the constraint {constraint}.")
    if not google.holds(resource, "orgpolicy.policy.get"):
        raise GoogleError(403, NO_PERMISSION)
    return google.organization_policies.effective(resource)
