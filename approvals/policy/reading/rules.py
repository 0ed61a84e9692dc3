"""The rules of an entitlement in CEL, each compiled: one that cannot work is named before anybody asks."""

import yaml

from approvals.cel import CelError
from approvals.policy.reading.document import Reader, meant_by
from approvals.policy.reading.stages import Scope
from approvals.policy.reading.values import ahead
from approvals.policy.rules import Compiled, Use, compiled
from approvals.policy.selectors import SelectorError, canonical, local_group


def rule(reader: Reader, node: yaml.Node, use: Use, scope: Scope) -> str | None:
    """Read a rule that holds or does not."""
    written = reader.string(node, use)
    if written is None:
        return None
    value = written.strip()
    try:
        found = compiled(value, use)
        _require_groups(found, scope)
    except CelError as error:
        where = f"at its column {error.col}: " if error.col else ""
        reader.refuse(node, "bad-rule", f"{where}{error}", ahead=ahead(node, value, error.col))
        return None
    if found.uses_clock and not scope.zoned:
        text = f"{use} looks at the day or the hour: write the policy's “timezone”, such as Europe/Berlin"
        reader.refuse(node, "no-timezone", text)
        return None
    return value


def _require_groups(found: Compiled, scope: Scope) -> None:
    for _, selector in found.groups.values():
        try:
            written = canonical(selector, scope.identity)
        except SelectorError as error:
            raise CelError(f"{selector}: {error}") from error
        name = local_group(written)
        if name and name not in scope.groups:
            hint = meant_by(name, scope.groups) if scope.groups else "the policy has no groups"
            raise CelError(f"there is no local group {name}; {hint}")
