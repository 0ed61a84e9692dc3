"""The entitlements of a policy: what each gives, who may ask, and what approval it needs."""

from collections.abc import Mapping
from typing import Literal

import msgspec
import yaml

from approvals.policy.access import DurationRule, JustificationRule
from approvals.policy.model import Entitlement, Requirement
from approvals.policy.reading.automatic import AUTO_KIND, auto
from approvals.policy.reading.document import Reader
from approvals.policy.reading.emergencies import KIND, WrittenBreakGlass, break_glass, limited
from approvals.policy.reading.extending import extend
from approvals.policy.reading.grants import WrittenGrant, given
from approvals.policy.reading.keeping import retention
from approvals.policy.reading.keys import ENTITLEMENT, JUSTIFICATION
from approvals.policy.reading.mails import email
from approvals.policy.reading.reminders import calling
from approvals.policy.reading.rules import rule
from approvals.policy.reading.sections import duration_rule
from approvals.policy.reading.stages import (
    Scope,
    WrittenStage,
    listed,
    named,
    note_twice,
    requesters,
    stages,
)
from approvals.policy.reading.values import TITLE_LENGTH, channel, duration, pattern, text

HINT_LENGTH = 150
"""A hint in characters: what the hint of a Slack input comfortably shows."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of an entitlement, sound or not. `entitlement` is None where anything is wrong."""

    entitlement: Entitlement | None
    requesters: tuple[str, ...]
    grants: tuple[WrittenGrant, ...]
    nothing: yaml.Node | None = None
    group: yaml.Node | None = None
    stages: tuple[WrittenStage, ...]
    guests: yaml.Node | None = None
    asking: yaml.Node | None = None
    approval: yaml.Node | None = None
    channel: yaml.Node | None = None
    quiet: yaml.Node | None = None
    break_glass: WrittenBreakGlass | None = None

    @property
    def roles(self) -> tuple[tuple[str, yaml.Node], ...]:
        """The roles of all that it gives, and where each stands."""
        return tuple(each for grant in self.grants for each in grant.roles)

    @property
    def gives(self) -> yaml.Node:
        """Where a sound one says what it gives, or that it gives nothing."""
        found = self.nothing if self.nothing is not None else self.group
        return found if found is not None else self.roles[0][1]


def entitlements(reader: Reader, node: yaml.Node, scope: Scope, *, lines: dict[str, int]) -> tuple[Written, ...]:
    """Read all entitlements. What is wrong is noted, and the rest of it is read all the same.

    `lines` has the line of every id that is used already, and gets those of these.
    """
    found: list[Written] = []
    for item in reader.items(node, "entitlements") or ():
        fields = reader.mapping(item, "an entitlement", ENTITLEMENT)
        if fields is None:
            continue
        noted = len(reader.problems)
        written = _entitlement(reader, item, fields, scope)
        note_twice(reader, fields, lines)
        sound = len(reader.problems) == noted
        found.append(written if sound else msgspec.structs.replace(written, entitlement=None))
    return tuple(found)


def _entitlement(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope) -> Written:
    # Of a missing `approval` more is said, where it is read.
    needed = [key for key in ENTITLEMENT.required if key != "approval"]
    complete = reader.required(node, fields, "an entitlement", *needed)
    gives = given(reader, node, fields)
    name = named(reader, fields)
    title = text(reader, fields["title"], "title", longest=TITLE_LENGTH) if "title" in fields else None
    asking = requesters(reader, fields, scope) or ()
    glass = break_glass(reader, node, fields, scope)
    automatic = auto(reader, node, fields, scope)
    lasting = _duration(reader, node, fields, scope, glass)
    why = justification_rule(reader, fields["justification"]) if "justification" in fields else JustificationRule()
    found = stages(reader, fields.get("approval"), scope)
    requirement = _requirement(reader, node, fields.get("approval"), found)
    requirement = _voting(reader, fields.get("approve_when"), requirement, scope)
    guests = _guests(reader, fields.get("guests"))
    if gives.nothing is not None:
        _require_waiting(reader, fields.get("approval"), requirement)
    mails = email(reader, fields.get("email"), "email")
    longer = extend(reader, fields.get("extend"), lasting)
    when = rule(reader, fields["when"], "when", scope) if "when" in fields else ""
    place = channel(reader, fields["channel"]) if "channel" in fields else ""
    pending = duration(reader, fields["pending"], "pending") if "pending" in fields else None
    told = calling(reader, fields, scope)
    kept = retention(reader, fields.get("retention"), "retention")
    written = Written(
        entitlement=None,
        requesters=asking,
        grants=gives.grants,
        nothing=gives.nothing,
        group=gives.group,
        stages=found,
        guests=fields.get("guests"),
        asking=fields.get("requesters"),
        approval=fields.get("approval"),
        channel=fields.get("channel"),
        quiet=fields.get("quiet"),
        break_glass=glass,
    )
    if not complete or None in (name, title) or not gives.targets:
        return written
    if not asking or lasting is None or why is None or requirement is None:
        return written
    entitlement = Entitlement(
        id=str(name),
        title=str(title),
        targets=gives.targets,
        requesters=asking,
        duration=lasting,
        justification=why,
        requirement=requirement,
        guests=guests,
        auto=automatic,
        email=mails,
        extend=longer,
        when=when or "",
        channel=place or "",
        pending=pending,
        remind=told.remind,
        escalate=told.escalate,
        quiet=told.quiet,
        break_glass=None if glass is None else glass.rule,
        retention=kept,
    )
    return msgspec.structs.replace(written, entitlement=entitlement)


