"""For how long access may last in all, where it can be extended."""

import yaml

from approvals.policy.access import DurationRule, ExtendRule
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import EXTEND
from approvals.policy.reading.values import duration


def extend(reader: Reader, node: yaml.Node | None, lasting: DurationRule | None) -> ExtendRule | None:
    """Read `extend`; None where nothing stands, or nothing that could be read."""
    found = reader.mapping(node, "extend", EXTEND) if node is not None else None
    if node is None or found is None or not reader.required(node, found, "extend", *EXTEND.required):
        return None
    longest = duration(reader, found["max_total"], "extend.max_total")
    if longest is None:
        return None
    if lasting is not None and longest < lasting.max:
        reader.refuse(
            found["max_total"],
            "bad-value",
            "extend.max_total is shorter than duration.max, which one request may ask for already",
        )
    return ExtendRule(max_total=longest)
