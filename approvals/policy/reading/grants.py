"""What an entitlement gives: roles on one resource, a bundle of such targets under `grants`, or nothing at all.

Or it is a membership of one group, which is no part of a bundle.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec
import yaml

from approvals.people.principals import is_service_account
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import GRANT
from approvals.policy.reading.values import RESOURCE, condition, role, shaped
from approvals.targets import GROUP_ADDRESS, ApprovalOnly, Granted, GroupMember, IamRoles

MOST_GRANTS = 10
"""Targets of one entitlement: an approver reads all of them before a press."""


class WrittenGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of a target, sound or not. `target` is None where anything is wrong."""

    target: IamRoles | None
    resource: str
    roles: tuple[tuple[str, yaml.Node], ...]


class WrittenGiven(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of all that an entitlement gives. `nothing` is where it says that it gives nothing.

    `group` is where the membership stands that it gives, and `joined` that membership, where it is sound.
    """

    grants: tuple[WrittenGrant, ...]
    nothing: yaml.Node | None = None
    group: yaml.Node | None = None
    joined: GroupMember | None = None

    @property
    def targets(self) -> tuple[Granted, ...]:
        """What it is for; empty where anything is wrong."""
        if self.nothing is not None:
            return (ApprovalOnly(),)
        if self.group is not None:
            return (self.joined,) if self.joined is not None else ()
        found = tuple(each.target for each in self.grants if each.target is not None)
        return found if len(found) == len(self.grants) else ()


def given(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> WrittenGiven:
    """Read what an entitlement gives, and how. What is wrong is noted."""
    kind = _kind(reader, fields.get("grant"))
    _require_fitting(reader, fields, kind)
    if kind == "iam":
        return WrittenGiven(grants=_grants(reader, node, fields))
    if kind == "none":
        return WrittenGiven(grants=(), nothing=fields["grant"])
    if "group" not in fields:
        reader.refuse(node, "missing-key", "grant: group needs “group”: the address of the group, NAME@DOMAIN")
    return WrittenGiven(
        grants=(),
        group=fields.get("group", fields["grant"]),
        joined=_group(reader, fields["group"]) if "group" in fields else None,
    )


Kind = Literal["iam", "group", "none"]


def _require_fitting(reader: Reader, fields: Mapping[str, yaml.Node], kind: Kind) -> None:
    """Refuse what belongs to another kind."""
    for key in ("grants", *GRANT.known):
        if key in fields and kind == "none":
            text = f"grant: none is an approval alone, which gives nothing: leave {key} out, or grant"
            reader.refuse(fields[key], "none-and-grants", text)
        if key in fields and kind == "group":
            text = f"grant: group is a membership of one group and nothing else: leave {key} out, or grant"
            reader.refuse(fields[key], "group-and-grants", text)
    if "group" in fields and kind != "group":
        text = "group is what grant: group gives a membership of: write grant: group, or leave group out"
        reader.refuse(fields["group"], "group-and-grant", text)


def _kind(reader: Reader, node: yaml.Node | None) -> Kind:
    """What is given: an IAM binding where nothing else is said. A word that is none is refused."""
    value = reader.string(node, "grant") if node is not None else "iam"
    if value == "group":
        return "group"
    if value == "none":
        return "none"
    if value not in {None, "iam"} and node is not None:
        text = (
            "grant is iam, or left out: access is given by an IAM binding; group: by a membership of one group; or"
            " none: an approval alone"
        )
        reader.refuse(node, "bad-value", text)
    return "iam"


def _group(reader: Reader, node: yaml.Node) -> GroupMember | None:
    value = reader.string(node, "group")
    if value is None:
        return None
    address = value.strip().lower() if value.isascii() else value
    if re.fullmatch(GROUP_ADDRESS, address) and not is_service_account(address):
        return GroupMember(group=address)
    text = (
        f"{shown(value)} is no group of the directory: write its address, NAME@DOMAIN. A group of this file is a"
        " list of people, and nobody can be let into it"
    )
    reader.refuse(node, "bad-group", text)
    return None


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