def _require_waiting(reader: Reader, node: yaml.Node | None, requirement: Requirement | None) -> None:
    """In an emergency there is access before anybody approves, and an approval alone is nothing before."""
    if node is not None and requirement is not None and requirement.kind == KIND:
        text = (
            "approval: break_glass is access before anybody approves, and grant: none gives none:"
            " write self, auto, or stages"
        )
        reader.refuse(node, "bad-approval", text)


def _guests(reader: Reader, node: yaml.Node | None) -> Literal["", "self"]:
    if node is None:
        return ""
    if reader.string(node, "guests") not in {None, "self"}:
        reader.refuse(node, "bad-value", "guests is self, or left out")
    return "self"


def _duration(
    reader: Reader,
    node: yaml.Node,
    fields: Mapping[str, yaml.Node],
    scope: Scope,
    glass: WrittenBreakGlass | None,
) -> DurationRule | None:
    own = duration_rule(reader, fields["duration"], "duration") if "duration" in fields else scope.duration
    if glass is not None and (own is not None or "duration" not in fields):
        return limited(reader, fields, own, glass.rule)
    if "duration" in fields:
        return own
    if scope.duration is None:
        reader.refuse(node, "missing-key", "an entitlement needs “duration”, as defaults.duration sets none")
    return scope.duration


def justification_rule(reader: Reader, node: yaml.Node) -> JustificationRule | None:
    found = reader.mapping(node, "justification", JUSTIFICATION)
    if found is None:
        return None
    wanted = pattern(reader, found["pattern"]) if "pattern" in found else ""
    if wanted == "" and "pattern" in found:
        reader.refuse(found["pattern"], "bad-pattern", "pattern is empty; leave it out where any reason will do")
    hint = text(reader, found["hint"], "hint", longest=HINT_LENGTH) if "hint" in found else ""
    return None if wanted is None or hint is None else JustificationRule(pattern=wanted, hint=hint)


def _voting(
    reader: Reader, node: yaml.Node | None, requirement: Requirement | None, scope: Scope
) -> Requirement | None:
    """The requirement with the rule about whoever approves, which is one of stages alone."""
    if node is None:
        return requirement
    if requirement is not None and requirement.kind != "stages":
        text = "nobody else approves this, so there is nothing that approve_when could be about"
        reader.refuse(node, "bad-approval", text)
        return None
    found = rule(reader, node, "approve_when", scope)
    if found is None or requirement is None:
        return None
    return msgspec.structs.replace(requirement, approve_when=found)


def _requirement(
    reader: Reader, node: yaml.Node, approval: yaml.Node | None, stages: tuple[WrittenStage, ...]
) -> Requirement | None:
    if approval is None:
        reader.refuse(
            node, "missing-key", "an entitlement needs “approval”: self, auto, break_glass, or a list of stages"
        )
        return None
    if isinstance(approval, yaml.SequenceNode):
        return listed(reader, approval, stages, "approval is empty; an approval by nobody is written as self")
    value = approval.value if isinstance(approval, yaml.ScalarNode) else None
    alone = _ALONE.get(str(value))
    if alone is None:
        reader.refuse(approval, "bad-approval", "approval is self, auto, break_glass, or a list of stages")
    return alone


_ALONE: Mapping[str, Requirement] = {
    "self": Requirement(kind="self"),
    AUTO_KIND: Requirement(kind=AUTO_KIND),
    KIND: Requirement(kind=KIND),
}
