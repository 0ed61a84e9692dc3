"""What an entitlement gives: roles on one resource, a bundle of such targets under `grants`, or nothing at all."""

from collections.abc import Mapping

import msgspec
import yaml

from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import GRANT
from approvals.policy.reading.values import RESOURCE, condition, role, shaped
from approvals.targets import ApprovalOnly, Granted, IamRoles

MOST_GRANTS = 10
"""Targets of one entitlement: an approver reads all of them before a press."""


class WrittenGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of a target, sound or not. `target` is None where anything is wrong."""

    target: IamRoles | None
    resource: str
    roles: tuple[tuple[str, yaml.Node], ...]


class WrittenGiven(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of all that an entitlement gives. `nothing` is where it says that it gives nothing."""

    grants: tuple[WrittenGrant, ...]
    nothing: yaml.Node | None = None

    @property
    def targets(self) -> tuple[Granted, ...]:
        """What it is for; empty where anything is wrong."""
        if self.nothing is not None:
            return (ApprovalOnly(),)
        found = tuple(each.target for each in self.grants if each.target is not None)
        return found if len(found) == len(self.grants) else ()


def given(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> WrittenGiven:
    """Read what an entitlement gives, and how. What is wrong is noted."""
    nothing = _nothing(reader, fields.get("grant"))
    if nothing is None:
        return WrittenGiven(grants=_grants(reader, node, fields))
    for key in ("grants", *GRANT.known):
        if key in fields:
            text = f"grant: none is an approval alone, which gives nothing: leave {key} out, or grant"
            reader.refuse(fields[key], "none-and-grants", text)
    return WrittenGiven(grants=(), nothing=nothing)


def _nothing(reader: Reader, node: yaml.Node | None) -> yaml.Node | None:
    """Where it stands that nothing is granted: access is given by an IAM binding, or there is none."""
    value = reader.string(node, "grant") if node is not None else "iam"
    if node is None or value in {None, "iam"}:
        return None
    if value == "none":
        return node
    if value in _LATER:
        reader.refuse(node, "not-in-this-version", f"grant: {shown(str(value))} is not in this version")
    else:
        text = "grant is iam, or left out: access is given by an IAM binding; or none: an approval alone"
        reader.refuse(node, "bad-value", text)
    return None


_LATER = ("group",)


def _grants(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> tuple[WrittenGrant, ...]:
    if fields.keys().isdisjoint(("grants", *GRANT.required)):
        text = "an entitlement needs “resource” and “roles”, or “grants” for several, or “grant: none” for neither"
        reader.refuse(node, "missing-key", text)
        return (_grant(reader, fields, complete=False),)
    if "grants" not in fields:
        complete = reader.required(node, fields, "an entitlement", *GRANT.required)
        return (_grant(reader, fields, complete=complete),)
    for key in GRANT.known:
        if key in fields:
            text = f"an entitlement has grants, or {key} of its own: move this into one of grants"
            reader.refuse(fields[key], "grants-and-own", text)
    return _bundle(reader, fields["grants"])


def _bundle(reader: Reader, node: yaml.Node) -> tuple[WrittenGrant, ...]:
    items = reader.items(node, "grants")
    if items == []:
        reader.refuse(node, "empty-list", "grants is empty, so there is nothing to grant")
    for item in (items or ())[MOST_GRANTS:][:1]:
        text = f"an entitlement has at most {MOST_GRANTS} grants: make several entitlements of it"
        reader.refuse(item, "too-many-grants", text)
    found = []
    for item in items or ():
        fields = reader.mapping(item, "a grant", GRANT)
        if fields is not None:
            complete = reader.required(item, fields, "a grant", *GRANT.required)
            found.append(_grant(reader, fields, complete=complete))
    _note_twice(reader, found)
    return tuple(found)


def _note_twice(reader: Reader, found: list[WrittenGrant]) -> None:
    """Refuse a role that another grant gives on the same resource: one of the two would be without effect."""
    lines: dict[tuple[str, str], int] = {}
    for grant in found:
        here = {}
        for name, node in grant.roles if grant.resource else ():
            earlier = lines.get((grant.resource, name))
            if earlier is not None:
                text = f"{name} is given on {grant.resource} already, on line {earlier}"
                reader.refuse(node, "duplicate-role", text)
            here[(grant.resource, name)] = node.start_mark.line + 1
        lines = here | lines


def _grant(reader: Reader, fields: Mapping[str, yaml.Node], *, complete: bool) -> WrittenGrant:
    resource = _resource(reader, fields)
    roles = _roles(reader, fields["roles"], resource or "") if "roles" in fields else ()
    where = condition(reader, fields["condition"]) if "condition" in fields else ""
    written = WrittenGrant(target=None, resource=resource or "", roles=roles)
    if not complete or not roles or resource is None or where is None:
        return written
    target = IamRoles(resource=resource, roles=tuple(name for name, _ in roles), condition=where)
    return msgspec.structs.replace(written, target=target)


def _resource(reader: Reader, fields: Mapping[str, yaml.Node]) -> str | None:
    if "resource" not in fields:
        return None
    hint = "projects/ID, folders/NUMBER or organizations/NUMBER"
    return shaped(reader, fields["resource"], "resource", pattern=RESOURCE, code="bad-resource", hint=hint)


def _roles(reader: Reader, node: yaml.Node, resource: str) -> tuple[tuple[str, yaml.Node], ...]:
    nodes = reader.items(node, "roles")
    if nodes == []:
        reader.refuse(node, "empty-list", "roles is empty, so there is nothing to grant")
    found: dict[str, yaml.Node] = {}
    for item in nodes or ():
        value = role(reader, item, resource=resource)
        if value in found:
            reader.refuse(item, "duplicate-role", f"{value} is listed twice")
        elif value is not None:
            found[value] = item
    return tuple(found.items())
