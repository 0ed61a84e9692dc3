"""The entitlements of a policy: what each gives, who may ask, and what approval it needs."""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec
import yaml

from approvals.policy.model import DurationRule, Entitlement, JustificationRule, Requirement, Stage
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.grants import WrittenGrant, grants
from approvals.policy.reading.keys import APPROVAL_LATER, ENTITLEMENT, JUSTIFICATION, STAGE
from approvals.policy.reading.mails import email
from approvals.policy.reading.sections import duration_rule
from approvals.policy.reading.values import (
    ENTITLEMENT_ID,
    TITLE_LENGTH,
    pattern,
    selectors,
    shaped,
    text,
)
from approvals.principals import IdentityRules

HINT_LENGTH = 150
"""A hint in characters: what the hint of a Slack input comfortably shows."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the policy lends to its entitlements. `askers` has service accounts as well."""

    identity: IdentityRules
    askers: IdentityRules
    groups: Collection[str]
    duration: DurationRule | None


class WrittenStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that could be read, where it stands, and which one it is, counted from 1."""

    number: int
    stage: Stage
    node: yaml.Node


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of an entitlement, sound or not. `entitlement` is None where anything is wrong."""

    entitlement: Entitlement | None
    requesters: tuple[str, ...]
    grants: tuple[WrittenGrant, ...]
    stages: tuple[WrittenStage, ...]
    guests: yaml.Node | None = None

    @property
    def roles(self) -> tuple[tuple[str, yaml.Node], ...]:
        """The roles of all that it gives, and where each stands."""
        return tuple(each for grant in self.grants for each in grant.roles)


def entitlements(reader: Reader, node: yaml.Node, scope: Scope) -> tuple[Written, ...]:
    """Read all entitlements. What is wrong is noted, and the rest of it is read all the same."""
    found: list[Written] = []
    lines: dict[str, int] = {}
    for item in reader.items(node, "entitlements") or ():
        fields = reader.mapping(item, "an entitlement", ENTITLEMENT)
        if fields is None:
            continue
        noted = len(reader.problems)
        written = _entitlement(reader, item, fields, scope)
        _note_twice(reader, fields, lines)
        sound = len(reader.problems) == noted
        found.append(written if sound else msgspec.structs.replace(written, entitlement=None))
    return tuple(found)


def _note_twice(reader: Reader, fields: Mapping[str, yaml.Node], lines: dict[str, int]) -> None:
    """Refuse an id that was used before; `lines` holds the line of each."""
    name = _id_of(fields)
    if name in lines:
        reader.refuse(fields["id"], "duplicate-id", f"{shown(name)} is used already on line {lines[name]}")
    elif name:
        lines[name] = fields["id"].start_mark.line + 1


def _id_of(fields: Mapping[str, yaml.Node]) -> str:
    node = fields.get("id")
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _entitlement(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope) -> Written:
    # Of a missing `approval` more is said, where it is read.
    needed = [key for key in ENTITLEMENT.required if key != "approval"]
    complete = reader.required(node, fields, "an entitlement", *needed)
    given = grants(reader, node, fields)
    name = _id(reader, fields)
    title = text(reader, fields["title"], "title", longest=TITLE_LENGTH) if "title" in fields else None
    requesters = _requesters(reader, fields, scope) or ()
    lasting = _duration(reader, node, fields, scope)
    why = _justification(reader, fields["justification"]) if "justification" in fields else JustificationRule()
    stages = _stages(reader, fields.get("approval"), scope)
    requirement = _requirement(reader, node, fields.get("approval"), stages)
    guests = _guests(reader, fields.get("guests"))
    mails = email(reader, fields.get("email"), "email")
    written = Written(
        entitlement=None, requesters=requesters, grants=given, stages=stages, guests=fields.get("guests")
    )
    targets = tuple(each.target for each in given if each.target is not None)
    if not complete or None in (name, title) or not targets or len(targets) < len(given):
        return written
    if not requesters or lasting is None or why is None or requirement is None:
        return written
    entitlement = Entitlement(
        id=str(name),
        title=str(title),
        targets=targets,
        requesters=requesters,
        duration=lasting,
        justification=why,
        requirement=requirement,
        guests=guests,
        email=mails,
    )
    return msgspec.structs.replace(written, entitlement=entitlement)


def _guests(reader: Reader, node: yaml.Node | None) -> Literal["", "self"]:
    if node is None:
        return ""
    if reader.string(node, "guests") not in {None, "self"}:
        reader.refuse(node, "bad-value", "guests is self, or left out")
    return "self"


def _id(reader: Reader, fields: Mapping[str, yaml.Node]) -> str | None:
    if "id" not in fields:
        return None
    hint = "lower-case letters, digits and -, at most 63"
    return shaped(reader, fields["id"], "id", pattern=ENTITLEMENT_ID, code="bad-id", hint=hint)


def _requesters(reader: Reader, fields: Mapping[str, yaml.Node], scope: Scope) -> tuple[str, ...] | None:
    if "requesters" not in fields:
        return None
    node = fields["requesters"]
    found = selectors(reader, node, "requesters", identity=scope.askers, groups=scope.groups)
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
    found = reader.mapping(node, "justification", JUSTIFICATION)
    if found is None:
        return None
    wanted = pattern(reader, found["pattern"]) if "pattern" in found else ""
    hint = text(reader, found["hint"], "hint", longest=HINT_LENGTH) if "hint" in found else ""
    return None if wanted is None or hint is None else JustificationRule(pattern=wanted, hint=hint)


def _requirement(
    reader: Reader, node: yaml.Node, approval: yaml.Node | None, stages: tuple[WrittenStage, ...]
) -> Requirement | None:
    if approval is None:
        reader.refuse(node, "missing-key", "an entitlement needs “approval”: self, or a list of stages")
        return None
    if isinstance(approval, yaml.SequenceNode):
        if not approval.value:
            reader.refuse(approval, "empty-list", "approval is empty; an approval by nobody is written as self")
        whole = 0 < len(approval.value) == len(stages)
        return Requirement(kind="stages", stages=tuple(each.stage for each in stages)) if whole else None
    value = approval.value if isinstance(approval, yaml.ScalarNode) else None
    if value == "self":
        return Requirement(kind="self")
    if value in APPROVAL_LATER:
        reader.refuse(approval, "not-in-this-version", f"{shown(str(value))} is not in this version")
    else:
        reader.refuse(approval, "bad-approval", "approval is self, or a list of stages")
    return None


def _stages(reader: Reader, node: yaml.Node | None, scope: Scope) -> tuple[WrittenStage, ...]:
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
