"""What one approval is for: a target of a request. Each gets a grant of its own."""

import msgspec


class IamRoles(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="iam"):
    """Roles on a project, folder or organization of Google Cloud (`projects/…`), under its condition."""

    resource: str
    roles: tuple[str, ...]
    condition: str = ""


Target = IamRoles
"""One of a tagged union: the next kind joins here by `|`, with its own tag."""


def resources(targets: tuple[Target, ...]) -> tuple[str, ...]:
    """Where the targets lie, each once, in their order."""
    return tuple(dict.fromkeys(target.resource for target in targets))


def all_roles(targets: tuple[Target, ...]) -> tuple[str, ...]:
    """What the targets give, each role once, in their order."""
    return tuple(dict.fromkeys(role for target in targets for role in target.roles))


def covers(offered: tuple[Target, ...], asked: tuple[Target, ...]) -> bool:
    """All that is asked is offered, on the same resource and under the same condition."""
    held: dict[tuple[str, str], set[str]] = {}
    for target in offered:
        held.setdefault((target.resource, target.condition), set()).update(target.roles)
    return all(set(each.roles) <= held.get((each.resource, each.condition), set()) for each in asked)
