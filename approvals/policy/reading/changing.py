"""The section `change`: who accepts a policy that is looser than the one in force."""

from collections.abc import Collection

import yaml

from approvals.people.principals import IdentityRules
from approvals.policy.access import ChangeRule
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import CHANGE
from approvals.policy.reading.values import selectors


def change(
    reader: Reader, node: yaml.Node, *, identity: IdentityRules, groups: Collection[str]
) -> ChangeRule | None:
    """Read the section; None where it is unusable, which keeps the whole file from being used."""
    found = reader.mapping(node, "change", CHANGE)
    if found is None or not reader.required(node, found, "change", *CHANGE.required):
        return None
    approvers = selectors(reader, found["approvers"], "change.approvers", identity=identity, groups=groups)
    if approvers == ():
        reader.refuse(found["approvers"], "empty-list", "change.approvers is empty, so nobody could accept")
    needed = reader.integer(found["needed"], "change.needed") if "needed" in found else 1
    if needed is not None and needed < 1:
        reader.refuse(found["needed"], "bad-needed", "change.needed must be at least 1")
    return ChangeRule(approvers=approvers, needed=needed) if approvers and needed and needed > 0 else None
