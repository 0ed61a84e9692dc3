"""The entitlements of a policy: roles on a resource, who may ask, and what approval it needs."""

from collections.abc import Collection, Mapping

import msgspec
import yaml

from approvals.policy.document import Reader, shown
from approvals.policy.records import DurationRule, Entitlement, JustificationRule, Requirement, Stage
from approvals.policy.sections import duration_rule
from approvals.policy.values import (
    ENTITLEMENT_ID,
    RESOURCE,
    TITLE_LENGTH,
    condition,
    pattern,
    role,
    selectors,
    shaped,
    text,
)
from approvals.principals import IdentityRules

ENTITLEMENT_KEYS = (
    "id",
    "title",
    "resource",
    "roles",
    "condition",
    "requesters",
    "duration",
    "justification",
    "approval",
)
ENTITLEMENT_LATER = ("when", "approve_when", "quiet", "extend", "grant", "grants", "auto", "break_glass")
JUSTIFICATION_KEYS = ("pattern", "hint")
STAGE_KEYS = ("approvers", "needed", "sign")
STAGE_LATER = ("order", "not_same")
APPROVAL_LATER = ("auto", "break_glass")
HINT_LENGTH = 150
"""A hint in characters: what the hint of a Slack input comfortably shows."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the policy lends to its entitlements."""

    identity: IdentityRules
    groups: Collection[str]
    duration: DurationRule | None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An entitlement and the nodes it was read from: its roles, and the approvers of each stage."""

    entitlement: Entitlement
    roles: tuple[yaml.Node, ...]
    stages: tuple[yaml.Node, ...]


def entitlements(reader: Reader, node: yaml.Node, scope: Scope) -> Mapping[str, Written]:
    """Read all entitlements by id. Those with a problem are noted and left out."""
    found: dict[str, Written] = {}
    lines: dict[str, int] = {}
    for item in reader.items(node, "entitlements") or ():
        fields = reader.mapping(item, "an entitlement", known=ENTITLEMENT_KEYS, later=ENTITLEMENT_LATER)
        if fields is None:
            continue
        noted = len(reader.problems)
        written = _entitlement(reader, item, fields, scope)
        name = written.entitlement.id if written else _id_of(fields)
        if name in lines:
            reader.refuse(fields["id"], "duplicate-id", f"{shown(name)} is used already on line {lines[name]}")
        elif name:
            lines[name] = fields["id"].start_mark.line + 1
            if written is not None and len(reader.problems) == noted:
                found[name] = written
    return found


def _id_of(fields: Mapping[str, yaml.Node]) -> str:
    node = fields.get("id")
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _entitlement(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope) -> Written | None:
    complete = reader.required(node, fields, "an entitlement", "id", "title", "resource", "roles", "requesters")
    resource = _resource(reader, fields)
    name = _id(reader, fields)
    title = text(reader, fields["title"], "title", longest=TITLE_LENGTH) if "title" in fields else None
    roles = _roles(reader, fields["roles"], resource or "") if "roles" in fields else None
    where = condition(reader, fields["condition"]) if "condition" in fields else ""
    requesters = _requesters(reader, fields, scope)
    lasting = _duration(reader, node, fields, scope)
    why = _justification(reader, fields["justification"]) if "justification" in fields else JustificationRule()
    requirement = _requirement(reader, node, fields, scope)
    if not complete or None in (resource, name, title, where):
        return None
    if not roles or not requesters or lasting is None or why is None or requirement is None:
        return None
    entitlement = Entitlement(
        id=str(name),
        title=str(title),
        resource=str(resource),
        roles=roles,
        condition=str(where),
        requesters=requesters,
        duration=lasting,
        justification=why,
        requirement=requirement,
    )
    stages = reader.items(fields["approval"], "approval") if requirement.kind == "stages" else None
    role_nodes = reader.items(fields["roles"], "roles")
    return Written(entitlement=entitlement, roles=tuple(role_nodes or ()), stages=tuple(stages or ()))


def _id(reader: Reader, fields: Mapping[str, yaml.Node]) -> str | None:
    if "id" not in fields:
        return None
    hint = "lower-case letters, digits and -, at most 63"
    return shaped(reader, fields["id"], "id", pattern=ENTITLEMENT_ID, code="bad-id", hint=hint)


def _resource(reader: Reader, fields: Mapping[str, yaml.Node]) -> str | None:
    if "resource" not in fields:
        return None
    hint = "projects/ID, folders/NUMBER or organizations/NUMBER"
    return shaped(reader, fields["resource"], "resource", pattern=RESOURCE, code="bad-resource", hint=hint)


def _roles(reader: Reader, node: yaml.Node, resource: str) -> tuple[str, ...] | None:
    nodes = reader.items(node, "roles")
    if nodes is None:
        return None
    if not nodes:
        reader.refuse(node, "empty-list", "roles is empty, so there is nothing to grant")
    found: list[str] = []
    for item in nodes:
        value = role(reader, item, resource=resource)
        if value in found:
            reader.refuse(item, "duplicate-role", f"{value} is listed twice")
        elif value is not None:
            found.append(value)
    return tuple(found)


def _requesters(reader: Reader, fields: Mapping[str, yaml.Node], scope: Scope) -> tuple[str, ...] | None:
    if "requesters" not in fields:
        return None
    node = fields["requesters"]
    found = selectors(reader, node, "requesters", identity=scope.identity, groups=scope.groups)
    if found == ():
        reader.refuse(node, "empty-list", "requesters is empty, so nobody could ask")
    return found


def _duration(
    reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope
) -> DurationRule | None:
    if "duration" in fields:
        return duration_rule(reader, fields["duration"], "duration")
    if scope.duration is None:
        reader.refuse(node, "missing-key", "an entitlement needs “duration”, as defaults.duration sets none")
    return scope.duration


def _justification(reader: Reader, node: yaml.Node) -> JustificationRule | None:
    found = reader.mapping(node, "justification", known=JUSTIFICATION_KEYS)
    if found is None:
        return None
    wanted = pattern(reader, found["pattern"]) if "pattern" in found else ""
    hint = text(reader, found["hint"], "hint", longest=HINT_LENGTH) if "hint" in found else ""
    return None if wanted is None or hint is None else JustificationRule(pattern=wanted, hint=hint)


def _requirement(
    reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope
) -> Requirement | None:
    approval = fields.get("approval")
    if approval is None:
        reader.refuse(node, "missing-key", "an entitlement needs “approval”: self, or a list of stages")
        return None
    if isinstance(approval, yaml.SequenceNode):
        return _stages(reader, approval, scope)
    value = approval.value if isinstance(approval, yaml.ScalarNode) else None
    if value == "self":
        return Requirement(kind="self")
    if value in APPROVAL_LATER:
        reader.refuse(approval, "not-in-this-version", f"{shown(str(value))} is not in this version")
    else:
        reader.refuse(approval, "bad-approval", "approval is self, or a list of stages")
    return None


def _stages(reader: Reader, node: yaml.SequenceNode, scope: Scope) -> Requirement | None:
    if not node.value:
        reader.refuse(node, "empty-list", "approval is empty; an approval by nobody is written as self")
        return None
    stages = [_stage(reader, item, scope) for item in node.value]
    good = tuple(stage for stage in stages if stage is not None)
    return Requirement(kind="stages", stages=good) if len(good) == len(stages) else None


def _stage(reader: Reader, node: yaml.Node, scope: Scope) -> Stage | None:
    found = reader.mapping(node, "a stage", known=STAGE_KEYS, later=STAGE_LATER)
    if found is None or not reader.required(node, found, "a stage", "approvers"):
        return None
    approvers = selectors(reader, found["approvers"], "approvers", identity=scope.identity, groups=scope.groups)
    if approvers == ():
        reader.refuse(found["approvers"], "empty-list", "approvers is empty, so nobody could approve")
    needed = reader.integer(found["needed"], "needed") if "needed" in found else 1
    if needed == 0:
        reader.refuse(found["needed"], "bad-needed", "needed must be at least 1")
    signed = _signed(reader, found.get("sign"))
    if not approvers or not needed or signed is None:
        return None
    return Stage(approvers=approvers, needed=needed, sign="typed" if signed else "")


def _signed(reader: Reader, node: yaml.Node | None) -> bool | None:
    if node is None:
        return False
    value = reader.string(node, "sign")
    if value == "typed":
        return True
    if value == "passkey":
        reader.refuse(node, "not-in-this-version", f"{shown(value)} is not in this version")
    elif value is not None:
        reader.refuse(node, "bad-sign", "sign is typed; leave it out for an approval without a signature")
    return None
