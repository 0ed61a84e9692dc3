"""Writes a policy file of eligible bindings. An entitlement that lint refuses is left out and named."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import yaml

from approvals.eligible.bindings import Eligible, LeftOut
from approvals.policy.lint import lint
from approvals.policy.roles import google_role
from bot.migrating.carrying import Defaults

_ID_LENGTH, _TITLE_LENGTH = 63, 75
_WIDTH = 1_000_000  # no line is folded
_EVERYBODY = frozenset(
    [
        "aol.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.ru",
        "zoho.com",
    ]
)
"""Where anybody has an address. Such a domain among ours would make everybody one of us."""


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
    left = list(_strangers(found))
    found = [_ours(each) for each in sorted(found, key=_order)]
    left += [LeftOut(place=_place(each), text=why) for each in found if (why := _nobody(each))]
    kept = [each for each in found if not _nobody(each)]
    while True:
        text = _yaml(head | {"entitlements": _entitlements(kept, defaults)})
        if not (wrong := _wrong(text)):
            break
        left += [
            LeftOut(place=_place(each), text=wrong[number]) for number, each in enumerate(kept) if number in wrong
        ]
        kept = [each for number, each in enumerate(kept) if number not in wrong]
    comment = f"# Made of {made_of} by countersign migrate. Read it before you use it.\n"
    return Written(text=comment + text, entitlements=len(kept), left_out=tuple(left))


def _order(each: Eligible) -> tuple[str, ...]:
    return (each.project, each.role, each.condition, each.kind, each.topic)


def _place(each: Eligible) -> str:
    return f"{each.project}, {each.role}"


def _entitlements(found: Iterable[Eligible], defaults: Defaults) -> list[dict[str, Any]]:
    taken: set[str] = set()
    made = []
    for each in found:
        made.append(_entitlement(each, defaults, taken))
        taken.add(made[-1]["id"])
    return made


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
    for each in map(_ours, found):
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


def _nobody(each: Eligible) -> str:
    """Why nobody could ever ask for it or approve it; empty where somebody can."""
    if not each.askers:
        return "nobody of yours has it. Make somebody else eligible"
    if each.kind == "peers" and len(each.approvers) == 1 and each.approvers[0].startswith("user:"):
        return f"nobody but {each.approvers[0]} has it, so nobody else could approve. Make somebody else eligible"
    return ""


def _stranger(selector: str) -> bool:
    return selector.startswith("user:") and selector.rpartition("@")[2] in _EVERYBODY


def _ours(each: Eligible) -> Eligible:
    """It, for those alone who can be people of an installation."""
    return msgspec.structs.replace(
        each,
        askers=tuple(who for who in each.askers if not _stranger(who)),
        approvers=tuple(who for who in each.approvers if not _stranger(who)),
    )


def _strangers(found: Iterable[Eligible]) -> Iterator[LeftOut]:
    named = {who for each in found for who in (*each.askers, *each.approvers) if _stranger(who)}
    for who in sorted(named):
        yield LeftOut(
            place=who,
            text="anybody can have an address there, so that its domain is not made one of yours. Make them"
            " eligible by an address of your own",
        )


def _wrong(text: str) -> Mapping[int, str]:
    """What lint, which has the last word, calls an error, by the number of the entitlement that has it."""
    lines = text.splitlines()
    begins = [number for number, line in enumerate(lines, 1) if line.startswith("- id: ")]
    said: dict[int, list[str]] = {}
    for problem in lint(text, source=""):
        if problem.severity == "error":
            said.setdefault(bisect_right(begins, problem.line) - 1, []).append(problem.text)
    # What is wrong above them is wrong of all.
    of_all = said.pop(-1, [])
    return {
        number: f"{'; '.join(texts)}. Mend it in the binding, or write the entitlement by hand"
        for number in range(len(begins))
        if (texts := [*of_all, *said.get(number, [])])
    }


def _yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=_WIDTH)
