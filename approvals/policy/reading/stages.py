"""What entitlements and actions have in common: an id, who may ask, and the stages of an approval."""

from collections.abc import Mapping

import msgspec
import yaml

from approvals.people.principals import IdentityRules
from approvals.policy.access import DurationRule
from approvals.policy.model import Requirement, Stage
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import STAGE
from approvals.policy.reading.values import ENTITLEMENT_ID, selector, selectors, shaped


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the policy lends to what can be asked for. `askers` has service accounts as well.

    `zoned`: it says its time zone itself.
    """

    identity: IdentityRules
    askers: IdentityRules
    groups: Mapping[str, tuple[str, ...]]
    duration: DurationRule | None
    zoned: bool = False


class WrittenStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that could be read, where it stands, and which one it is, counted from 1."""

    number: int
    stage: Stage
    node: yaml.Node


def note_twice(reader: Reader, fields: Mapping[str, yaml.Node], lines: dict[str, int]) -> None:
    """Refuse an id that was used before; `lines` holds the line of each."""
    name = _id_of(fields)
    if name in lines:
        reader.refuse(fields["id"], "duplicate-id", f"{shown(name)} is used already on line {lines[name]}")
    elif name:
        lines[name] = fields["id"].start_mark.line + 1


def _id_of(fields: Mapping[str, yaml.Node]) -> str:
    node = fields.get("id")
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def ids(node: yaml.Node | None) -> tuple[str, ...]:
    """Every id that a section names, of what is wrong in it as well: what refers to one is not wrong for that."""
    items = node.value if isinstance(node, yaml.SequenceNode) else ()
    pairs = (pair for item in items if isinstance(item, yaml.MappingNode) for pair in item.value)
    return tuple(
        str(value.value) for key, value in pairs if key.value == "id" and isinstance(value, yaml.ScalarNode)
    )


def named(reader: Reader, fields: Mapping[str, yaml.Node]) -> str | None:
    """Read the id."""
    if "id" not in fields:
        return None
    hint = "lower-case letters, digits and -, at most 63"
    return shaped(reader, fields["id"], "id", pattern=ENTITLEMENT_ID, code="bad-id", hint=hint)


def requesters(reader: Reader, fields: Mapping[str, yaml.Node], scope: Scope) -> tuple[str, ...] | None:
    """Read who may ask."""
    if "requesters" not in fields:
        return None
    node = fields["requesters"]
    found = selectors(reader, node, "requesters", identity=scope.askers, groups=scope.groups)
    if found == ():
        reader.refuse(node, "empty-list", "requesters is empty, so nobody could ask")
    return found


def listed(
    reader: Reader, node: yaml.SequenceNode, found: tuple[WrittenStage, ...], empty: str
) -> Requirement | None:
    """The approval that is a list of stages, where each could be read; `empty` is said where there is none."""
    if not node.value:
        reader.refuse(node, "empty-list", empty)
    whole = 0 < len(node.value) == len(found)
    return Requirement(kind="stages", stages=tuple(each.stage for each in found)) if whole else None


def stages(reader: Reader, node: yaml.Node | None, scope: Scope) -> tuple[WrittenStage, ...]:
    """The stages that can be read, of an approval that is a list of them."""
    found: list[WrittenStage] = []
    for number, item in enumerate(node.value if isinstance(node, yaml.SequenceNode) else (), start=1):
        stage = _stage(reader, item, scope)
        if stage is not None:
            found.append(WrittenStage(number=number, stage=stage, node=item))
    return tuple(found)


def _stage(reader: Reader, node: yaml.Node, scope: Scope) -> Stage | None:
    found = reader.mapping(node, "a stage", STAGE)
    if found is None or not reader.required(node, found, "a stage", *STAGE.required):
        return None
    approvers = selectors(reader, found["approvers"], "approvers", identity=scope.identity, groups=scope.groups)
    if approvers == ():
        reader.refuse(found["approvers"], "empty-list", "approvers is empty, so nobody could approve")
    needed = reader.integer(found["needed"], "needed") if "needed" in found else 1
    if needed == 0:
        reader.refuse(found["needed"], "bad-needed", "needed must be at least 1")
    signed = _signed(reader, found.get("sign"))
    beside, apart = _beside(reader, found.get("order")), _apart(reader, found.get("not_same"), scope)
    if not approvers or not needed or None in (signed, beside, apart):
        return None
    return Stage(
        approvers=approvers,
        needed=needed,
        sign="typed" if signed else "",
        order="any" if beside else "",
        not_same=apart or "",
    )


def _beside(reader: Reader, node: yaml.Node | None) -> bool | None:
    value = reader.string(node, "order") if node is not None else ""
    if node is not None and value is not None and value != "any":
        text = "order is any; leave it out for a stage that waits for those before it"
        reader.refuse(node, "bad-value", text)
        return None
    return None if value is None else bool(value)


def _apart(reader: Reader, node: yaml.Node | None, scope: Scope) -> str | None:
    if node is None:
        return ""
    found = selector(reader, node, "not_same", identity=scope.identity, groups=scope.groups)
    if found is not None and not found.startswith("group:"):
        text = "not_same is a group, such as group:sre: who is in it together with who asks does not count"
        reader.refuse(node, "bad-value", text)
        return None
    return found


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
