"""What one approval is for: a target of a request.

Roles and a membership get a grant each, and an approval alone gets one that gives nothing; an action is used, or
lapses.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec


class IamRoles(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="iam"):
    """Roles on a project, folder or organization of Google Cloud (`projects/…`), under its condition."""

    resource: str
    roles: tuple[str, ...]
    condition: str = ""


class GroupMember(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="group"):
    """A membership of one group of the directory (`NAME@DOMAIN`, in lower case), as a member and nothing more.

    It is worked on like a binding: `resource` is the group, and `roles` what one is there.
    """

    group: str

    @property
    def resource(self) -> str:
        return f"{GROUPS}{self.group}"

    @property
    def roles(self) -> tuple[str, ...]:
        return (MEMBER,)

    @property
    def condition(self) -> str:
        """None: a membership holds or does not."""
        return ""


GROUPS = "groups/"
"""How a group's name as a resource begins; what follows is its address."""

GROUP_ADDRESS = "[a-z0-9._'+-]{1,64}@[a-z0-9-]{1,63}(?:[.][a-z0-9-]{1,63}){1,8}"
"""A group's address, in lower case."""

MEMBER = "MEMBER"
"""What one is in a group who gets no say in it. IAM has no role of this name."""


class ApprovalOnly(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="none"):
    """The approval itself, which gives nothing: it stands for its time, and nobody does anything outside.

    It is the only target of its request.
    """


Access = IamRoles | GroupMember
"""What is done outside for somebody, and taken back."""

Granted = Access | ApprovalOnly
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


ASKED_BY = "Asked by"
"""The line that people are shown where an agent asks: it says so, by the title of its application."""

_AGENT = "an agent, "


def by_agent(title: str) -> Mapping[str, str]:
    """What stands in the metadata of a call that an agent asks for; `title` is of its application."""
    return {ASKED_BY: f"{_AGENT}{title}"}


def agent_of(call: ActionCall) -> str:
    """The title of the agent that asks; empty where none does."""
    found = call.metadata.get(ASKED_BY, "")
    return found.removeprefix(_AGENT) if found.startswith(_AGENT) else ""


Target = Granted | ActionCall
"""One of a tagged union: the next kind joins here by `|`, with its own tag."""


def accesses(targets: tuple[Target, ...]) -> tuple[Access, ...]:
    """Those of the targets that give access, in their order. An action or an approval alone gives none."""
    return tuple([target for target in targets if isinstance(target, Access)])


def roles_of_iam(targets: tuple[Target, ...]) -> tuple[IamRoles, ...]:
    """Those of the targets that IAM gives."""
    return tuple(target for target in targets if isinstance(target, IamRoles))


def joined_group(targets: Iterable[Target]) -> GroupMember | None:
    """The membership that is asked for, which is then the only target."""
    for target in targets:
        if isinstance(target, GroupMember):
            return target
    return None


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


_Place = tuple[type[Access], str, str]


def _place(target: Access) -> _Place:
    return type(target), target.resource, target.condition


def covers(offered: tuple[Target, ...], *, asked: tuple[Target, ...]) -> bool:
    """All that is asked is offered, on the same resource and under the same condition: never an action.

    An approval alone is covered by nothing but one, and covers no access.
    """
    held: dict[_Place, set[str]] = {}
    for target in accesses(offered):
        held.setdefault(_place(target), set()).update(target.roles)
    return all(_covered(each, held, alone=approval_only(offered)) for each in asked)


def _covered(asked: Target, held: Mapping[_Place, set[str]], *, alone: bool) -> bool:
    if isinstance(asked, Access):
        return set(asked.roles) <= held.get(_place(asked), set())
    return alone and isinstance(asked, ApprovalOnly)
