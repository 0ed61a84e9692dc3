"""What stands in a policy, in the words of its file: for whoever reads how two of them differ."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from approvals.policy.access import DurationRule
from approvals.policy.model import Policy, Requirement, Stage
from approvals.policy.selectors import local_group
from approvals.targets import ApprovalOnly, Granted, GroupMember, IamRoles
from approvals.times import in_words
from countersign_client.patterns import Pattern

_PLAIN = Pattern(r"[A-Za-z0-9._@:/#*+-]+")
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd"})


def said(policy: Policy, value: Any) -> str:
    """Write a value of a policy. Local groups are followed by who is in them."""
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _selected(policy, value) if local_group(value) else _quoted(value.removeprefix("user:"))
    if isinstance(value, timedelta):
        return in_words(value)
    return _record(policy, value) if isinstance(value, msgspec.Struct) else _several(policy, value)


def _quoted(text: str) -> str:
    """A plain word as it is, and all else as JSON, in which no other mark looks like one of quotation."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_sign, json.dumps(text, ensure_ascii=False)))


def _sign(one: str) -> str:
    shown = one not in "'`" and (one.isascii() or unicodedata.category(one) in _LETTERS)
    return one if shown else f"\\u{ord(one):04x}"


def _several(policy: Policy, value: Any) -> str:
    if isinstance(value, Mapping):
        return _listed(f"{_quoted(str(key))}: {said(policy, one)}" for key, one in value.items())
    return _listed(said(policy, each) for each in value) if isinstance(value, tuple) else str(value)


def _target(target: Granted) -> str:
    match target:
        case IamRoles():
            where = f" where {_quoted(target.condition)}" if target.condition else ""
            return f"{' and '.join(target.roles)} on {target.resource}{where}"
        case GroupMember():
            return f"membership of {target.group}"
        case ApprovalOnly():
            return "nothing, an approval alone"


def _record(policy: Policy, value: msgspec.Struct) -> str:
    match value:
        case IamRoles() | GroupMember() | ApprovalOnly():
            return _target(value)
        case DurationRule():
            return f"usually {in_words(value.default)}, at most {in_words(value.max)}"
        case Stage():
            return _stage(policy, value)
        case Requirement():
            return _required(policy, value)
    return _fields(policy, value)


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "nothing"


def _selected(policy: Policy, selector: str) -> str:
    members = policy.groups.get(local_group(selector))
    return f"{selector} ({said(policy, members) if members else 'nobody'})"


def _stage(policy: Policy, stage: Stage) -> str:
    signed = ", signed" if stage.sign else ""
    beside = ", beside the one before" if stage.order else ""
    apart = f", nobody who shares {said(policy, stage.not_same)} with who asks" if stage.not_same else ""
    return f"{stage.needed} of {said(policy, stage.approvers)}{signed}{beside}{apart}"


_KINDS = {
    "self": "by themselves",
    "auto": "by a rule",
    "allow": "nobody",
    "break_glass": "afterwards, in an emergency",
}


def _required(policy: Policy, requirement: Requirement) -> str:
    stages = ", then ".join(_stage(policy, stage) for stage in requirement.stages)
    rule = f", where {_quoted(requirement.approve_when)}" if requirement.approve_when else ""
    return f"{stages or _KINDS.get(requirement.kind, requirement.kind)}{rule}"


def _fields(policy: Policy, record: msgspec.Struct) -> str:
    """Every field that is other than it is by itself, by its name."""
    usual = {each.name: each.default for each in msgspec.structs.fields(record)}
    found = {name: getattr(record, name) for name in record.__struct_fields__}
    return "; ".join(
        f"{name.replace('_', ' ')} {said(policy, value)}"
        for name, value in found.items()
        if value is not None and value not in ("", ()) and value != usual[name]
    )
