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
