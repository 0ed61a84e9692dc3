"""Access in an emergency: how long, and who looks at it afterwards, by when."""

from collections.abc import Mapping
from typing import Literal

import msgspec
import yaml

from approvals.policy.access import BreakGlass, DurationRule
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import AFTER_REVIEW, BREAK_GLASS
from approvals.policy.reading.kinds import rest_of
from approvals.policy.reading.stages import Scope
from approvals.policy.reading.values import duration, selectors

KIND: Literal["break_glass"] = "break_glass"
"""What `approval` says of it, and the key that says the rest."""


class WrittenBreakGlass(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of it, and where stands who reviews it."""

    rule: BreakGlass
    node: yaml.Node


def break_glass(
    reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope
) -> WrittenBreakGlass | None:
    """Read the rule; None where there is none, or something is wrong with it."""
    written = rest_of(reader, node, fields, KIND, says="its limit and review")
    return None if written is None else _rule(reader, written, scope)


def _rule(reader: Reader, node: yaml.Node, scope: Scope) -> WrittenBreakGlass | None:
    found = reader.mapping(node, KIND, BREAK_GLASS)
    if found is None or not reader.required(node, found, KIND, *BREAK_GLASS.required):
        return None
    longest = duration(reader, found["max"], "break_glass.max")
    frozen = found.get("under_freeze")
    under_freeze = False if frozen is None else reader.boolean(frozen, "break_glass.under_freeze")
    review = reader.mapping(found["review"], "break_glass.review", AFTER_REVIEW)
    if review is None or not reader.required(
        found["review"], review, "break_glass.review", *AFTER_REVIEW.required
    ):
        return None
    by = selectors(reader, review["by"], "by", identity=scope.identity, groups=scope.groups)
    if by == ():
        reader.refuse(review["by"], "empty-list", "by is empty, so nobody could review it")
    within = duration(reader, review["within"], "break_glass.review.within")
    if longest is None or under_freeze is None or within is None or not by:
        return None
    rule = BreakGlass(max=longest, by=by, within=within, under_freeze=under_freeze)
    return WrittenBreakGlass(rule=rule, node=review["by"])


def limited(
    reader: Reader, fields: Mapping[str, yaml.Node], usual: DurationRule | None, rule: BreakGlass
) -> DurationRule:
    """How long it can be asked for: no longer than `break_glass.max`, which is the shorter limit of the two."""
    if usual is None:
        return DurationRule(default=rule.max, max=rule.max)
    if rule.max > usual.max:
        node = fields[KIND]
        reader.refuse(node, "bad-duration", "break_glass.max is longer than duration.max: it is the shorter limit")
    return DurationRule(default=min(usual.default, rule.max), max=rule.max)
