"""What IAM demands of an allow policy, and how it shows one.

Sources: the discovery documents' Policy schema, https://cloud.google.com/iam/docs/allow-policies and
https://cloud.google.com/iam/quotas.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.google import conditions
from sandbox.google.errors import GoogleError, invalid
from sandbox.google.roles import GRANTABLE, LEGACY

PRINCIPALS, GROUPS, SAME_ROLE_AND_PRINCIPAL = 1_500, 250, 20
"""Most principals in a policy (every occurrence counts, exemptions of audit logs too), most different groups and
domains, and most bindings of one role to one principal that differ in their condition (the IAM quotas page)."""

CONCURRENT = (
    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
)

_ADDRESS = r"[^\s@:?]+@[\w-]+(?:\.[\w-]+)+"
_MEMBER = re.compile(
    rf"(?:user|group|serviceAccount):{_ADDRESS}"
    r"|domain:[\w-]+(?:\.[\w-]+)+"
    rf"|deleted:(?:user|group|serviceAccount):{_ADDRESS}\?uid=\d+"
    r"|principal(?:Set)?://iam\.googleapis\.com/\S+"
)

Policy = dict[str, Any]
FIELDS = ("bindings", "auditConfigs")


def clean(
    policy: Mapping[str, Any], *, resource: str, custom_roles: Collection[str], owners: Collection[str]
) -> Policy:
    """Return a policy as IAM would keep it, or raise a 400. `owners` hold roles/owner already."""
    version = policy.get("version") or 0
    if version not in (0, 1, 3):
        raise invalid(f"Invalid policy version {version}. Valid values are 0, 1, and 3.", field="policy.version")
    bindings = policy.get("bindings") or []
    for index, binding in enumerate(bindings):
        _check(binding, at=f"policy.bindings[{index}]", resource=resource, custom_roles=custom_roles)
    if conditional(bindings) and version != 3:
        raise invalid("Policies with conditional role bindings must specify version 3.", field="policy.version")
    _check_owners(bindings, resource=resource, owners=owners)
    merged = _merge(bindings)
    _check_limits(merged, exempted=_exempted(policy.get("auditConfigs") or []))
    kept: Policy = {"bindings": merged}
    if policy.get("auditConfigs"):
        kept["auditConfigs"] = policy["auditConfigs"]
    return kept


def conditional(bindings: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether any binding has a condition."""
    return any(binding.get("condition") for binding in bindings)


def view(policy: Mapping[str, Any], *, etag: str, version: int) -> Policy:
    """Return the policy as a reader of that version sees it.

    Below version 3 a conditional binding loses its condition, and its role's name says so.
    """
    bindings = policy["bindings"]
    has_conditions = conditional(bindings)
    if has_conditions and version < 3:
        bindings = [_without_condition(binding) for binding in bindings]
    shown = {**policy, "version": 3 if has_conditions and version == 3 else 1, "etag": etag}
    if bindings:
        return {**shown, "bindings": bindings}
    return {name: value for name, value in shown.items() if name != "bindings"}


def _check(binding: Mapping[str, Any], *, at: str, resource: str, custom_roles: Collection[str]) -> None:
    role, condition = binding.get("role", ""), binding.get("condition")
    kind = resource.partition("/")[0]
    if role not in GRANTABLE[kind] and role not in custom_roles:
        raise invalid(f"Role {role} is not supported for this resource.", field=f"{at}.role")
    members = binding.get("members") or []
    if not members:
        raise invalid("A binding must contain at least one principal.", field=f"{at}.members")
    for member in members:
        _check_member(member, kind=kind, conditional=bool(condition), at=at)
    if condition:
        if role in LEGACY:
            raise invalid(f"Conditions can't be set on primitive roles: {role}.", field=f"{at}.condition")
        conditions.check(condition, at=f"{at}.condition")


def _check_member(member: str, *, kind: str, conditional: bool, at: str) -> None:
    if member in ("allUsers", "allAuthenticatedUsers"):
        if kind == "projects" or conditional:
            raise invalid(f"Members of type {member} are not allowed here.", field=f"{at}.members")
    elif not _MEMBER.fullmatch(member):
        raise invalid(f"Invalid principal: {member}.", field=f"{at}.members")


def _check_owners(bindings: Sequence[Mapping[str, Any]], *, resource: str, owners: Collection[str]) -> None:
    """A person becomes owner of a project by invitation only (projects.setIamPolicy)."""
    if not resource.startswith("projects/"):
        return
    for binding in bindings:
        new = [member for member in binding["members"] if member.startswith("user:") and member not in owners]
        if binding["role"] == "roles/owner" and new:
            detail = {
                "@type": "type.googleapis.com/google.cloudresourcemanager.v1.ProjectIamPolicyError",
                "type": "SOLO_MUST_INVITE_OWNERS",
                "member": new[0],
                "role": "roles/owner",
            }
            raise GoogleError(400, "An owner must be invited and accept in the console.", details=[detail])


def _merge(bindings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join bindings of one role and one condition, members in the order in which they came."""
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    for binding in bindings:
        condition = {name: text for name, text in (binding.get("condition") or {}).items() if text}
        key = (binding["role"], *(f"{name}={condition[name]}" for name in sorted(condition)))
        kept = merged.setdefault(key, {"role": binding["role"], "members": []})
        kept["members"] += [member for member in binding["members"] if member not in kept["members"]]
        if condition:
            kept["condition"] = condition
    return list(merged.values())


def _exempted(configs: Sequence[Mapping[str, Any]]) -> int:
    """Principals whom audit logs leave out: they count among those of the policy."""
    logs = [log for config in configs for log in config.get("auditLogConfigs") or []]
    return sum(len(log.get("exemptedMembers") or []) for log in logs)


def _check_limits(bindings: Sequence[Mapping[str, Any]], *, exempted: int) -> None:
    members = [member for binding in bindings for member in binding["members"]]
    count = len(members) + exempted
    if count > PRINCIPALS:
        raise invalid(
            f"The number of members in the policy ({count:,}) is larger than "
            f"the maximum allowed size {PRINCIPALS:,}."
        )
    groups = {member for member in members if member.startswith(("group:", "domain:"))}
    if len(groups) > GROUPS:
        raise invalid(f"The policy contains {len(groups)} groups and domains; at most {GROUPS} are allowed.")
    same = Counter((binding["role"], member) for binding in bindings for member in binding["members"])
    for (role, member), count in same.items():
        if count > SAME_ROLE_AND_PRINCIPAL:
            raise invalid(
                f"The policy has {count} bindings of {role} to {member} with different conditions; "
                f"at most {SAME_ROLE_AND_PRINCIPAL} are allowed."
            )


def _without_condition(binding: Mapping[str, Any]) -> dict[str, Any]:
    condition = binding.get("condition")
    if not condition:
        return dict(binding)
    text = "\0".join(condition.get(name, "") for name in ("title", "description", "expression"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{digest}", "members": binding["members"]}
