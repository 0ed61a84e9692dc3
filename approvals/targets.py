"""What one approval is for: a target of a request.

Roles get a grant each, and an approval alone gets one that gives nothing; an action is used, or lapses.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec


class IamRoles(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="iam"):
    """Roles on a project, folder or organization of Google Cloud (`projects/…`), under its condition."""

    resource: str
    roles: tuple[str, ...]
    condition: str = ""


class ApprovalOnly(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="none"):
    """The approval itself, which gives nothing: it stands for its time, and nobody does anything outside.

    It is the only target of its request.
    """


Granted = IamRoles | ApprovalOnly
"""What an entitlement can be for."""

ParameterType = Literal["string", "money", "number", "time", "secret"]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter as an application gave it, written out: one text for one value.

    `string` is the text itself; `number` a decimal number such as `12.50`; `money` the same with its currency (ISO
    4217) behind a space, `12.50 EUR`; `time` RFC 3339 in UTC; `secret` the salted digest of a text that is kept
    nowhere, `sha256:HEX`. `salt` is what that was salted with, and no part of what is digested.
    """

    name: str
    label: str
    type: ParameterType
    value: str
    salt: str = ""


class ActionCall(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="action"):
    """One use of an application's action, with everything that it will do it with.

    `key` is the application's own name for what it acts on, `data` what else it binds, as canonical JSON (empty:
    nothing). `metadata` and `risk` are the policy's words of the moment.
    """

    application: str
    action: str
    parameters: tuple[Given, ...] = ()
    key: str = ""
    data: str = ""
    metadata: Mapping[str, str] = {}
    risk: str = ""


Target = Granted | ActionCall
"""One of a tagged union: the next kind joins here by `|`, with its own tag."""


def accesses(targets: tuple[Target, ...]) -> tuple[IamRoles, ...]:
    """Those of the targets that give access, in their order. An action or an approval alone gives none."""
    return tuple([target for target in targets if isinstance(target, IamRoles)])


def approval_only(targets: Iterable[Target]) -> bool:
    """It is an approval alone that is asked for, and gives nothing."""
    return any(isinstance(target, ApprovalOnly) for target in targets)


def action_of(targets: tuple[Target, ...]) -> ActionCall | None:
    """The action that is asked for, which is then the only target."""
    for target in targets:
        if isinstance(target, ActionCall):
            return target
    return None


def without_salts(target: Target) -> Target:
    """The same as far as a digest covers it: a secret's salt is no part of it."""
    if not isinstance(target, ActionCall):
        return target
    bare = tuple(msgspec.structs.replace(each, salt="") for each in target.parameters)
    return msgspec.structs.replace(target, parameters=bare)


def resources(targets: tuple[Target, ...]) -> tuple[str, ...]:
    """Where the targets lie, each once, in their order. An action lies nowhere."""
    return tuple(dict.fromkeys(target.resource for target in accesses(targets)))


def all_roles(targets: tuple[Target, ...]) -> tuple[str, ...]:
    """What the targets give, each role once, in their order. An action gives none."""
    return tuple(dict.fromkeys(role for target in accesses(targets) for role in target.roles))


def covers(offered: tuple[Target, ...], asked: tuple[Target, ...]) -> bool:
    """All that is asked is offered, on the same resource and under the same condition: never an action.

    An approval alone is covered by nothing but one, and covers no access.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for target in accesses(offered):
        held.setdefault((target.resource, target.condition), set()).update(target.roles)
    return all(_covered(each, held, alone=approval_only(offered)) for each in asked)


def _covered(asked: Target, held: Mapping[tuple[str, str], set[str]], *, alone: bool) -> bool:
    if isinstance(asked, IamRoles):
        return set(asked.roles) <= held.get((asked.resource, asked.condition), set())
    return alone and isinstance(asked, ApprovalOnly)
