"""Names from the environment that this version refuses, each with what to do instead.

A name that is ignored in silence is a limit that somebody believes in.
"""

_AUDIENCE = (
    "Set IAP_AUDIENCE to /projects/NUMBER/locations/REGION/services/SERVICE on Cloud Run, or behind a load"
    " balancer to /projects/NUMBER/global/backendServices/ID"
)
_LISTED = "entitlements are listed in the policy file (`entitlements`). Unset it"
_TIMEOUT = "the time limits of outside calls are fixed. Unset it"

NOT_IN_THIS_VERSION = {
    "IAP_CLIENT_ID": "it is for `countersign login` alone, and the service needs none. Unset it",
    "NOTIFICATION_TOPIC": "notices to Pub/Sub are not in this version. Unset it",
}

# The remaining names of GoogleCloudPlatform/jit-groups, versions 1 (JIT Access) and 2 (JIT Groups).
OF_JIT_ACCESS = {
    "RESOURCE_SCOPE": "name each entitlement's `resource` in the policy file instead, and unset it",
    "RESOURCE_CATALOG": _LISTED,
    "RESOURCE_CUSTOMER_ID": _LISTED,
    "RESOURCE_CACHE_TIMEOUT": "the policy file is read again as soon as it changes. Unset it",
    "AVAILABLE_PROJECTS_QUERY": _LISTED,
    "ACTIVATION_TIMEOUT": "set `duration.max` in the policy file instead, and unset it",
    "ELEVATION_DURATION": "set `duration.max` in the policy file instead, and unset it",
    "ACTIVATION_REQUEST_TIMEOUT": "set `pending` under `defaults` in the policy file instead, and unset it",
    "APPROVAL_TIMEOUT": "set `pending` under `defaults` in the policy file instead, and unset it",
    "ACTIVATION_REQUEST_MIN_REVIEWERS": "set `needed` in the entitlement's `approval` instead, and unset it",
    "ACTIVATION_REQUEST_MAX_REVIEWERS": "list `approvers` in the entitlement's `approval` instead, and unset it",
    "ACTIVATION_REQUEST_MAX_ROLES": "list `roles` in each entitlement of the policy file instead, and unset it",
    "JUSTIFICATION_PATTERN": "set `justification.pattern` in the policy file instead, and unset it",
    "JUSTIFICATION_HINT": "set `justification.hint` in the policy file instead, and unset it",
    "IAP_BACKEND_SERVICE_ID": f"{_AUDIENCE}, which holds this id, and unset it",
    "IAP_VERIFY_AUDIENCE": f"the audience is always verified. {_AUDIENCE}, and unset it",
    "BACKEND_CONNECT_TIMEOUT": _TIMEOUT,
    "BACKEND_READ_TIMEOUT": _TIMEOUT,
    "BACKEND_WRITE_TIMEOUT": _TIMEOUT,
    "CUSTOMER_ID": _LISTED,
    "ORGANIZATION_ID": _LISTED,
    "ENVIRONMENTS": _LISTED,
    "PRIMARY_DOMAIN": "set `identity.domains` in the policy file instead, and unset it",
    "GROUPS_DOMAIN": "grants through groups are not in this version. Unset it",
}


def reason(name: str) -> str | None:
    """Say why a name is refused and what to set instead, or None when it is not one of these."""
    return NOT_IN_THIS_VERSION.get(name) or OF_JIT_ACCESS.get(name)
