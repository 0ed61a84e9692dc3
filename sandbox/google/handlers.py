"""What each served method does. Shapes are checked outside, by the discovery documents."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.google import asset, identity
from sandbox.google.arguments import Arguments, Handler
from sandbox.google.errors import NO_PERMISSION, GoogleError, invalid
from sandbox.google.organizations import effective_policy, search_organizations
from sandbox.google.roles import INCLUDED
from sandbox.google.state import CREATED, Google

_FULL_NAME = re.compile(r"//cloudresourcemanager\.googleapis\.com/((?:projects|folders|organizations)/[^/]+)")
_ABOVE = re.compile(r"resourcemanager\.(projects\.(create|list)|(folders|organizations)\..*)")
"""Permissions that are none on a project, but on what it lies in (googleapis/google-cloud-java#722)."""
_KINDS = ("projects", "folders", "organizations")
_PAGE = 3_000
_USERS_MASK = re.compile(r"\busers\(([^)]*)\)")


def handler(method_id: str) -> Handler:
    """Return what serves a method. Raises a 404 for a method that Google has and the sandbox has not."""
    if method_id not in _HANDLERS:
        raise GoogleError(404, f"The sandbox does not serve {method_id}.")
    return _HANDLERS[method_id]


def get_policy(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Return a policy in the version that is asked for, at most."""
    _require(google, arguments.resource, "getIamPolicy")
    version = (arguments.body.get("options") or {}).get("requestedPolicyVersion") or 0
    if version not in (0, 1, 3):
        raise invalid(f"Invalid requested policy version {version}.", field="options.requestedPolicyVersion")
    return google.read(arguments.resource, version=version)


def set_policy(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Replace a policy."""
    _require(google, arguments.resource, "setIamPolicy")
    policy = arguments.body.get("policy")
    if policy is None:
        raise invalid("Policy must be specified.", field="policy")
    return google.write(arguments.resource, policy, mask=arguments.body.get("updateMask") or "")


def test_permissions(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Say which of some permissions the caller holds; asking for them needs none."""
    permissions = arguments.body.get("permissions") or []
    for permission in permissions:
        if "*" in permission or (arguments.resource.startswith("projects/") and _ABOVE.match(permission)):
            raise invalid(f"Permission {permission} is not valid for this resource.", field="permissions")
    google.resource(arguments.resource)
    held = [permission for permission in permissions if google.holds(arguments.resource, permission)]
    return {"permissions": held} if held else {}


def get_resource(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Describe a project, folder or organization as version 3 does."""
    found = google.resource(arguments.resource)
    described: dict[str, Any] = {"createTime": CREATED, "state": "ACTIVE", "displayName": found.display_name}
    if found.name.startswith("projects/"):
        return described | {
            "name": f"projects/{found.number}",
            "projectId": found.name.partition("/")[2],
            "parent": found.parent,
        }
    if found.name.startswith("folders/"):
        return described | {"name": found.name, "parent": found.parent}
    return described | {"name": found.name}


def get_resource_v1(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Describe a project or organization as version 1 does."""
    found = google.resource(arguments.resource)
    described: dict[str, Any] = {"lifecycleState": "ACTIVE"}
    if found.name.startswith("organizations/"):
        return described | {"creationTime": CREATED, "name": found.name, "displayName": found.display_name}
    described |= {
        "createTime": CREATED,
        "projectId": found.name.partition("/")[2],
        "projectNumber": found.number,
        "name": found.display_name,
    }
    if not found.parent:
        return described
    kind, _, number = found.parent.partition("/")
    return described | {"parent": {"type": kind.removesuffix("s"), "id": number}}


def get_user(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Describe a user of the directory, with the fields alone that are asked for."""
    found = google.users.get(arguments.resource.partition("/")[2])
    fields = [each for each in arguments.query.get("fields", "").split(",") if each]
    return _only(found, fields)


def list_users(google: Google, arguments: Arguments) -> dict[str, Any]:
    """List users of the directory, each with the fields alone that are asked for."""
    page = google.users.list(arguments.query)
    mask = _USERS_MASK.search(arguments.query.get("fields", ""))
    if mask is not None and "users" in page:
        page["users"] = [_only(user, mask[1].split(",")) for user in page["users"]]
    return page


def _only(found: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if not fields or name in fields}


def query_grantable_roles(google: Google, arguments: Arguments) -> dict[str, Any]:
    """List what can be granted on a project, folder or organization, a page at a time."""
    full = str(arguments.body.get("fullResourceName") or "")
    match = _FULL_NAME.fullmatch(full)
    if match is None:
        raise invalid(f"Invalid full resource name: {full}.", field="fullResourceName")
    size = arguments.body.get("pageSize") or 300
    if not 0 < size <= _PAGE:
        raise invalid(f"The page size must be between 1 and {_PAGE}.", field="pageSize")
    roles = sorted(google.grantable(match[1]))
    token = arguments.body.get("pageToken") or "0"
    if not token.isdecimal() or int(token) > len(roles):
        raise invalid("Invalid page token.", field="pageToken")
    start, end = int(token), int(token) + size
    page: dict[str, Any] = {"roles": [{"name": role, "stage": "GA"} for role in roles[start:end]]}
    return page | ({"nextPageToken": str(end)} if end < len(roles) else {})


def get_role(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Describe a role with what it holds, as far as the sandbox knows that."""
    name = arguments.resource
    if name.startswith("roles/") and name not in INCLUDED:
        raise GoogleError(404, f"The sandbox does not know what {name} holds.")
    if name not in INCLUDED and (name not in google.custom_roles or (name, "iam.roles.get") in google.withheld):
        raise GoogleError(403, NO_PERMISSION)
    return {"name": name, "stage": "GA", "includedPermissions": list(INCLUDED.get(name, ()))}


def _require(google: Google, resource: str, method: str) -> None:
    permission = f"resourcemanager.{resource.partition('/')[0]}.{method}"
    if not google.holds(resource, permission):
        raise GoogleError(403, NO_PERMISSION)


def sign_jwt(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Sign a claims set as a service account."""
    return google.accounts.sign(arguments.resource, arguments.body.get("payload") or "", now=google.clock())


def generate_id_token(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Sign who a service account is; its address only where `includeEmail` asks for it."""
    name, audience = arguments.resource, arguments.body.get("audience")
    email = google.accounts.named(name)
    if not audience:
        raise invalid("The audience must be specified.", field="audience")
    with_email = bool(arguments.body.get("includeEmail"))
    return {"token": google.issuer.of_service_account(email, audience=audience, with_email=with_email)}


def iap_settings(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Return what IAP is set to do for a service, as it is set on the service itself."""
    if (arguments.resource, "iap.webServices.getSettings") in google.withheld:
        raise GoogleError(403, NO_PERMISSION)
    if arguments.resource not in google.iap_settings:
        raise GoogleError(404, "Requested entity was not found.")
    return {"name": arguments.resource} | google.iap_settings[arguments.resource]()


def access_secret(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Give the data of a secret's version."""
    return google.secrets.access(arguments.resource)


def add_secret_version(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Add a version to a secret."""
    created = datetime.fromtimestamp(google.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return google.secrets.add(arguments.resource, arguments.body.get("payload") or {}, created=created)


def publish(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Publish messages to a topic."""
    return google.topics.publish(arguments.resource, arguments.body.get("messages") or [])


def test_topic_permissions(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Say which permissions the caller holds on a topic. Of one that is not there those are none, and no error.

    https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/testIamPermissions
    """
    topic = arguments.resource
    asked = arguments.body.get("permissions") or [] if google.topics.has(topic) else []
    held = [each for each in asked if (topic, each) not in google.withheld]
    return {"permissions": held} if held else {}


def list_entries(google: Google, arguments: Arguments) -> dict[str, Any]:
    """List entries of the audit logs."""
    for name in arguments.body.get("resourceNames") or ():
        google.resource(name)
        if (name, "logging.privateLogEntries.list") in google.withheld:
            raise GoogleError(403, NO_PERMISSION)
    return google.logs.list(arguments.body)


_HANDLERS: Mapping[str, Handler] = {
    **{
        f"cloudresourcemanager.{version}.{kind}.{name}": function
        for version, kinds in (
            ("v3", _KINDS),
            ("v1", ("projects", "organizations")),
        )
        for kind in kinds
        for name, function in (
            ("get", get_resource if version == "v3" else get_resource_v1),
            ("getIamPolicy", get_policy),
            ("setIamPolicy", set_policy),
            ("testIamPermissions", test_permissions),
        )
    },
    "cloudresourcemanager.v3.projects.search": asset.search_projects,
    **{f"orgpolicy.v2.{kind}.policies.getEffectivePolicy": effective_policy for kind in _KINDS},
    "cloudresourcemanager.v3.organizations.search": search_organizations,
    "admin.directory_v1.users.get": get_user,
    "admin.directory_v1.users.list": list_users,
    **identity.METHODS,
    "cloudasset.v1.effectiveIamPolicies.batchGet": asset.batch_get_effective,
    "cloudasset.v1.searchAllIamPolicies": asset.search_policies,
    "cloudasset.v1.searchAllResources": asset.search_resources,
    "iam.v1.organizations.roles.get": get_role,
    "iam.v1.projects.roles.get": get_role,
    "iam.v1.roles.get": get_role,
    "iam.v1.roles.queryGrantableRoles": query_grantable_roles,
    "iap.v1.getIapSettings": iap_settings,
    "iamcredentials.v1.projects.serviceAccounts.generateIdToken": generate_id_token,
    "iamcredentials.v1.projects.serviceAccounts.signJwt": sign_jwt,
    "logging.v2.entries.list": list_entries,
    "pubsub.v1.projects.topics.publish": publish,
    "pubsub.v1.projects.topics.testIamPermissions": test_topic_permissions,
    "secretmanager.v1.projects.secrets.addVersion": add_secret_version,
    "secretmanager.v1.projects.secrets.versions.access": access_secret,
}
