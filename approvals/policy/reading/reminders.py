"""When the policy has people reminded, whom it has told besides, and whom it leaves in peace."""

import re
from collections.abc import Mapping

import msgspec
import yaml

from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import ESCALATE, REMIND
from approvals.policy.reading.stages import Scope
from approvals.policy.reading.values import channel, duration, selectors
from approvals.policy.reminding import EVERY_DAY, EscalateRule, Hours, RemindRule
from approvals.policy.selectors import local_group

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = "|".join(DAYS)
HOURS = rf"(?:({_DAY})-({_DAY}) )?([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)"
STEEPEST = 10
"""The most by which the time between two reminders grows."""


class Calling(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of it. None where nothing stands: then the policy's own rule holds."""

    remind: RemindRule | None = None
    escalate: EscalateRule | None = None
    quiet: tuple[str, ...] = ()


def calling(reader: Reader, fields: Mapping[str, yaml.Node], scope: Scope, *, prefix: str = "") -> Calling:
    """Read the keys of it that stand among these."""
    return Calling(
        remind=_remind(reader, fields.get("remind"), f"{prefix}remind"),
        escalate=_escalate(reader, fields.get("escalate"), f"{prefix}escalate", scope),
        quiet=_quiet(reader, fields.get("quiet"), scope),
    )


def _remind(reader: Reader, node: yaml.Node | None, what: str) -> RemindRule | None:
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        return RemindRule() if _never(reader, node, what, "{first: 10m}") else None
    found = reader.mapping(node, what, REMIND)
    if found is None or not reader.required(node, found, what, *REMIND.required):
        return None
    return RemindRule(
        first=duration(reader, found["first"], f"{what}.first"),
        factor=_factor(reader, found.get("factor"), f"{what}.factor"),
        hours=_hours(reader, found.get("hours"), f"{what}.hours"),
    )


def _never(reader: Reader, node: yaml.Node, what: str, example: str) -> bool:
    word = reader.string(node, what)
    if word not in {None, "never"}:
        reader.refuse(node, "bad-value", f"{what} is never, or a mapping such as {example}")
    return word == "never"


def _factor(reader: Reader, node: yaml.Node | None, what: str) -> int:
    if node is None:
        return 2
    value = reader.integer(node, what)
    if value is not None and not 1 <= value <= STEEPEST:
        reader.refuse(node, "bad-value", f"{what} is a whole number from 1 to {STEEPEST}")
    return value or 2


def _hours(reader: Reader, node: yaml.Node | None, what: str) -> Hours | None:
    value = reader.string(node, what) if node is not None else None
    if node is None or value is None:
        return None
    found = re.fullmatch(HOURS, value)
    if found is None:
        hint = 'write for example "09:00-18:00" or "Mon-Fri 09:00-18:00"'
        reader.refuse(node, "bad-hours", f"{shown(value)} are no hours of a day; {hint}")
        return None
    first, last, *clock = found.groups()
    begin, end = (int(h) * 60 + int(m) if h else 24 * 60 for h, m in (clock[:2], clock[2:]))
    if begin >= end:
        reader.refuse(node, "bad-hours", f"{shown(value)} end before they begin; hours lie within one day")
        return None
    return Hours(begin=begin, end=end, days=_days(first, last))


def _days(first: str | None, last: str | None) -> frozenset[int]:
    """From one weekday to another, over the end of the week where the second comes before the first."""
    if first is None or last is None:
        return EVERY_DAY
    one, other = DAYS.index(first), DAYS.index(last)
    return frozenset((one + number) % 7 + 1 for number in range((other - one) % 7 + 1))


def _escalate(reader: Reader, node: yaml.Node | None, what: str, scope: Scope) -> EscalateRule | None:
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        never = _never(reader, node, what, '{after: 30m, channel: "#oncall"}')
        return EscalateRule() if never else None
    found = reader.mapping(node, what, ESCALATE)
    if found is None or not reader.required(node, found, what, *ESCALATE.required):
        return None
    if not {"to", "channel"} & found.keys():
        reader.refuse(node, "missing-key", f"{what} needs “to” or “channel”: whom to tell")
    to = _people(reader, found.get("to"), f"{what}.to", scope)
    where = channel(reader, found["channel"]) if "channel" in found else None
    return EscalateRule(after=duration(reader, found["after"], f"{what}.after"), to=to, channel=where or "")


def _quiet(reader: Reader, node: yaml.Node | None, scope: Scope) -> tuple[str, ...]:
    found = _people(reader, node, "quiet", scope)
    members = (each for who in found for each in scope.groups.get(local_group(who), (who,)))
    others = [each for each in members if each.startswith("group:")]
    if node is not None and others:
        text = f"who is in {others[0]} is not known here: name people, a local group of people, or a domain"
        reader.refuse(node, "bad-quiet", text)
    return found


def _people(reader: Reader, node: yaml.Node | None, what: str, scope: Scope) -> tuple[str, ...]:
    if node is None:
        return ()
    found = selectors(reader, node, what, identity=scope.identity, groups=scope.groups)
    if found == ():
        reader.refuse(node, "empty-list", f"{what} is empty: leave it out, or name somebody")
    return found or ()
