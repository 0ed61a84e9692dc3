"""The sources of a policy: what IAM offers beside the file, up to where, and what the policy adds to it."""

from collections.abc import Mapping
from typing import Literal

import yaml

from approvals.policy.access import DurationRule, JustificationRule
from approvals.policy.model import IamSource, Overlay, Stage
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.entitlements import justification_rule
from approvals.policy.reading.fences import PLACES, ROLES
from approvals.policy.reading.keys import JIT_ACCESS, OVERLAY, SOURCES
from approvals.policy.reading.sections import duration_rule
from approvals.policy.reading.stages import Scope, listed, stages
from approvals.policy.reading.values import RESOURCE, channel, each_text, shaped, text

CATALOG = "AssetInventory"
QUERY = "state:ACTIVE"
QUERY_LENGTH = 500
_REFUSED = (
    "PolicyAnalyzer is no catalog here: without Security Command Center it answers 20 times a day, and it passes"
    " over bindings with a condition on the resource. Write AssetInventory, or leave the key out"
)


def sources(reader: Reader, node: yaml.Node, scope: Scope) -> IamSource | None:
    """Read what IAM offers; None where anything is wrong with it, and nothing of IAM's is offered then."""
    noted = len(reader.problems)
    found = reader.mapping(node, "sources", SOURCES)
    if found is None or not reader.required(node, found, "sources", *SOURCES.required):
        return None
    inside = found["jit_access"]
    fields = reader.mapping(inside, "sources.jit_access", JIT_ACCESS)
    if fields is None:
        return None
    reader.required(inside, fields, "sources.jit_access", *JIT_ACCESS.required)
    _catalog(reader, fields.get("catalog"))
    hint = "organizations/NUMBER, folders/NUMBER or projects/ID"
    scope_node = fields.get("scope")
    place = None
    if scope_node is not None:
        place = shaped(reader, scope_node, "scope", pattern=RESOURCE, code="bad-resource", hint=hint)
    usual = _added(reader, fields, scope, usual=scope.duration)
    if usual.duration is None and "duration" not in fields:
        wanted = "sources.jit_access needs “duration”, as defaults.duration sets none"
        reader.refuse(inside, "missing-key", wanted)
    overlays = _overlays(reader, fields.get("overlays"), scope)
    query = _query(reader, fields.get("projects_query"))
    if len(reader.problems) > noted or place is None:
        return None
    return IamSource(scope=place, query=query, usual=usual, overlays=overlays)


def _catalog(reader: Reader, node: yaml.Node | None) -> None:
    value = reader.string(node, "catalog") if node is not None else None
    if node is None or value is None or value.lower() == CATALOG.lower():
        return
    if value.lower() == "policyanalyzer":
        reader.refuse(node, "bad-catalog", _REFUSED)
    else:
        reader.refuse(node, "bad-catalog", f"{shown(value)} is no catalog; write {CATALOG}, or leave the key out")


def _query(reader: Reader, node: yaml.Node | None) -> str:
    found = text(reader, node, "projects_query", longest=QUERY_LENGTH) if node is not None else QUERY
    return found or QUERY


def _overlays(reader: Reader, node: yaml.Node | None, scope: Scope) -> tuple[Overlay, ...]:
    found = []
    for item in (reader.items(node, "overlays") or ()) if node is not None else ():
        fields = reader.mapping(item, "an overlay", OVERLAY)
        if fields is None:
            continue
        if fields.keys() <= {"roles", "resources"}:
            wanted = ", ".join(key for key in OVERLAY.known if key not in ("roles", "resources"))
            reader.refuse(item, "missing-key", f"an overlay changes nothing without one of {wanted}")
        found.append(_added(reader, fields, scope, usual=None))
    return tuple(found)


def _added(
    reader: Reader, fields: Mapping[str, yaml.Node], scope: Scope, *, usual: DurationRule | None
) -> Overlay:
    lasts = duration_rule(reader, fields["duration"], "duration") if "duration" in fields else usual
    return Overlay(
        roles=_patterns(reader, fields.get("roles"), "roles", ROLES, "roles/run.*"),
        places=_patterns(reader, fields.get("resources"), "resources", PLACES, "projects/*-prod"),
        duration=lasts,
        justification=_justification(reader, fields.get("justification")),
        channel=(channel(reader, fields["channel"]) or "") if "channel" in fields else "",
        sign=_signed(reader, fields.get("sign")),
        stages=_stages(reader, fields.get("approval"), scope),
    )


def _stages(reader: Reader, node: yaml.Node | None, scope: Scope) -> tuple[Stage, ...]:
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode):
        reader.refuse(node, "bad-approval", "approval is a list of stages here: they come after the peers")
        return ()
    found = listed(reader, node, stages(reader, node, scope), "approval is empty: leave it out, or name a stage")
    return found.stages if found is not None else ()


def _patterns(reader: Reader, node: yaml.Node | None, what: str, pattern: str, example: str) -> tuple[str, ...]:
    if node is None:
        return ()
    return each_text(reader, node, what, pattern=pattern, code="bad-match", hint=f"for example {example}")


def _justification(reader: Reader, node: yaml.Node | None) -> JustificationRule | None:
    return justification_rule(reader, node) if node is not None else None


def _signed(reader: Reader, node: yaml.Node | None) -> Literal["", "typed"]:
    if node is None:
        return ""
    if reader.string(node, "sign") not in {None, "typed"}:
        reader.refuse(node, "bad-value", "sign is typed, or left out")
    return "typed"
