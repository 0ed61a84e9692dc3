"""Writes a policy file of eligible bindings. An entitlement that lint refuses is left out and named."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import yaml

from approvals.eligible.bindings import Eligible, LeftOut
from approvals.policy.lint import lint
from approvals.policy.roles import google_role
from bot.migrating.carrying import Defaults

_ID_LENGTH, _TITLE_LENGTH = 63, 75
_WIDTH = 1_000_000  # no line is folded


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a policy file, how many entitlements it has, and what is not in it."""

    text: str
    entitlements: int
    left_out: tuple[LeftOut, ...]


class _Plain(yaml.SafeDumper):
    """Writes every value out: the policy file takes no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def write(found: Sequence[Eligible], defaults: Defaults, *, made_of: str) -> Written:
    """Write all of it. Entitlements stand by project and role: the same export gives the same file."""
    head = _head(found, defaults)
    taken: set[str] = set()
    kept, left = [], []
    for each in sorted(found, key=lambda one: (one.project, one.role, one.condition, one.kind, one.topic)):
        entitlement = _entitlement(each, defaults, taken)
        if why := _why_not(each, head, entitlement):
            left.append(LeftOut(place=f"{each.project}, {each.role}", text=why))
            continue
        taken.add(entitlement["id"])
        kept.append(entitlement)
    comment = f"# Made of {made_of} by countersign migrate. Read it before you use it.\n"
    text = comment + _yaml(head | {"entitlements": kept})
    return Written(text=text, entitlements=len(kept), left_out=tuple(left))


def wider(found: Sequence[Eligible], *, catalog: str) -> Iterator[str]:
    """In what more is offered here than by JIT Access with this RESOURCE_CATALOG, for its reader to take out."""
    if catalog.lower() == "assetinventory":
        if any(who.startswith("group:") for each in found for who in (*each.askers, *each.approvers)):
            yield (
                "Of a group those count here, too, who are in a group inside it. The Asset Inventory takes those"
                " alone whom the group itself names."
            )
    elif any(each.condition for each in found):
        yield (
            "Entitlements with a `condition` may be new to everybody: the Policy Analyzer passes over bindings"
            " that hold for some resources alone. Take out those that nobody is to have."
        )


def _head(found: Iterable[Eligible], defaults: Defaults) -> dict[str, Any]:
    return {
        "version": 1,
        "identity": {"domains": list(_domains(found, defaults))},
        "defaults": {
            "duration": {"default": f"{min(defaults.longest, 60)}m", "max": f"{defaults.longest}m"},
            "pending": f"{defaults.pending}m",
        },
    }


def _domains(found: Iterable[Eligible], defaults: Defaults) -> tuple[str, ...]:
    """The domains of the people who are named; of groups only where nobody is, for theirs may be another one."""
    named: dict[str, set[str]] = {"user": {defaults.domain} - {""}, "group": set()}
    for each in found:
        for selector in (*each.askers, *each.approvers):
            named[selector.partition(":")[0]].add(selector.rpartition("@")[2])
    return tuple(sorted(named["user"] or named["group"]))


def _entitlement(each: Eligible, defaults: Defaults, taken: set[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": _id(each, taken),
        "title": _title(each),
        "resource": each.project,
        "roles": [each.role],
    }
    if each.condition:
        made["condition"] = each.condition
    made["requesters"] = list(each.askers)
    says = {"pattern": defaults.pattern, "hint": defaults.hint}
    if any(says.values()):
        made["justification"] = {key: text for key, text in says.items() if text}
    made["approval"] = "self" if each.kind == "self" else [{"approvers": list(each.approvers), "needed": 1}]
    return made


def _id(each: Eligible, taken: set[str]) -> str:
    """Of the project and the role, with a number where several have the same."""
    project, role = each.project.partition("/")[2], each.role.rpartition("/")[2]
    bare = re.sub(r"[^a-z0-9]+", "-", f"{project}-{role}".lower()).strip("-") or "role"
    bare = bare[: _ID_LENGTH - 4].rstrip("-")
    return next(name for name in _numbered(bare) if name not in taken)


def _numbered(bare: str) -> Iterator[str]:
    yield bare
    number = 2
    while True:
        yield f"{bare}-{number}"
        number += 1


def _title(each: Eligible) -> str:
    known = google_role(each.role)
    role = known.title if known else each.role.rpartition("/")[2]
    more = ", with a condition" if each.condition else ""
    title = f"{role} on {each.project.partition('/')[2]}{more}"
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"


def _why_not(each: Eligible, head: dict[str, Any], entitlement: dict[str, Any]) -> str:
    """Why it can be no entitlement; empty where it can. Lint has the last word."""
    if each.kind == "peers" and len(each.approvers) == 1 and each.approvers[0].startswith("user:"):
        return f"nobody but {each.approvers[0]} has it, so nobody else could approve. Make somebody else eligible"
    problems = lint(_yaml(head | {"entitlements": [entitlement]}), source="")
    wrong = [problem.text for problem in problems if problem.severity == "error"]
    return f"{'; '.join(wrong)}. Mend it in the binding, or write the entitlement by hand" if wrong else ""


def _yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=_WIDTH)
