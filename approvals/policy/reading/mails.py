"""When the policy has people reached by mail as well."""

import yaml

from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import EMAIL
from approvals.policy.reading.values import duration
from approvals.policy.reminding import AT_ONCE, EmailRule

_WORDS = {"always": EmailRule(after=AT_ONCE), "never": EmailRule(after=None)}


def email(reader: Reader, node: yaml.Node | None, what: str) -> EmailRule | None:
    """Read `always`, `never`, or how long nobody decides first, and who gets a copy; None where nothing stands."""
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        return _waiting(reader, node, what)
    word = reader.string(node, what)
    if word is not None and word not in _WORDS:
        reader.refuse(node, "bad-value", f"{what} is always, never, or how long to wait: {{after: 10m}}")
    return _WORDS.get(word or "")


def _waiting(reader: Reader, node: yaml.Node, what: str) -> EmailRule | None:
    found = reader.mapping(node, what, EMAIL)
    if found is None:
        return None
    after = duration(reader, found["after"], f"{what}.after") if "after" in found else AT_ONCE
    copied = found.get("copy")
    if copied is not None and reader.string(copied, f"{what}.copy") not in {None, "requester"}:
        reader.refuse(copied, "bad-value", f"{what}.copy is requester, or left out")
    return EmailRule(after=after, copy=copied is not None) if after is not None else None
