"""What `approval` says in one word, and the key of the same name that says the rest: each needs the other."""

from collections.abc import Mapping

import yaml

from approvals.policy.reading.document import Reader


def rest_of(
    reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], kind: str, *, says: str
) -> yaml.Node | None:
    """Where the rest stands; None where it is left out. One without the other is refused.

    `says` is what the rest is about.
    """
    approval, written = fields.get("approval"), fields.get(kind)
    is_meant = isinstance(approval, yaml.ScalarNode) and approval.value == kind
    if written is None:
        if is_meant:
            reader.refuse(node, "missing-key", f"approval: {kind} needs “{kind}”: {says}")
        return None
    if not is_meant:
        reader.refuse(written, "bad-approval", f"{kind} says something of approval: {kind} alone")
    return written
